using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using OCPlatform.AiAdapters;
using OCPlatform.AiAdapters.SpeechToText;
using OCPlatform.Sip.Transports;
using Spectre.Console;

namespace OCPlatform.LoadTest;

/// <summary>The command line: reads the options, prepares the voices, runs, reports. Exit codes are in <see cref="ExitCode"/>.</summary>
public static class LoadCommand
{
    /// <summary>What the process returns.</summary>
    public static class ExitCode
    {
        public const int Passed = 0;

        /// <summary>An objective was missed, or a call failed and no objective allows for it.</summary>
        public const int Missed = 1;
        public const int UsageError = 2;
    }

    public static async Task<int> RunAsync(string[] args, IAnsiConsole console, TextWriter errors, TimeProvider time)
    {
        var options = new LoadOptions();
        var command = new RootCommand(
            "Calls the platform over real SIP and RTP, speaks, listens, and measures what a caller hears."
        );
        foreach (var option in options.All)
        {
            command.Options.Add(option);
        }
        command.SetAction((parsed, _) => LoadAsync(options, parsed, console, errors, time));
        var parsed = command.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await errors.WriteLineAsync($"ocp load: {error.Message}");
            }
            await errors.WriteLineAsync("“ocp load --help” lists the options.");
            return ExitCode.UsageError;
        }
        // Ctrl-C is ours: the calls end with BYE and the report is still printed.
        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    private static async Task<int> LoadAsync(
        LoadOptions options,
        ParseResult parsed,
        IAnsiConsole console,
        TextWriter errors,
        TimeProvider time
    )
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            return await RunPlanAsync(options, parsed, console, time, stop.Token);
        }
        catch (Exception error)
            when (error
                    is UsageException
                        or ScenarioException
                        or FliteException
                        or InvalidDataException
                        or IOException
                        or UnauthorizedAccessException
                        or SocketException
            )
        {
            await errors.WriteLineAsync($"ocp load: {error.Message}");
            return ExitCode.UsageError;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await errors.WriteLineAsync("ocp load: stopped before the first call.");
            return ExitCode.Missed;
        }

        void Stop(PosixSignalContext signal)
        {
            // The second one kills.
            signal.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }
    }

    private static async Task<int> RunPlanAsync(
        LoadOptions options,
        ParseResult parsed,
        IAnsiConsole console,
        TimeProvider time,
        CancellationToken stop
    )
    {
        var targets = new List<CallTarget>();
        foreach (var target in parsed.GetValue(options.Target)!)
        {
            targets.Add(new CallTarget(target, await ResolveAsync(target, stop)));
        }
        var plan = new LoadPlan
        {
            Targets = targets,
            Calls = parsed.GetValue(options.Calls) ?? (parsed.GetValue(options.Duration) is null ? 1 : null),
            Rate = parsed.GetValue(options.Rate),
            Duration = parsed.GetValue(options.Duration),
            MaxConcurrent = parsed.GetValue(options.MaxConcurrent),
            Scripts = await PrepareScriptsAsync(options, parsed, stop),
            Codecs = parsed.GetValue(options.Codec)!,
            AudioFolder = parsed.GetValue(options.SaveAudio)?.FullName,
            KeepHeard = parsed.GetValue(options.Transcribe),
            Seed = parsed.GetValue(options.Seed),
        };
        if (plan.AudioFolder is { } folder)
        {
            Directory.CreateDirectory(folder);
        }
        await using var caller = new SyntheticCaller(
            new SyntheticCallerOptions
            {
                Bind =
                    parsed.GetValue(options.Bind)
                    ?? new IPEndPoint(AddressTowards(targets[0].Destination!.EndPoint), 0),
                User = parsed.GetValue(options.User),
                Password = parsed.GetValue(options.Password) ?? Environment.GetEnvironmentVariable("OCP_LOAD_PASSWORD"),
                Seed = plan.Seed,
            }
        );
        await caller.WarmUpAsync(stop);
        using var http = new HttpClient();
        await using var probe = parsed.GetValue(options.Api) is { } api
            ? new PlatformProbe(http, api, parsed.GetValue(options.ApiKey), time)
            : null;
        probe?.Start();

        var startedAt = time.GetUtcNow();
        var run = new LoadRun(caller, plan, time);
        var result = await LoadView.WatchAsync(console, run, plan, time, stop);
        var platform = probe is null ? null : await probe.FinishAsync(result.Calls.Select(c => c.CallId).ToHashSet());
        if (plan.KeepHeard)
        {
            result = await TranscribeAsync(result, run.Heard, parsed.GetValue(options.Stt)!, console, time, stop);
        }

        var report = LoadReportBuilder.Build(plan, result, parsed.GetValue(options.Slos)!, startedAt, platform);
        ReportTable.Write(console, report);
        if (parsed.GetValue(options.Json) is { } json)
        {
            await File.WriteAllTextAsync(json.FullName, report.ToJson(), CancellationToken.None);
        }
        if (parsed.GetValue(options.Csv) is { } csv)
        {
            await File.WriteAllTextAsync(csv.FullName, CallCsv.Write(report), CancellationToken.None);
        }
        return report.Passed ? ExitCode.Passed : ExitCode.Missed;
    }

    private static async Task<IReadOnlyList<CallerScript>> PrepareScriptsAsync(
        LoadOptions options,
        ParseResult parsed,
        CancellationToken stop
    )
    {
        var wavs = parsed.GetValue(options.Wav) ?? [];
        var names = parsed.GetValue(options.Scenario) ?? [];
        if (wavs.Length > 0 && names.Length > 0)
        {
            throw new UsageException("--wav and --scenario exclude each other: name recordings in a scenario file.");
        }
        var hold = parsed.GetValue(options.Hold);
        var repeat = parsed.GetValue(options.Repeat);
        if (repeat && hold is null)
        {
            throw new UsageException("--repeat needs --hold, or the calls would never end.");
        }
        IEnumerable<Scenario> scenarios =
            wavs.Length > 0
                ? [new Scenario { Name = "wav", Lines = [.. wavs.Select(w => new WavLine(w))] }]
                : (names.Length > 0 ? names : ["hours"]).Select(ScenarioReader.Load);
        var studio = new ScriptStudio(new FliteVoice(FliteVoice.DefaultCacheFolder));
        var scripts = new List<CallerScript>();
        foreach (var scenario in scenarios)
        {
            if (scenario.Repeat && hold is null)
            {
                throw new UsageException(
                    $"Scenario {scenario.Name} repeats: give --hold, or the calls would never end."
                );
            }
            foreach (var voice in parsed.GetValue(options.Voice)!)
            {
                var script = await studio.PrepareAsync(scenario, voice, stop);
                scripts.Add(script with { Hold = hold, Repeat = (script.Repeat || repeat) && script.Lines.Count > 0 });
            }
        }
        return scripts;
    }

    private static async Task<LoadResult> TranscribeAsync(
        LoadResult result,
        IReadOnlyList<HeardAudio> heard,
        Uri service,
        IAnsiConsole console,
        TimeProvider time,
        CancellationToken stop
    )
    {
        using var client = new SpeechToTextClient(
            new SpeechOptions { Stt = new() { Address = service.ToString() } },
            time
        );
        var transcriber = new ReplyTranscriber(client);
        var texts = new Dictionary<(int Call, int Turn), string>();
        console.WriteLine($"Transcribing {heard.Count} stretches of the agent's speech with {service}");
        try
        {
            foreach (var audio in heard)
            {
                texts[(audio.Call, audio.Turn)] = await transcriber.TranscribeAsync(audio.Pcm, stop);
            }
        }
        catch (Exception error) when (error is SpeechException or OperationCanceledException)
        {
            // The measurements are worth more than the texts.
            console.WriteLine($"Transcripts are incomplete: {error.Message}");
        }
        return result with
        {
            Calls =
            [
                .. result.Calls.Select(call =>
                    call with
                    {
                        HeardGreeting = texts.GetValueOrDefault((call.Index, HeardAudio.Greeting)),
                        Turns =
                        [
                            .. call.Turns.Select(turn =>
                                turn with
                                {
                                    Heard = texts.GetValueOrDefault((call.Index, turn.Index)),
                                }
                            ),
                        ],
                    }
                ),
            ],
        };
    }

    private static async Task<SipDestination> ResolveAsync(Sip.SipUri target, CancellationToken stop)
    {
        if (SipDestination.FromUri(target) is { } numeric)
        {
            return numeric.Transport == "UDP"
                ? numeric
                : throw new UsageException($"{numeric.Transport} is not supported yet: the callers call over UDP.");
        }
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(target.Host, AddressFamily.InterNetwork, stop);
            return SipDestination.Udp(new IPEndPoint(addresses[0], target.PortOrDefault));
        }
        catch (SocketException)
        {
            throw new UsageException($"{target.Host} has no IPv4 address.");
        }
    }

    /// <summary>The local address of the route there; connecting a UDP socket sends nothing.</summary>
    private static IPAddress AddressTowards(IPEndPoint destination)
    {
        using var socket = new Socket(destination.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(destination);
        return ((IPEndPoint)socket.LocalEndPoint!).Address;
    }
}

/// <summary>The command line asks for something impossible; the message says what to write.</summary>
public sealed class UsageException(string message) : Exception(message);

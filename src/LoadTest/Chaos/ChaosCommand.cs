using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Spectre.Console;

namespace OCPlatform.LoadTest.Chaos;

/// <summary><c>ocp chaos kill|rolling|partition</c>: exit codes are those of <see cref="LoadCommand.ExitCode"/>.</summary>
public static class ChaosCommand
{
    private const string DefaultHost = "src/Host/bin/Release/net10.0/OCPlatform.Host.dll";

    private static readonly Option<int> Calls = new("--calls")
    {
        Description = "Calls that are kept up.",
        DefaultValueFactory = _ => 60,
    };
    private static readonly Option<int> Nodes = new("--nodes")
    {
        Description = "Nodes of the cluster.",
        DefaultValueFactory = _ => 3,
    };
    private static readonly Option<double> Rate = new("--rate")
    {
        Description = "New calls a second while there are fewer.",
        DefaultValueFactory = _ => 2,
    };
    private static readonly Option<int> Times = new("--kills", "--times")
    {
        Description = "Faults in a row, in one cluster.",
        DefaultValueFactory = _ => 1,
    };
    private static readonly Option<string> Every = new("--every")
    {
        Description = "From one kill to the next, at least.",
        DefaultValueFactory = _ => "30s",
    };
    private static readonly Option<string> Restart = new("--restart-after")
    {
        Description = "A killed node is started again after this.",
        DefaultValueFactory = _ => "5s",
    };
    private static readonly Option<string> Lasts = new("--lasts")
    {
        Description = "How long a partition lasts.",
        DefaultValueFactory = _ => "30s",
    };
    private static readonly Option<string> Hold = new("--hold")
    {
        Description = "How long silent calls last.",
        DefaultValueFactory = _ => "60s",
    };
    private static readonly Option<ChaosTalk> Talk = new("--talk")
    {
        Description = "What callers do: booking or silent.",
    };
    private static readonly Option<int> Seed = new("--seed")
    {
        Description = "Makes the choice of victims repeatable.",
        DefaultValueFactory = _ => 1,
    };
    private static readonly Option<bool> Loopback = new("--loopback")
    {
        Description = "Loopback addresses instead of network namespaces.",
    };
    private static readonly Option<string> Host = new("--host")
    {
        Description = "The built Host.",
        DefaultValueFactory = _ => DefaultHost,
    };
    private static readonly Option<string> Folder = new("--folder")
    {
        Description = "For the nodes' logs and report.json.",
        DefaultValueFactory = _ => "TestResults/chaos",
    };
    private static readonly Option<bool> OwnEngines = new("--own-engines")
    {
        Description = "The nodes recognise speech themselves. Default: a recogniser that knows the callers' lines.",
    };
    private static readonly Option<string> LogLevel = new("--log-level")
    {
        Description = "Of the nodes.",
        DefaultValueFactory = _ => "information",
    };

    public static async Task<int> RunAsync(string[] args, IAnsiConsole console, TextWriter errors, TimeProvider time)
    {
        var root = new RootCommand(
            "Breaks a cluster of the platform under calls, and measures what the callers hear of it."
        );
        foreach (
            var (kind, what) in ((FaultKind, string)[])
                [
                    (FaultKind.Kill, "kill -9 of a node, and its start again"),
                    (FaultKind.Rolling, "a rolling restart of all nodes by SIGTERM"),
                    (FaultKind.Partition, "one node cut off from the others, then healed"),
                ]
        )
        {
            var command = new Command(kind.ToString().ToLowerInvariant(), what);
            foreach (
                var option in (Option[])
                    [
                        Calls,
                        Nodes,
                        Rate,
                        Times,
                        Every,
                        Restart,
                        Lasts,
                        Hold,
                        Talk,
                        Seed,
                        Loopback,
                        Host,
                        Folder,
                        OwnEngines,
                        LogLevel,
                    ]
            )
            {
                command.Options.Add(option);
            }
            command.SetAction((parsed, _) => ChaosAsync(kind, parsed, console, errors, time));
            root.Subcommands.Add(command);
        }
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await errors.WriteLineAsync($"ocp chaos: {error.Message}");
            }
            return LoadCommand.ExitCode.UsageError;
        }
        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    private static async Task<int> ChaosAsync(
        FaultKind kind,
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
            var plan = new ChaosPlan
            {
                Kind = kind,
                Calls = parsed.GetValue(Calls),
                Nodes = parsed.GetValue(Nodes),
                Rate = parsed.GetValue(Rate),
                Times = parsed.GetValue(Times),
                Every = DurationText.Parse(parsed.GetValue(Every)!),
                RestartAfter = DurationText.Parse(parsed.GetValue(Restart)!),
                PartitionLasts = DurationText.Parse(parsed.GetValue(Lasts)!),
                Hold = DurationText.Parse(parsed.GetValue(Hold)!),
                Talk = parsed.GetValue(Talk),
                Seed = parsed.GetValue(Seed),
                Loopback = parsed.GetValue(Loopback),
                HostPath = Path.GetFullPath(parsed.GetValue(Host)!),
                Folder = parsed.GetValue(Folder)!,
                OwnEngines = parsed.GetValue(OwnEngines),
                LogLevel = parsed.GetValue(LogLevel)!,
            };
            var start = time.GetTimestamp();
            var run = new ChaosRun(
                plan,
                time,
                line =>
                    console.WriteLine(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{time.GetElapsedTime(start).TotalSeconds, 6:0.0} s  {line}"
                        )
                    )
            );
            var result = await run.RunAsync(stop.Token);
            var verdicts = ChaosVerdict.Judge(result);
            ChaosTable.Write(console, result, verdicts);
            await File.WriteAllTextAsync(
                Path.Combine(plan.Folder, "report.json"),
                ChaosTable.Json(result, verdicts),
                CancellationToken.None
            );
            return verdicts.All(v => v.Met) ? LoadCommand.ExitCode.Passed : LoadCommand.ExitCode.Missed;
        }
        catch (Exception error) when (error is LabException or FormatException or FliteException or IOException)
        {
            await errors.WriteLineAsync($"ocp chaos: {error.Message}");
            return LoadCommand.ExitCode.UsageError;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await errors.WriteLineAsync("ocp chaos: stopped.");
            return LoadCommand.ExitCode.Missed;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }
    }
}

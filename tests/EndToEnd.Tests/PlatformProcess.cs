using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace OCPlatform.EndToEnd.Tests;

/// <summary>
/// The real Host as a process of its own, with free ports and a data folder of its own under the temporary folder. It
/// is stopped by signal like in real life. Its output goes to TestResults/host/NAME.log.
/// </summary>
public sealed class PlatformProcess : IAsyncDisposable
{
    private const int RtpPorts = 400;

    /// <summary>From the start of the process to ready; the promise is 10 s on a machine that does nothing else.</summary>
    private static readonly TimeSpan ReadyDeadline = TimeSpan.FromSeconds(60);

    /// <summary>From the signal to the end of the process.</summary>
    public static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(5);

    private readonly StringBuilder _output = new();
    private readonly Process _process;
    private readonly bool _ownsDataFolder;

    private PlatformProcess(string name, PlatformPorts ports, string dataFolder, bool ownsDataFolder, Process process)
    {
        Name = name;
        Ports = ports;
        DataFolder = dataFolder;
        _ownsDataFolder = ownsDataFolder;
        _process = process;
        Http = new HttpClient
        {
            BaseAddress = new Uri($"http://127.0.0.1:{ports.Http}"),
            Timeout = TimeSpan.FromSeconds(30),
        };
    }

    public string Name { get; }

    public PlatformPorts Ports { get; }

    /// <summary>Holds the database; give it to another process to see what survives a restart.</summary>
    public string DataFolder { get; }

    /// <summary>The API, as this machine sees it.</summary>
    public HttpClient Http { get; }

    /// <summary>From the start of the process to the first 200 of /health/ready.</summary>
    public TimeSpan StartedIn { get; private set; }

    public int ProcessId => _process.Id;

    /// <summary>What the process has written so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Starts the platform and waits until it is ready.</summary>
    /// <param name="name">Names the log file.</param>
    /// <param name="settings">Environment settings over the test's own, such as OCP_LOG_LEVEL.</param>
    /// <param name="dataFolder">A folder to keep; null makes a new one that goes with the process.</param>
    public static Task<PlatformProcess> StartAsync(
        string name,
        IReadOnlyDictionary<string, string>? settings = null,
        string? dataFolder = null
    ) => WhenReadyAsync(Launch(name, settings, dataFolder));

    private static async Task<PlatformProcess> WhenReadyAsync(PlatformProcess platform)
    {
        try
        {
            await platform.WaitUntilReadyAsync();
            return platform;
        }
        catch
        {
            await platform.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the platform with settings that name its ports, and waits until it is ready.</summary>
    /// <param name="ports">Those of a platform that has ended, to take its place; null takes free ones.</param>
    public static Task<PlatformProcess> StartAsync(
        string name,
        Func<PlatformPorts, IEnumerable<KeyValuePair<string, string>>> settings,
        string? dataFolder = null,
        PlatformPorts? ports = null
    ) => WhenReadyAsync(Launch(name, settings, dataFolder, ports));

    /// <summary>Starts the platform and does not wait for anything.</summary>
    public static PlatformProcess Launch(
        string name,
        IReadOnlyDictionary<string, string>? settings,
        string? dataFolder
    ) => Launch(name, _ => settings ?? new Dictionary<string, string>(), dataFolder, null);

    private static PlatformProcess Launch(
        string name,
        Func<PlatformPorts, IEnumerable<KeyValuePair<string, string>>> settings,
        string? dataFolder,
        PlatformPorts? given
    )
    {
        var folder = dataFolder ?? Directory.CreateTempSubdirectory("ocp-").FullName;
        var ports =
            given
            ?? new PlatformPorts(
                FreePorts.Take(),
                FreePorts.Take(),
                FreePorts.Take(),
                FreePorts.Take(RtpPorts),
                RtpPorts
            );
        // Whoever runs the tests in the background has SIGINT ignored, and children inherit that: a terminal's do not.
        var start = new ProcessStartInfo("env")
        {
            ArgumentList = { "--default-signal=INT", "dotnet", Repository.OutputOf("Host"), "run" },
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (
            var key in start.Environment.Keys.Where(key => key.StartsWith("OCP_", StringComparison.Ordinal)).ToList()
        )
        {
            start.Environment.Remove(key);
        }
        foreach (var (key, value) in DefaultSettings(ports, folder).Concat(settings(ports)))
        {
            start.Environment[key] = value;
        }
        var process = new Process { StartInfo = start };
        var platform = new PlatformProcess(name, ports, folder, dataFolder is null, process);
        process.OutputDataReceived += (_, line) => platform.OnOutput(line.Data);
        process.ErrorDataReceived += (_, line) => platform.OnOutput(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return platform;
    }

    private static Dictionary<string, string> DefaultSettings(PlatformPorts ports, string folder) =>
        new()
        {
            // No file: a developer's own ocplatform.yaml must not change what the tests see.
            ["OCP_CONFIG"] = "/dev/null",
            ["OCP_HTTP_PORT"] = $"{ports.Http}",
            ["OCP_AI_PORT"] = $"{ports.Ai}",
            ["OCP_SIP_BIND_ADDRESS"] = "127.0.0.1",
            ["OCP_SIP_PORT"] = $"{ports.Sip}",
            ["OCP_MEDIA_BIND_ADDRESS"] = "127.0.0.1",
            ["OCP_MEDIA_PORT_RANGE_START"] = $"{ports.RtpFirst}",
            ["OCP_MEDIA_PORT_RANGE_END"] = $"{ports.RtpLast}",
            ["OCP_DATABASE_PATH"] = Path.Combine(folder, "ocplatform.db"),
            ["OCP_RECORDING_FOLDER"] = Path.Combine(folder, "recordings"),
            ["OCP_CALLS_CAPTURE_FOLDER"] = Path.Combine(folder, "captures"),
            ["OCP_CHAT_TOKEN_KEY_FILE"] = Path.Combine(folder, "chat.key"),
            ["OCP_SPEECH_TTS_CACHE_DIRECTORY"] = Path.Combine(folder, "tts-cache"),
            // A machine that builds and tests at once has late clocks: calls must not be turned away for that.
            ["OCP_SIP_ADMISSION_OVERLOAD_LATENESS_HIGH_MS"] = "1000",
            ["OCP_SIP_ADMISSION_OVERLOAD_LATENESS_LOW_MS"] = "999",
            ["OCP_SIP_ADMISSION_OVERLOAD_CPU_HIGH_PERCENT"] = "100",
            ["OCP_SIP_ADMISSION_OVERLOAD_CPU_LOW_PERCENT"] = "99",
        };

    /// <summary>Waits until the process has written the text.</summary>
    public async Task WaitForOutputAsync(string text, TimeSpan deadline)
    {
        var clock = Stopwatch.StartNew();
        while (!Output.Contains(text, StringComparison.Ordinal))
        {
            if (clock.Elapsed > deadline)
            {
                throw new TimeoutException($"Not within {deadline.TotalSeconds} s in the output: {text}\n{Output}");
            }
            await Task.Delay(20);
        }
    }

    /// <summary>GETs a path of the API as JSON.</summary>
    public async Task<JsonElement> GetJsonAsync(string path, CancellationToken cancellation = default) =>
        await Http.GetFromJsonAsync<JsonElement>(path, cancellation);

    /// <summary>Asks for a path again and again until the answer satisfies the condition, and returns that answer.</summary>
    public async Task<JsonElement> WaitForJsonAsync(
        string path,
        Func<JsonElement, bool> condition,
        TimeSpan deadline,
        string what
    )
    {
        var clock = Stopwatch.StartNew();
        JsonElement last = default;
        while (clock.Elapsed < deadline)
        {
            using var response = await Http.GetAsync(path);
            if (response.IsSuccessStatusCode)
            {
                last = await response.Content.ReadFromJsonAsync<JsonElement>();
                if (condition(last))
                {
                    return last;
                }
            }
            await Task.Delay(50);
        }
        throw new TimeoutException($"Not within {deadline.TotalSeconds} s: {what}. Last answer of {path}: {last}");
    }

    /// <summary>Sends the signal (TERM, INT, KILL) and waits for the end.</summary>
    /// <returns>The exit code and how long it took.</returns>
    public async Task<(int ExitCode, TimeSpan Took)> StopAsync(string signal = "TERM")
    {
        var clock = Stopwatch.StartNew();
        using (var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]))
        {
            await kill.WaitForExitAsync();
        }
        using var deadline = new CancellationTokenSource(StopDeadline * 3);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            throw new TimeoutException($"The platform still runs {clock.Elapsed.TotalSeconds:0} s after SIG{signal}.");
        }
        return (_process.ExitCode, clock.Elapsed);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await StopAsync();
        }
        Http.Dispose();
        _process.Dispose();
        var logs = Directory.CreateDirectory(Path.Combine(Repository.Root, "TestResults", "host"));
        await File.WriteAllTextAsync(Path.Combine(logs.FullName, $"{Name}.log"), Output);
        if (_ownsDataFolder)
        {
            Directory.Delete(DataFolder, recursive: true);
        }
    }

    private async Task WaitUntilReadyAsync()
    {
        var clock = Stopwatch.StartNew();
        var last = "no answer";
        while (clock.Elapsed < ReadyDeadline)
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException($"The platform ended with {_process.ExitCode}:\n{Output}");
            }
            try
            {
                using var response = await Http.GetAsync("/health/ready");
                last = await response.Content.ReadAsStringAsync();
                if (response.IsSuccessStatusCode)
                {
                    StartedIn = clock.Elapsed;
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(50);
        }
        throw new TimeoutException($"Not ready within {ReadyDeadline.TotalSeconds} s. Health: {last}\n{Output}");
    }

    private void OnOutput(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }
}

/// <summary>The ports of one platform: SIP over UDP, the web, gRPC, and the first of a range for RTP.</summary>
public sealed record PlatformPorts(int Sip, int Http, int Ai, int RtpFirst, int RtpCount)
{
    public int RtpLast => RtpFirst + RtpCount - 1;
}

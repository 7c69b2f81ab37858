using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace OCPlatform.Bench.Calls;

/// <summary>The platform as a process of its own, bound to one core, with a journal in a folder that goes with it.</summary>
internal sealed class PlatformUnderTest : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly string _folder;

    private PlatformUnderTest(Process process, string folder, IPEndPoint sip)
    {
        _process = process;
        _folder = folder;
        Sip = sip;
    }

    /// <summary>Where it takes SIP over UDP.</summary>
    public IPEndPoint Sip { get; }

    /// <summary>User and system time used so far.</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public int ProcessId => _process.Id;

    public Task Exited => _process.WaitForExitAsync();

    /// <param name="sipPort">Where it takes SIP; 0: a free port.</param>
    /// <param name="core">The core it is bound to; −1: the last but one, null: as this process.</param>
    /// <param name="more">Settings of this run by their environment variables.</param>
    public static async Task<PlatformUnderTest> StartAsync(
        int sipPort = 0,
        int? core = -1,
        IReadOnlyDictionary<string, string>? more = null
    )
    {
        var root = Root();
        var host = Path.Combine(root, "src/Host/bin/Release/net10.0/OCPlatform.Host.dll");
        if (!File.Exists(host))
        {
            throw new FileNotFoundException("The platform is not built: run ./ocp bench, which builds it.", host);
        }
        var folder = Directory.CreateTempSubdirectory("ocp-bench-").FullName;
        var (sip, http, grpc) = (sipPort == 0 ? FreePort() : sipPort, FreePort(), FreePort());
        // The agent's phrases are spoken ahead after the start; the better voice would take minutes of the core for it.
        var agents = Directory.CreateDirectory(Path.Combine(folder, "agents")).FullName;
        var agent = await File.ReadAllTextAsync(Path.Combine(root, "agents/frontdesk.yaml"));
        await File.WriteAllTextAsync(
            Path.Combine(agents, "frontdesk.yaml"),
            agent.Replace("voice: af_heart", "voice: flite/rms", StringComparison.Ordinal)
        );
        var start = new ProcessStartInfo("dotnet", [host, "run"]) { WorkingDirectory = root };
        foreach (
            var (name, value) in Settings(folder, sip, http, grpc).Concat(more ?? new Dictionary<string, string>())
        )
        {
            start.Environment[name] = value;
        }
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        var process = Process.Start(start)!;
        if (OperatingSystem.IsLinux() && core is { } chosen && Environment.ProcessorCount > 1)
        {
            process.ProcessorAffinity = 1 << (chosen < 0 ? 1 : chosen);
        }
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) => Console.Error.WriteLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var platform = new PlatformUnderTest(process, folder, new IPEndPoint(IPAddress.Loopback, sip));
        await platform.ReadyAsync(http);
        return platform;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", [$"{_process.Id}"]);
            using var deadline = new CancellationTokenSource(StopDeadline);
            try
            {
                await _process.WaitForExitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
            }
        }
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static Dictionary<string, string> Settings(string folder, int sip, int http, int grpc) =>
        new()
        {
            ["OCP_CONFIG"] = "/dev/null",
            ["OCP_NODE_ROLES"] = "gateway,call,web",
            ["OCP_SIP_BIND_ADDRESS"] = "127.0.0.1",
            ["OCP_SIP_PORT"] = $"{sip}",
            ["OCP_SIP_MAX_CALLS"] = "5000",
            ["OCP_SIP_ADMISSION_OVERLOAD_LATENESS_HIGH_MS"] = "1000",
            ["OCP_SIP_ADMISSION_OVERLOAD_LATENESS_LOW_MS"] = "900",
            ["OCP_SIP_ADMISSION_OVERLOAD_CPU_HIGH_PERCENT"] = "100",
            ["OCP_SIP_ADMISSION_OVERLOAD_CPU_LOW_PERCENT"] = "99",
            ["OCP_MEDIA_BIND_ADDRESS"] = "127.0.0.1",
            ["OCP_MEDIA_PORT_RANGE_START"] = "20000",
            ["OCP_MEDIA_PORT_RANGE_END"] = "31998",
            ["OCP_HTTP_PORT"] = $"{http}",
            ["OCP_AI_PORT"] = $"{grpc}",
            ["OCP_DATABASE_PATH"] = Path.Combine(folder, "ocplatform.db"),
            ["OCP_RECORDING_FOLDER"] = Path.Combine(folder, "recordings"),
            ["OCP_DIALOG_AGENTS_FOLDER"] = Path.Combine(folder, "agents"),
            ["OCP_SPEECH_TTS_CACHE_DIRECTORY"] = Path.Combine(folder, "tts-cache"),
            ["OCP_CHAT_TOKEN_KEY_FILE"] = Path.Combine(folder, "chat.key"),
            ["OCP_LOG_LEVEL"] = "warning",
        };

    private async Task ReadyAsync(int http)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        var begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) < StartDeadline && !_process.HasExited)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{http}/health/ready"));
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // Not listening yet.
            }
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        }
        throw new InvalidOperationException("The platform did not become ready.");
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static string Root([CallerFilePath] string path = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "../../.."));
}

using System.Diagnostics;

namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>How SIPp is run.</summary>
internal sealed record SippOptions
{
    /// <summary>u1 or t1: one socket, over UDP or TCP. Debian's SIPp has no TLS.</summary>
    public string Transport { get; init; } = "u1";

    /// <summary>Calls in all.</summary>
    public int Calls { get; init; } = 1;

    /// <summary>New calls a second.</summary>
    public int Rate { get; init; } = 10;

    /// <summary>User part of the Request-URI.</summary>
    public string Service { get; init; } = "frontdesk";

    /// <summary>The address that SIPp sends from.</summary>
    public string Address { get; init; } = SignallingPlatform.TrunkAddress;

    /// <summary>Its port; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Messages of 100 that get lost, each way.</summary>
    public int LostPercent { get; init; }

    /// <summary>After this SIPp counts as failed.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Further arguments of the command line.</summary>
    public IReadOnlyList<string> More { get; init; } = [];
}

/// <summary>One run of SIPp, unmodified from Debian's sip-tester, in a folder of its own.</summary>
internal sealed class Sipp : IAsyncDisposable
{
    /// <summary>What of a trace fits into a test's message.</summary>
    private const int TraceLength = 12_000;

    private readonly DirectoryInfo _folder;
    private readonly Process _process;
    private readonly Task<string[]> _output;
    private readonly TimeSpan _deadline;
    private readonly string _scenario;

    private Sipp(DirectoryInfo folder, Process process, string scenario, int port, TimeSpan deadline)
    {
        _folder = folder;
        _process = process;
        _scenario = scenario;
        _deadline = deadline;
        Port = port;
        _output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>Runs a scenario against the platform to its end; fails with SIPp's own words when one of its calls did.</summary>
    public static async Task RunAsync(
        PlatformProcess platform,
        SippScenario scenario,
        SippOptions? options = null,
        string? proxy = null
    )
    {
        await using var run = Start(proxy ?? $"127.0.0.1:{platform.Ports.Sip}", scenario, options);
        await run.SucceedsAsync();
    }

    /// <summary>Starts a scenario against the platform.</summary>
    public static Sipp Start(PlatformProcess platform, SippScenario scenario, SippOptions? options = null) =>
        Start($"127.0.0.1:{platform.Ports.Sip}", scenario, options);

    /// <summary>Starts a scenario: a caller, or a callee that waits for the platform.</summary>
    /// <param name="platform">Host and port of the platform, or of the proxy before it.</param>
    public static Sipp Start(string platform, SippScenario scenario, SippOptions? given = null)
    {
        var options = given ?? new SippOptions();
        var folder = Directory.CreateTempSubdirectory("sipp-");
        var xml = scenario.ToXml();
        File.WriteAllText(Path.Combine(folder.FullName, "scenario.xml"), xml);
        var port = options.Port == 0 ? FreePorts.Take() : options.Port;
        var start = new ProcessStartInfo("sipp")
        {
            WorkingDirectory = folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        string[] arguments =
        [
            platform,
            .. (string[])["-t", options.Transport, "-i", options.Address, "-p", $"{port}", "-mi", options.Address],
            .. (string[])["-mp", $"{FreePorts.Take(4)}", "-m", $"{options.Calls}", "-r", $"{options.Rate}"],
            .. options.LostPercent == 0 ? (string[])[] : ["-lost", $"{options.LostPercent}"],
            .. (string[])["-s", options.Service, "-sf", "scenario.xml"],
            .. (string[])["-trace_err", "-error_file", "errors.log", "-trace_msg", "-message_file", "messages.log"],
            "-nostdin",
            .. options.More,
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        return new Sipp(folder, Process.Start(start)!, xml, port, options.Deadline);
    }

    /// <summary>Waits for its end, which must be a success of every call.</summary>
    public async Task SucceedsAsync()
    {
        using var deadline = new CancellationTokenSource(_deadline);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            await KillAsync();
            throw new TimeoutException($"SIPp ran longer than {_deadline.TotalSeconds} s.\n{await StoryAsync()}");
        }
        _process.ExitCode.Should().Be(0, "SIPp says: {0}", await StoryAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>What SIPp complained of, what it sent and got, and what it was to do.</summary>
    private async Task<string> StoryAsync()
    {
        var errors = Read("errors.log");
        var said = errors.Length > 0 ? errors : string.Join('\n', await _output);
        return $"{said}\n=== messages ===\n{Read("messages.log")}\n=== scenario ===\n{_scenario}";
    }

    private string Read(string name)
    {
        var path = Path.Combine(_folder.FullName, name);
        if (!File.Exists(path))
        {
            return "";
        }
        var text = File.ReadAllText(path);
        return text.Length <= TraceLength ? text : $"{text[..(TraceLength / 2)]}\n[…]\n{text[^(TraceLength / 2)..]}";
    }
}

using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace OCPlatform.LoadTest.Chaos;

/// <summary>One node of a cluster under test: a Host process that can be killed and started again, with its API and its log.</summary>
public sealed class ClusterNode : IAsyncDisposable
{
    private static readonly TimeSpan AskDeadline = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly INodeNetwork _network;
    private readonly ClusterSettings _settings;
    private readonly string _configPath;
    private readonly StreamWriter _log;
    private readonly HttpClient _http;
    private Process? _process;

    internal ClusterNode(NodePlace place, INodeNetwork network, ClusterSettings settings, string configPath, string log)
    {
        Place = place;
        _network = network;
        _settings = settings;
        _configPath = configPath;
        LogPath = log;
        _log = new StreamWriter(log, append: true) { AutoFlush = true };
        _http = new HttpClient
        {
            BaseAddress = new Uri($"http://{place.Address}:{place.HttpPort}"),
            Timeout = AskDeadline,
        };
        _http.DefaultRequestHeaders.Add("X-Api-Key", ClusterSettings.ApiKey);
    }

    public NodePlace Place { get; }

    public string Name => $"node{Place.Number}";

    public string LogPath { get; }

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Of the last process.</summary>
    public int? ExitCode => _process is { HasExited: true } ended ? ended.ExitCode : null;

    /// <summary>Starts of the process so far.</summary>
    public int Starts { get; private set; }

    /// <summary>Processor time of the running process; zero when it is gone.</summary>
    public TimeSpan Cpu
    {
        get
        {
            try
            {
                _process?.Refresh();
                return IsRunning ? _process!.TotalProcessorTime : TimeSpan.Zero;
            }
            catch (InvalidOperationException)
            {
                return TimeSpan.Zero;
            }
        }
    }

    /// <summary>Starts the process and waits for nothing.</summary>
    public void Start()
    {
        _process?.Dispose();
        string[] host = ["env", "--default-signal=INT", "dotnet", _settings.HostPath, "run"];
        var command = _network.Within(Place, host);
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            WorkingDirectory = _settings.WorkingFolder ?? Environment.CurrentDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var key in start.Environment.Keys.Where(k => k.StartsWith("OCP_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(key);
        }
        start.Environment["OCP_CONFIG"] = _configPath;
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Note(line.Data);
        process.ErrorDataReceived += (_, line) => Note(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _process = process;
        Starts++;
    }

    /// <summary>Waits until the node says that it can take calls.</summary>
    /// <exception cref="LabException">It did not within the deadline, or its process ended.</exception>
    public async Task WaitUntilReadyAsync(TimeSpan deadline)
    {
        var clock = Stopwatch.StartNew();
        var last = "no answer";
        while (clock.Elapsed < deadline)
        {
            if (_process is { HasExited: true } ended)
            {
                throw new LabException($"{Name} ended with {ended.ExitCode}; its log is {LogPath}.");
            }
            try
            {
                using var response = await _http.GetAsync("/health/ready");
                if (response.IsSuccessStatusCode)
                {
                    return;
                }
                last = await response.Content.ReadAsStringAsync();
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
            {
                last = error.Message;
            }
            await Task.Delay(Step, TimeProvider.System);
        }
        throw new LabException(
            $"{Name} was not ready within {deadline.TotalSeconds} s ({last}); its log is {LogPath}."
        );
    }

    /// <summary>SIGKILL: the process is gone when this returns, and has done nothing more.</summary>
    public Task KillAsync() => SignalAsync("KILL", TimeSpan.FromSeconds(5));

    /// <summary>SIGTERM, and waits for the end.</summary>
    public Task TerminateAsync(TimeSpan deadline) => SignalAsync("TERM", deadline);

    /// <summary>GETs a path of the API as JSON; null when the node does not answer it.</summary>
    public async Task<JsonElement?> GetJsonAsync(string path)
    {
        try
        {
            return await _http.GetFromJsonAsync<JsonElement>(path);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Calls whose media is on this node, by its own metrics; null when it does not answer.</summary>
    public async Task<int?> LiveCallsAsync()
    {
        try
        {
            return (int?)PlatformProbe.Value(await _http.GetStringAsync("/metrics"), "ocp_calls_live");
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (IsRunning)
        {
            await KillAsync();
        }
        _process?.Dispose();
        _http.Dispose();
        lock (_log)
        {
            _log.Dispose();
        }
    }

    private async Task SignalAsync(string signal, TimeSpan deadline)
    {
        if (_process is not { HasExited: false } process)
        {
            return;
        }
        await Shell.RunAsync("kill", $"-{signal}", $"{process.Id}");
        try
        {
            await process.WaitForExitAsync().WaitAsync(deadline);
        }
        catch (TimeoutException)
        {
            throw new LabException($"{Name} still runs {deadline.TotalSeconds} s after SIG{signal}.");
        }
    }

    private void Note(string? line)
    {
        lock (_log)
        {
            if (line is not null && _log.BaseStream is { CanWrite: true })
            {
                _log.WriteLine(line);
            }
        }
    }
}

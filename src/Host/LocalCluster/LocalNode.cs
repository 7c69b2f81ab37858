using System.Diagnostics;
using System.Globalization;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Host.Configuration;

namespace OCPlatform.Host.LocalCluster;

/// <summary>
/// One node of a cluster on this machine: a process of the same Host with a loopback address of its own, on which it has
/// the same ports as all the others, and a folder of its own for what it writes.
/// </summary>
public sealed class LocalNode : IDisposable
{
    /// <summary>Of the nodes' own traffic, when the configuration names none.</summary>
    private const int DefaultClusterPort = 4053;

    private readonly Process _process;

    private LocalNode(string name, string address, string log, Process process)
    {
        Name = name;
        Address = address;
        Log = log;
        _process = process;
    }

    public string Name { get; }

    public string Address { get; }

    /// <summary>The file that its output goes to.</summary>
    public string Log { get; }

    public int ProcessId => _process.Id;

    public bool HasEnded => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>Starts the node.</summary>
    /// <param name="number">From 1; the last number of its address.</param>
    /// <param name="configFile">The configuration that all nodes share; null takes the default.</param>
    public static LocalNode Start(int number, int count, LocalClusterPlan plan, string? configFile)
    {
        var name = $"node{number}";
        var folder = Path.Combine(plan.Folder, name);
        Directory.CreateDirectory(folder);
        var log = Path.GetFullPath(Path.Combine(folder, "log.txt"));
        // The shell lends the process a file for its output, which then outlives this one's pipes.
        var start = new ProcessStartInfo("sh")
        {
            ArgumentList = { "-c", "o=$1; shift; exec \"$@\" >>\"$o\" 2>&1", "sh", log, Environment.ProcessPath! },
        };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(LocalNode).Assembly.Location);
        }
        start.ArgumentList.Add("run");
        if (configFile is not null)
        {
            start.ArgumentList.Add("--config");
            start.ArgumentList.Add(configFile);
        }
        foreach (var (key, value) in Settings(number, count, plan))
        {
            start.Environment[EnvironmentSource.NameOf(key)] = value;
        }
        return new LocalNode(name, AddressOf(number), log, Process.Start(start)!);
    }

    /// <summary>Asks it to end, as a supervisor does.</summary>
    public async Task StopAsync(TimeSpan deadline)
    {
        if (_process.HasExited)
        {
            return;
        }
        using (var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }
        using var patience = new CancellationTokenSource(deadline);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }
    }

    public Task WaitForEndAsync(CancellationToken cancellation) => _process.WaitForExitAsync(cancellation);

    public void Dispose() => _process.Dispose();

    /// <summary>The settings that differ from node to node, or that make it one of several.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Settings(int number, int count, LocalClusterPlan plan)
    {
        var options = plan.Options;
        var address = AddressOf(number);
        var folder = Path.Combine(plan.Folder, $"node{number}");
        var port = options.Cluster.Port == 0 ? DefaultClusterPort : options.Cluster.Port;
        // Its own engines first, the neighbours' when they fail.
        string[] engines =
        [
            .. Enumerable
                .Range(0, count)
                .Select(i => $"http://{AddressOf((number - 1 + i) % count + 1)}:{options.Ai.Port}"),
        ];
        yield return new("node.name", $"node{number}");
        yield return new("cluster.host", address);
        yield return new("cluster.port", $"{port}");
        yield return new(
            "cluster.seedNodes",
            string.Join(',', Enumerable.Range(1, count).Select(i => $"{AddressOf(i)}:{port}"))
        );
        yield return new("database.provider", nameof(DatabaseProvider.Postgres));
        yield return new("database.connectionString", plan.ConnectionString);
        yield return new("http.bindAddress", address);
        yield return new("ai.bindAddress", address);
        yield return new("sip.bindAddress", address);
        yield return new("media.bindAddress", address);
        yield return new("speech.stt.address", engines[0]);
        yield return new("speech.tts.address", engines[0]);
        yield return new("dialog.model.address", engines[0]);
        if (count > 1)
        {
            yield return new("speech.stt.fallbackAddresses", string.Join(',', engines[1..]));
            yield return new("speech.tts.fallbackAddresses", string.Join(',', engines[1..]));
        }
        yield return new("recording.folder", Path.Combine(folder, "recordings"));
        yield return new("calls.capture.folder", Path.Combine(folder, "captures"));
        yield return new("speech.tts.cacheDirectory", Path.Combine(folder, "tts-cache"));
        // One key for all: a chat that comes back by another node is known there.
        yield return new("chat.tokenKeyFile", Path.Combine(plan.Folder, "chat.key"));
    }

    private static string AddressOf(int number) => $"127.0.0.{number}";
}

/// <summary>What the nodes of a local cluster share.</summary>
/// <param name="Folder">Holds a folder for each node, and the database's.</param>
/// <param name="ConnectionString">Of the one database.</param>
public sealed record LocalClusterPlan(PlatformOptions Options, string Folder, string ConnectionString);

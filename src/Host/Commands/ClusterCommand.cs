using System.CommandLine;
using System.Runtime.InteropServices;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Host.Configuration;
using OCPlatform.Host.LocalCluster;
using Spectre.Console;

namespace OCPlatform.Host.Commands;

/// <summary>`cluster --nodes N`: several nodes on this machine, each on a loopback address of its own, until Ctrl-C.</summary>
public static class ClusterCommand
{
    private const string Folder = "data/cluster";
    private const int MostNodes = 16;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    /// <summary>Above a node's own watchdog.</summary>
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(8);

    private static readonly Option<int> Nodes = new("--nodes")
    {
        Description = $"How many, 1 to {MostNodes}.",
        HelpName = "N",
        DefaultValueFactory = _ => 3,
    };

    public static Command Create()
    {
        var command = new Command("cluster", "Runs several nodes on this machine as one cluster.") { Nodes };
        command.SetAction(
            (arguments, cancellation) =>
                CommonOptions.WithConfigAsync(
                    arguments,
                    config => RunAsync(config, arguments.GetValue(Nodes), arguments.GetValue(CommonOptions.Config))
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(LoadedConfig config, int count, string? configFile)
    {
        if (count is < 1 or > MostNodes)
        {
            await Console.Error.WriteLineAsync($"--nodes must be from 1 to {MostNodes}, not {count}.");
            return CommonOptions.BadConfiguration;
        }
        using var stop = new CancellationTokenSource();
        // The terminal's Ctrl-C reaches the nodes as well; a signal to this process alone is passed on.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        void Cancel(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }

        try
        {
            return await RunAsync(config.Options, count, configFile, stop.Token);
        }
        catch (StartException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }

    private static async Task<int> RunAsync(
        PlatformOptions options,
        int count,
        string? configFile,
        CancellationToken stop
    )
    {
        LocalPostgres? postgres = null;
        List<LocalNode> nodes = [];
        try
        {
            var connection = options.Database.ConnectionString;
            if (options.Database.Provider != DatabaseProvider.Postgres)
            {
                AnsiConsole.WriteLine($"Starting PostgreSQL in {Folder}/postgres");
                postgres = await LocalPostgres.StartAsync(Path.Combine(Folder, "postgres"), stop);
                connection = postgres.ConnectionString;
            }
            var plan = new LocalClusterPlan(options, Folder, connection!);
            for (var number = 1; number <= count; number++)
            {
                nodes.Add(LocalNode.Start(number, count, plan, configFile));
            }
            await WaitUntilReadyAsync(nodes, options, stop);
            Print(nodes, options);
            await Task.WhenAll(nodes.Select(node => TellEndAsync(node, stop)));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to end: below.
        }
        finally
        {
            await Task.WhenAll(nodes.Select(node => node.StopAsync(StopDeadline)));
            if (postgres is not null)
            {
                await postgres.DisposeAsync();
            }
        }
        var failed = nodes.Count(node => node.ExitCode != 0);
        nodes.ForEach(node => node.Dispose());
        return stop.IsCancellationRequested || failed == 0 ? 0 : 1;
    }

    private static async Task WaitUntilReadyAsync(
        IReadOnlyList<LocalNode> nodes,
        PlatformOptions options,
        CancellationToken stop
    )
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        using var timer = new PeriodicTimer(Poll);
        foreach (var node in nodes)
        {
            while (!await IsReadyAsync(http, node, options, stop))
            {
                if (node.HasEnded)
                {
                    throw new StartException($"{node.Name} ended with {node.ExitCode}; {node.Log} says why.");
                }
                await timer.WaitForNextTickAsync(stop);
            }
        }
    }

    private static async Task<bool> IsReadyAsync(
        HttpClient http,
        LocalNode node,
        PlatformOptions options,
        CancellationToken stop
    )
    {
        try
        {
            var answer = await http.GetAsync($"http://{node.Address}:{options.Http.Port}/health/ready", stop);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private static void Print(IReadOnlyList<LocalNode> nodes, PlatformOptions options)
    {
        var table = new Table().AddColumns("node", "process", "SIP", "web, API", "RTP", "log");
        foreach (var node in nodes)
        {
            table.AddRow(
                node.Name,
                $"{node.ProcessId}",
                $"sip:{options.Calls.Agent}@{node.Address}:{options.Sip.Port}",
                $"http://{node.Address}:{options.Http.Port}/",
                $"{options.Media.PortRangeStart}-{options.Media.PortRangeEnd}",
                Path.GetRelativePath(Directory.GetCurrentDirectory(), node.Log)
            );
        }
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = int.MaxValue;
        }
        AnsiConsole.Write(table);
        AnsiConsole.WriteLine(
            $"Members: curl http://{nodes[0].Address}:{options.Http.Port}/cluster    Crash one: kill -9 PROCESS    Ctrl-C ends all."
        );
    }

    /// <summary>A node that ends by itself is told of, and stays ended: starting it again is a supervisor's work.</summary>
    private static async Task TellEndAsync(LocalNode node, CancellationToken stop)
    {
        await node.WaitForEndAsync(stop);
        AnsiConsole.WriteLine($"{node.Name} ended with {node.ExitCode}; its log is {node.Log}");
    }
}

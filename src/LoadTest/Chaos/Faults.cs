namespace OCPlatform.LoadTest.Chaos;

/// <summary>Does faults to a cluster while calls go on, one after the other, each when the cluster is whole again.</summary>
public sealed class Faults(TestCluster cluster, Population calls, Random random, TimeProvider time, Action<string> say)
{
    private static readonly TimeSpan ReadyDeadline = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan DrainDeadline = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(200);

    private readonly List<Fault> _done = [];

    public IReadOnlyList<Fault> Done => _done;

    /// <summary>Kills nodes at random.</summary>
    /// <param name="every">From one kill to the next, at least.</param>
    /// <param name="restartAfter">The node is started again so long after its death.</param>
    public async Task KillAsync(int kills, TimeSpan every, TimeSpan restartAfter, CancellationToken stop)
    {
        for (var kill = 1; kill <= kills; kill++)
        {
            var begun = time.GetTimestamp();
            var node = await VictimAsync(stop);
            var victims = calls.On(node.Place);
            var at = calls.Now;
            await node.KillAsync();
            var gone = calls.Now;
            say($"kill {kill} of {kills}: {node.Name} with {victims.Count} of {calls.Live.Count} calls");
            await Task.Delay(restartAfter, time, stop);
            var ready = await StartAsync(node);
            _done.Add(new Fault(FaultKind.Kill, node.Name, at, victims, gone, ready));
            if (every - time.GetElapsedTime(begun) is var rest && rest > TimeSpan.Zero)
            {
                await Task.Delay(rest, time, stop);
            }
        }
    }

    /// <summary>Restarts every node by SIGTERM, one after the other.</summary>
    /// <param name="pause">Between one node's return and the next one's end.</param>
    public async Task RollAsync(TimeSpan pause, CancellationToken stop)
    {
        foreach (var node in cluster.Nodes)
        {
            var victims = calls.On(node.Place);
            var at = calls.Now;
            say($"rolling: {node.Name} with {victims.Count} of {calls.Live.Count} calls is told to end");
            await node.TerminateAsync(DrainDeadline);
            var gone = calls.Now;
            var exit = node.ExitCode;
            say($"rolling: {node.Name} ended with {exit} after {(gone - at).TotalSeconds:0.0} s");
            var ready = await StartAsync(node);
            _done.Add(new Fault(FaultKind.Rolling, node.Name, at, victims, gone, ready) { ExitCode = exit });
            await Task.Delay(pause, time, stop);
        }
    }

    /// <summary>Cuts one node off from the others, and heals it.</summary>
    public async Task SplitAsync(TimeSpan lasts, CancellationToken stop)
    {
        var node = await VictimAsync(stop);
        var victims = calls.On(node.Place);
        var at = calls.Now;
        say($"partition: {node.Name} with {victims.Count} of {calls.Live.Count} calls is alone");
        await cluster.Network.IsolateAsync(node.Place);
        await Task.Delay(lasts, time, stop);
        await cluster.Network.HealAsync(node.Place);
        var healed = calls.Now;
        say($"partition: healed; {node.Name} {(node.IsRunning ? "still runs" : $"has ended with {node.ExitCode}")}");
        int? exit = node.IsRunning ? null : node.ExitCode;
        var ready = node.IsRunning ? await WaitAsync(node) : await StartAsync(node);
        _done.Add(new Fault(FaultKind.Partition, node.Name, at, victims, healed, ready) { ExitCode = exit });
    }

    /// <summary>A running node with calls; the one with most of them when chance finds none.</summary>
    private async Task<ClusterNode> VictimAsync(CancellationToken stop)
    {
        while (true)
        {
            var candidates = cluster.Nodes.Where(n => n.IsRunning && calls.On(n.Place).Count > 0).ToList();
            if (candidates.Count > 0)
            {
                return candidates[random.Next(candidates.Count)];
            }
            await Task.Delay(Step, time, stop);
        }
    }

    private async Task<TimeSpan?> StartAsync(ClusterNode node)
    {
        node.Start();
        return await WaitAsync(node);
    }

    private async Task<TimeSpan?> WaitAsync(ClusterNode node)
    {
        try
        {
            await node.WaitUntilReadyAsync(ReadyDeadline);
            return calls.Now;
        }
        catch (LabException error)
        {
            say(error.Message);
            return null;
        }
    }
}

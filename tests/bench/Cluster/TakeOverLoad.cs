using System.Net;
using OCPlatform.LoadTest;
using OCPlatform.LoadTest.Chaos;
using OCPlatform.Sip;

namespace OCPlatform.Bench.Cluster;

/// <summary>Calls that are played to, and one node that is killed under them.</summary>
internal static class TakeOverLoad
{
    private const double CallsPerSecond = 25;
    private static readonly TimeSpan FillDeadline = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(20);

    public static async Task<FaultFigures> RunAsync(TestCluster cluster, int calls)
    {
        var time = TimeProvider.System;
        await using var caller = new SyntheticCaller(
            new SyntheticCallerOptions
            {
                Bind = new IPEndPoint(cluster.Network.HarnessAddress, 0),
                RtpPortStart = 30_000,
                RtpPortEnd = 49_999,
            }
        );
        await caller.WarmUpAsync();
        using var stop = new CancellationTokenSource();
        var population = new Population(caller, PlanOf(cluster, calls), time, stop.Token);
        if (!await population.WaitForAsync(calls, FillDeadline))
        {
            Console.WriteLine($"only {population.Live.Count} of {calls} calls are up");
        }
        await Task.Delay(Settle, time);
        var faults = new Faults(cluster, population, new Random(1), time, Console.WriteLine);
        await faults.KillAsync(1, TimeSpan.Zero, After, stop.Token);
        await stop.CancelAsync();
        var load = await population.EndAsync();
        return FaultFigures.Of(faults.Done[0], load.Calls.ToDictionary(c => c.Index));
    }

    private static LoadPlan PlanOf(TestCluster cluster, int calls) =>
        new()
        {
            Targets =
            [
                .. cluster.Nodes.Select(n => new CallTarget(
                    SipUri.Create(ClusterSettings.PlayNumber, new IPEndPoint(n.Place.Address, n.Place.SipPort))
                )),
            ],
            Rate = CallsPerSecond,
            MaxConcurrent = calls,
            Scripts =
            [
                new CallerScript
                {
                    Name = "silent",
                    Greeting = false,
                    Lines = [new CallerLine { Text = "", Silence = TimeSpan.FromHours(1) }],
                },
            ],
        };
}

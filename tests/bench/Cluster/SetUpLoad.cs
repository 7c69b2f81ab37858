using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using OCPlatform.LoadTest;
using OCPlatform.LoadTest.Chaos;
using OCPlatform.Sip;
using OCPlatform.Sip.UserAgents;

namespace OCPlatform.Bench.Cluster;

/// <summary>What the set-ups of a cluster came to.</summary>
/// <param name="CpuMsPerCall">Of all nodes; the database and the callers not counted.</param>
internal sealed record SetUpFigures(double CallsPerSecond, double CpuMsPerCall, int Failed, Summary? AnswerMs);

/// <summary>A fixed number of callers who call, hang up as soon as they are answered, and call again.</summary>
internal static class SetUpLoad
{
    private const int Callers = 40;
    private const string Offer =
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 46000 RTP/AVP 0\r\n";

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    public static async Task<SetUpFigures> RunAsync(TestCluster cluster)
    {
        await using var agent = SipUserAgent.OverUdp(new IPEndPoint(IPAddress.Loopback, 0));
        agent.Start();
        await CallAsync(agent, cluster, WarmUp);
        var cpu = CpuOf(cluster);
        var clock = Stopwatch.StartNew();
        var answers = await CallAsync(agent, cluster, Measured);
        var elapsed = clock.Elapsed;
        // What is journaled behind a call belongs to it.
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        var good = answers.OfType<double>().ToList();
        return new SetUpFigures(
            good.Count / elapsed.TotalSeconds,
            (CpuOf(cluster) - cpu).TotalMilliseconds / Math.Max(1, good.Count),
            answers.Count - good.Count,
            Summary.Of(good)
        );
    }

    private static TimeSpan CpuOf(TestCluster cluster) =>
        cluster.Nodes.Aggregate(TimeSpan.Zero, (sum, node) => sum + node.Cpu);

    private static async Task<IReadOnlyCollection<double?>> CallAsync(
        SipUserAgent agent,
        TestCluster cluster,
        TimeSpan duration
    )
    {
        var answers = new ConcurrentBag<double?>();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(
            Enumerable
                .Range(0, Callers)
                .Select(async caller =>
                {
                    for (var call = caller; clock.Elapsed < duration; call++)
                    {
                        answers.Add(await CallOnceAsync(agent, cluster.Nodes[call % cluster.Nodes.Count].Place));
                    }
                })
        );
        return answers;
    }

    private static async Task<double?> CallOnceAsync(SipUserAgent agent, NodePlace node)
    {
        var call = agent.Call(
            new SipCallRequest
            {
                Target = SipUri.Create("frontdesk", new IPEndPoint(node.Address, node.SipPort)),
                Offer = Encoding.ASCII.GetBytes(Offer),
                AnswerWithin = Deadline,
            }
        );
        var answer = await call.Answered;
        await call.HangUpAsync(Deadline);
        return answer.IsSuccess ? call.Times.Answered?.TotalMilliseconds : null;
    }
}

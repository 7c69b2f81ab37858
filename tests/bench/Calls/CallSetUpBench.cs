using System.Diagnostics;
using System.Net;
using System.Text;
using OCPlatform.Sip;
using OCPlatform.Sip.Transports;
using OCPlatform.Sip.UserAgents;

namespace OCPlatform.Bench.Calls;

/// <summary>
/// What one call costs the platform from INVITE to the end of its BYE: the real process, gateway, call actor, media port,
/// journal and records on SQLite, on one core; the caller on another. Nobody speaks: the node has no dialogue role, so
/// that the figure is that of the call and not of what is said on it.
/// </summary>
internal static class CallSetUpBench
{
    private const string Offer =
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 46000 RTP/AVP 0\r\n";

    // The code must have reached its last tier, which some thousand methods of a call do after about 9000 calls.
    private const int WarmUpCalls = 10_000;
    private const int RoundCalls = 1_500;
    private const int Rounds = 3;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(32);

    public static int Run(string[] arguments) => RunAsync(arguments).GetAwaiter().GetResult();

    private static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments.Length > 1 || (arguments.Length == 1 && !int.TryParse(arguments[0], out _)))
        {
            Console.Error.WriteLine("calls [CALLS A SECOND]: a whole number, 100 when left out.");
            return 2;
        }
        var perSecond = arguments.Length == 1 ? int.Parse(arguments[0]) : 100;
        await using var platform = await PlatformUnderTest.StartAsync();
        await using var caller = SipUserAgent.OverUdp(new IPEndPoint(IPAddress.Loopback, 0));
        caller.Start();

        Console.WriteLine($"{WarmUpCalls} calls to warm up, then {Rounds} rounds of {RoundCalls} at {perSecond}/s");
        await CallAsync(caller, platform.Sip, WarmUpCalls, perSecond);
        var table = new FigureTable(
            "set-up and tear-down",
            "CPU ms a call",
            "calls/s per core",
            "failed",
            "INVITE to 200 p50/p99 ms"
        );
        var costs = new List<double>();
        for (var round = 1; round <= Rounds; round++)
        {
            var cpu = platform.Cpu;
            var (failed, latencies) = await CallAsync(caller, platform.Sip, RoundCalls, perSecond);
            // What is journaled behind a call belongs to it.
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
            var ms = (platform.Cpu - cpu).TotalMilliseconds / RoundCalls;
            costs.Add(ms);
            table.Add(
                $"round {round}",
                $"{ms:0.00}",
                $"{1000 / ms:0}",
                $"{failed}",
                $"{latencies[latencies.Count / 2]:0.0} / {latencies[latencies.Count * 99 / 100]:0.0}"
            );
        }
        costs.Sort();
        table.Add("median", $"{costs[Rounds / 2]:0.00}", $"{1000 / costs[Rounds / 2]:0}", "", "");
        table.Print();
        return 0;
    }

    /// <summary>Places calls at an even rate, each hung up as soon as it is answered.</summary>
    private static async Task<(int Failed, List<double> LatenciesMs)> CallAsync(
        SipUserAgent caller,
        IPEndPoint platform,
        int calls,
        int perSecond
    )
    {
        var begun = Stopwatch.GetTimestamp();
        var running = new List<Task<double?>>(calls);
        for (var i = 0; i < calls; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / perSecond) - Stopwatch.GetElapsedTime(begun);
            if (due > TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(due, TimeProvider.System);
            }
            running.Add(CallOnceAsync(caller, platform));
        }
        var results = await Task.WhenAll(running);
        var latencies = results.OfType<double>().Order().ToList();
        if (latencies.Count == 0)
        {
            throw new InvalidOperationException("No call was answered.");
        }
        return (calls - latencies.Count, latencies);
    }

    private static async Task<double?> CallOnceAsync(SipUserAgent caller, IPEndPoint platform)
    {
        var call = caller.Call(
            new SipCallRequest
            {
                Target = SipUri.Create("frontdesk", platform),
                Destination = SipDestination.Udp(platform),
                Offer = Encoding.ASCII.GetBytes(Offer),
                AnswerWithin = Deadline,
            }
        );
        var answer = await call.Answered;
        if (!answer.IsSuccess)
        {
            return null;
        }
        await call.HangUpAsync(Deadline);
        return call.Times.Answered?.TotalMilliseconds;
    }
}

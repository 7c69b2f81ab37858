namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>
/// Calls that last about a minute, because a session timer does: they run in the background of all other tests, and each test awaits its own.
/// </summary>
public sealed class LongCalls : IAsyncDisposable
{
    internal const string NotRefreshedUser = "timer-not-refreshed";

    private const string WithUpdate = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE";
    private const string WithoutUpdate = "Allow: INVITE, ACK, BYE, CANCEL";

    /// <summary>Half of the 90 s interval and some time for a busy machine.</summary>
    private const int HalfTimeMs = 60_000;

    private readonly List<Sipp> _runs = [];

    private LongCalls(PlatformProcess platform)
    {
        RefreshByUpdate = Run(
            "timer-update",
            TimedInvite("UPDATE", "uas", WithUpdate)
                .Incoming("UPDATE", timeoutMs: HalfTimeMs, matching: ["Session-Expires: *90; *refresher=uac"])
                .Reply("200 OK", contact: true, headers: ["Require: timer", "Session-Expires: 90;refresher=uac"])
                .Bye()
                .Response(200)
        );
        RefreshByReinviteAfterGlare = Run(
            "timer-glare",
            TimedInvite("re-INVITE and 491", "uas", WithoutUpdate)
                .Incoming("INVITE", timeoutMs: HalfTimeMs, matching: ["Session-Expires: *90"])
                .Reply("491 Request Pending", retransmitted: true)
                .Incoming("ACK")
                .Incoming("INVITE", timeoutMs: 10_000, matching: ["Session-Expires: *90", "m=audio"])
                .Reply(
                    "200 OK",
                    body: SippSdp.Offer(),
                    contact: true,
                    retransmitted: true,
                    headers: ["Require: timer", "Session-Expires: 90;refresher=uac"]
                )
                .Incoming("ACK")
                .Bye()
                .Response(200)
        );
        GlareAtThePlatform = Run(
            "timer-crossing",
            TimedInvite("re-INVITEs that cross", "uas", WithoutUpdate)
                .Incoming("INVITE", timeoutMs: HalfTimeMs)
                .Invite(SippSdp.Offer(version: 2), inDialog: true)
                .Response(100, optional: true)
                .Response(491)
                .AckRefusal()
                .Bye()
                .Response(200)
        );
        RefreshedByCaller = Run(
            "timer-refreshed",
            TimedInvite("Refreshed by the caller", "uac", WithUpdate)
                .Pause(30_000)
                .Request("UPDATE", headers: ["Supported: timer", "Session-Expires: 90;refresher=uac"])
                .Response(200, matching: ["Session-Expires: *90"])
                // Without the refresh it would end at 60 s.
                .Pause(36_000)
                .Bye()
                .Response(200)
        );
        NotRefreshed = Run(
            NotRefreshedUser,
            TimedInvite("Not refreshed", "uac", WithUpdate)
                .Incoming("BYE", timeoutMs: 85_000, matching: ["Reason:"])
                .Reply("200 OK")
        );

        Task Run(string user, SippScenario scenario)
        {
            var options = new SippOptions { Service = user, Deadline = TimeSpan.FromSeconds(100) };
            var run = Sipp.Start(platform, scenario, options);
            _runs.Add(run);
            return run.SucceedsAsync();
        }
    }

    public Task RefreshByUpdate { get; }

    public Task RefreshByReinviteAfterGlare { get; }

    public Task GlareAtThePlatform { get; }

    public Task RefreshedByCaller { get; }

    public Task NotRefreshed { get; }

    public static LongCalls Start(PlatformProcess platform) => new(platform);

    public async ValueTask DisposeAsync()
    {
        foreach (var run in _runs)
        {
            await run.DisposeAsync();
        }
    }

    private static SippScenario TimedInvite(string name, string refresher, string allow) =>
        new SippScenario(name)
            .Invite(SippSdp.Offer(), headers: ["Supported: timer", $"Session-Expires: 90;refresher={refresher}", allow])
            .Answered(matching: [$"Session-Expires: *90; *refresher={refresher}"])
            .Ack();
}

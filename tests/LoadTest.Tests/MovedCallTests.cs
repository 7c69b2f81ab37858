using System.Net;

namespace OCPlatform.LoadTest.Tests;

/// <summary>Callers whose agent moves to another address by re-INVITE, over real sockets on loopback.</summary>
public sealed class MovedCallTests
{
    private static readonly CallerScript Listener = new()
    {
        Name = "listener",
        Hold = TimeSpan.FromSeconds(3),
        LinePatience = TimeSpan.FromMilliseconds(1200),
        Lines = [new CallerLine { Text = "", Silence = TimeSpan.FromSeconds(10) }],
    };

    [Fact]
    public async Task A_call_that_is_taken_up_elsewhere_goes_on_and_its_gap_is_measured()
    {
        await using var agent = new MovingAgent(26_000) { Gap = TimeSpan.FromMilliseconds(700) };

        var call = await CallAsync(26_400, agent.Address);

        call.Outcome.Should().Be(CallOutcome.HoldOver, call.Cause);
        var continuity = call.Continuity;
        continuity.Reinvites.Should().Be(1);
        var move = continuity.Moves.Should().ContainSingle().Subject;
        move.From.Should().StartWith("127.0.0.1:");
        move.To.Should().StartWith("127.0.0.2:");
        move.Gap.TotalMilliseconds.Should().BeInRange(700, 1000);
        move.SpeechGap!.Value.TotalMilliseconds.Should().BeInRange(700, 1000);
        continuity.Gaps.Should().ContainSingle().Which.Length.Should().Be(continuity.LongestGap);
        continuity.Gaps[0].FromSource.Should().NotBe(continuity.Gaps[0].ToSource);
        continuity.TwoAgents.Should().Be(TimeSpan.Zero);
        // 3 s of packets without the gap: it really hears the second source.
        call.Packets.Received.Should().BeGreaterThan(95);
    }

    [Fact]
    public async Task A_silent_ghost_on_the_old_address_is_no_second_agent()
    {
        await using var agent = new MovingAgent(27_000) { Ghost = TimeSpan.FromMilliseconds(500) };

        var call = await CallAsync(27_400, agent.Address);

        call.Outcome.Should().Be(CallOutcome.HoldOver, call.Cause);
        var move = call.Continuity.Moves.Should().ContainSingle().Subject;
        move.Gap.TotalMilliseconds.Should().BeLessThan(150);
        move.SpeechGap.Should().BeNull();
        move.StrangerLasted.TotalMilliseconds.Should().BeInRange(350, 700);
        call.Continuity.StrangerPackets.Should().BeGreaterThan(10);
        call.Continuity.TwoAgents.Should().BeLessThan(RunFigures.TwoAgentsHeard);
    }

    [Fact]
    public async Task Two_sources_that_speak_at_once_are_two_agents()
    {
        await using var agent = new MovingAgent(28_000) { Ghost = TimeSpan.FromMilliseconds(600), GhostSpeaks = true };

        var call = await CallAsync(28_400, agent.Address);

        call.Continuity.TwoAgents.TotalMilliseconds.Should().BeInRange(350, 800);
    }

    [Fact]
    public async Task A_call_whose_audio_stays_away_is_lost()
    {
        await using var agent = new MovingAgent(29_000) { StaysAway = true };

        var call = await CallAsync(29_400, agent.Address);

        call.Outcome.Should().Be(CallOutcome.AudioLost);
        call.Dropped.Should().BeTrue();
        call.Continuity.Moves.Should().BeEmpty();
        call.Continuity.LongestGap.TotalMilliseconds.Should().BeInRange(1150, 1700);
    }

    [Fact]
    public async Task A_call_goes_to_the_next_target_when_one_refuses_or_says_nothing()
    {
        // Bound, so that nothing refuses the datagram, and read by nobody.
        using var deaf = new System.Net.Sockets.UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        await using var full = new ScriptedAgent(29_600) { RefusesWith = 503 };
        await using var good = new ScriptedAgent(29_800) { HangsUpAfter = 1 };
        await using var caller = Caller(30_000);
        List<CallTarget> failed = [];

        var call = (
            await caller.CallAsync(
                new CallerScript { Name = "greet" },
                new()
                {
                    Target = Sip.SipUri.Create("agent", (IPEndPoint)deaf.Client.LocalEndPoint!),
                    Alternatives = [new(full.Address), new(good.Address)],
                    TryNextAfter = TimeSpan.FromMilliseconds(300),
                    OnTargetFailed = failed.Add,
                }
            )
        ).Measurement;

        call.Outcome.Should().Be(CallOutcome.Completed, call.Cause);
        call.Attempts.Should().Be(3);
        call.Answer.Should().BeGreaterThan(TimeSpan.FromMilliseconds(300));
        failed.Should().HaveCount(2);
    }

    private static async Task<CallMeasurement> CallAsync(int firstPort, Sip.SipUri target)
    {
        await using var caller = Caller(firstPort);
        return (await caller.CallAsync(Listener, new() { Target = target })).Measurement;
    }

    private static SyntheticCaller Caller(int firstPort) =>
        new(
            new SyntheticCallerOptions
            {
                Bind = new IPEndPoint(IPAddress.Loopback, 0),
                RtpPortStart = firstPort,
                RtpPortEnd = firstPort + 99,
            }
        );
}

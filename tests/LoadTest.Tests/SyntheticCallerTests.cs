using System.Net;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Sdp;

namespace OCPlatform.LoadTest.Tests;

/// <summary>The synthetic caller against a scripted agent, over real sockets on loopback.</summary>
public sealed class SyntheticCallerTests
{
    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(20);
    private static readonly SpokenLine Line = SpokenLine.FromPcm("hello there", Signals.Voice(500));

    // Shorter pauses than a real caller's, so that the suite is fast.
    private static readonly CallerScript Quick = new()
    {
        Name = "quick",
        EndOfSpeech = TimeSpan.FromMilliseconds(350),
        Lines =
        [
            .. Enumerable.Repeat(
                new CallerLine
                {
                    Text = "hello there",
                    Speech = Line,
                    Think = TimeSpan.FromMilliseconds(100),
                },
                2
            ),
        ],
    };

    [Theory]
    [InlineData(AudioCodec.Pcmu, "PCMU")]
    [InlineData(AudioCodec.Pcma, "PCMA")]
    public async Task Voice_to_voice_is_what_the_agent_itself_knows_within_one_frame(AudioCodec codec, string name)
    {
        await using var agent = new ScriptedAgent(20_000 + 400 * (int)codec);
        await using var caller = Caller(21_000 + 400 * (int)codec);

        var result = await caller.CallAsync(
            Quick,
            new()
            {
                Target = agent.Address,
                Codecs = [codec],
                Record = true,
            }
        );

        var call = result.Measurement;
        call.Outcome.Should().Be(CallOutcome.Completed, call.Cause);
        call.Codec.Should().Be(name);
        call.Turns.Should().HaveCount(2);
        call.Turns.Zip(agent.VoiceToVoice).Should().HaveCount(2);
        foreach (var (turn, real) in call.Turns.Zip(agent.VoiceToVoice))
        {
            turn.VoiceToVoice!.Value.Should().BeCloseTo(real, Frame);
            turn.TalkedOver.Should().BeFalse();
        }
        call.Trying.Should().NotBeNull();
        call.Ringing.Should().BeGreaterThan(TimeSpan.Zero).And.BeLessThanOrEqualTo(call.Answer!.Value);
        call.Packets.Received.Should().BeGreaterThan(150);
        call.Packets.Lost.Should().Be(0);
        call.Packets.TimestampJumps.Should().Be(0);
        // What was heard is what was said: the reply's length and level.
        var heard = result.HeardReply(0)!;
        heard.Length.Should().BeCloseTo((500 + 400) * 8, 400);
        SpokenLine
            .FromPcm("greeting", result.HeardGreeting()!)
            .Duration.TotalMilliseconds.Should()
            .BeApproximately(600, 30);
        SpokenLine.FromPcm("heard", heard).Duration.TotalMilliseconds.Should().BeApproximately(500, 30);
    }

    [Fact]
    public async Task A_barge_in_is_measured_to_the_last_sample_heard()
    {
        await using var agent = new ScriptedAgent(22_000) { Greeting = Signals.Voice(900), Yields = true };
        await using var caller = Caller(22_400);
        var script = CallerScript.Speaking(Line) with { EndOfSpeech = TimeSpan.FromMilliseconds(400) };
        script = script with { Lines = [script.Lines[0] with { BargeIn = TimeSpan.FromMilliseconds(300) }] };

        var call = (await caller.CallAsync(script, new() { Target = agent.Address })).Measurement;

        call.Outcome.Should().Be(CallOutcome.Completed, call.Cause);
        var turn = call.Turns.Should().ContainSingle().Subject;
        agent.Silenced.Should().ContainSingle();
        turn.BargeIn.Should().NotBeNull();
        turn.BargeIn!.Value.Should().BeCloseTo(agent.Silenced.Single(), Frame + TimeSpan.FromMilliseconds(10));
    }

    [Fact]
    public async Task An_agent_that_hangs_up_early_is_a_failure_and_one_that_hangs_up_at_the_end_is_not()
    {
        await using var early = new ScriptedAgent(23_000) { HangsUpAfter = 1 };
        await using var last = new ScriptedAgent(23_400) { HangsUpAfter = 2 };
        await using var caller = Caller(23_800);
        var patient = Quick with { End = ScenarioEnd.WaitForAgent };

        var results = await Task.WhenAll(
            caller.CallAsync(patient, new() { Target = early.Address }),
            caller.CallAsync(patient, new() { Target = last.Address })
        );

        results[0].Measurement.Outcome.Should().Be(CallOutcome.AgentHungUpEarly);
        results[0].Measurement.Failed.Should().BeTrue();
        results[0].Measurement.AgentHungUp.Should().BeTrue();
        results[1].Measurement.Outcome.Should().Be(CallOutcome.AgentHungUp);
        results[1].Measurement.Failed.Should().BeFalse();
    }

    [Fact]
    public async Task A_refused_call_tells_the_status()
    {
        await using var agent = new ScriptedAgent(24_000) { RefusesWith = 503 };
        await using var caller = Caller(24_400);

        var call = (await caller.CallAsync(Quick, new() { Target = agent.Address })).Measurement;

        call.Outcome.Should().Be(CallOutcome.Rejected);
        call.Cause.Should().StartWith("503");
        call.Answer.Should().BeNull();
    }

    [Fact]
    public async Task Digits_reach_the_agent()
    {
        await using var agent = new ScriptedAgent(24_600);
        await using var caller = Caller(24_800);
        var script = new CallerScript
        {
            Name = "digits",
            EndOfSpeech = TimeSpan.FromMilliseconds(400),
            ReplyTimeout = TimeSpan.FromSeconds(1),
            Lines =
            [
                new CallerLine
                {
                    Text = "12#",
                    Digits = "12#",
                    ReplyRequired = false,
                },
            ],
        };

        var call = (await caller.CallAsync(script, new() { Target = agent.Address })).Measurement;

        call.Outcome.Should().Be(CallOutcome.Completed, call.Cause);
        agent.Digits.Should().Equal('1', '2', '#');
    }

    [Fact]
    public async Task A_stopped_call_ends_with_BYE_and_counts_as_stopped()
    {
        await using var agent = new ScriptedAgent(25_000) { Greeting = Signals.Voice(900) };
        await using var caller = Caller(25_400);
        using var stop = new CancellationTokenSource();

        var calling = caller.CallAsync(
            Quick,
            new() { Target = agent.Address, OnAnswered = _ => stop.Cancel() },
            stop.Token
        );
        var call = (await calling.WaitAsync(TimeSpan.FromSeconds(10))).Measurement;

        call.Outcome.Should().Be(CallOutcome.Stopped);
        call.Failed.Should().BeFalse();
        call.Answer.Should().NotBeNull();
    }

    private static SyntheticCaller Caller(int firstPort) =>
        new(
            new SyntheticCallerOptions
            {
                Bind = new IPEndPoint(IPAddress.Loopback, 0),
                RtpPortStart = firstPort,
                RtpPortEnd = firstPort + 199,
            }
        );
}

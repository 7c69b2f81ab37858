using OCPlatform.CallActors.TurnTaking;

namespace OCPlatform.CallActors.Tests.TurnTaking;

public class TurnDetectorTests
{
    private const int BlockMs = 32;

    private readonly TurnTakingOptions _options = new();
    private readonly TurnDetector _detector;
    private long _nowMs;

    public TurnDetectorTests() => _detector = new TurnDetector(_options);

    [Fact]
    public void Speech_counts_once_it_has_lasted_for_the_start_time_and_began_with_its_first_block()
    {
        Feed(0.1f, blocks: 10).Should().AllBeEquivalentTo(TurnSignal.None);
        var begun = _nowMs;

        Feed(0.9f, blocks: 2).Should().Equal(TurnSignal.None, TurnSignal.SpeechStarted);

        _detector.UserIsSpeaking.Should().BeTrue();
        _detector.SpeechStartedAtMs.Should().Be(begun);
    }

    [Fact]
    public void A_click_of_one_block_is_no_speech()
    {
        Feed(0.9f, blocks: 1);
        Feed(0.1f, blocks: 20).Should().NotContain(TurnSignal.SpeechStarted);
        _detector.UserIsSpeaking.Should().BeFalse();
    }

    [Fact]
    public void The_turn_ends_after_the_endpoint_silence_and_its_end_is_the_last_speech_block()
    {
        Feed(0.9f, blocks: 30);
        var spokenUntil = _nowMs;

        var signals = Feed(0.1f, blocks: 20);

        var ended = signals.ToList().IndexOf(TurnSignal.SpeechEnded);
        ((ended + 1) * BlockMs).Should().BeInRange(_options.EndpointMs, _options.EndpointMs + BlockMs);
        _detector.SpeechEndedAtMs.Should().Be(spokenUntil);
    }

    [Fact]
    public void A_pause_shorter_than_the_endpoint_does_not_end_the_turn()
    {
        Feed(0.9f, blocks: 10);
        Feed(0.1f, blocks: 8).Should().NotContain(TurnSignal.SpeechEnded);
        Feed(0.9f, blocks: 10).Should().NotContain(TurnSignal.SpeechStarted);
        Feed(0.1f, blocks: 20).Should().ContainSingle(s => s == TurnSignal.SpeechEnded);
    }

    [Fact]
    public void What_sounds_unfinished_is_given_more_time()
    {
        Feed(0.9f, blocks: 10);
        _detector.SoundsUnfinished = true;

        var signals = Feed(0.1f, blocks: 40).ToList();

        var silence = (signals.IndexOf(TurnSignal.SpeechEnded) + 1) * BlockMs;
        silence.Should().BeInRange(_options.UnfinishedEndpointMs, _options.UnfinishedEndpointMs + BlockMs);
    }

    [Fact]
    public void Interrupting_the_agent_takes_longer_than_speaking_into_silence()
    {
        var signals = Feed(0.9f, blocks: 10, agentIsSpeaking: true).ToList();

        ((signals.IndexOf(TurnSignal.SpeechStarted) + 1) * BlockMs).Should().Be(_options.BargeInMs);
    }

    [Fact]
    public void Without_barge_in_the_caller_is_heard_only_when_the_agent_is_quiet()
    {
        var detector = new TurnDetector(new TurnTakingOptions { BargeIn = false });
        for (var i = 1; i <= 50; i++)
        {
            detector.OnBlock(0.9f, BlockMs, i * BlockMs, agentIsSpeaking: true).Should().Be(TurnSignal.None);
        }
        detector.OnBlock(0.9f, BlockMs, 51 * BlockMs, agentIsSpeaking: false);
        detector.OnBlock(0.9f, BlockMs, 52 * BlockMs, agentIsSpeaking: false).Should().Be(TurnSignal.SpeechStarted);
    }

    [Fact]
    public void An_utterance_without_end_is_cut_at_the_maximum()
    {
        var signals = Feed(0.9f, blocks: _options.MaxUtteranceMs / BlockMs + 2);
        signals.Should().Contain(TurnSignal.SpeechEnded);
    }

    [Fact]
    public void Silence_on_both_sides_is_reported_once_per_silence_time()
    {
        var signals = Feed(0f, blocks: 2 * _options.UserSilentMs / BlockMs + 4);
        signals.Count(s => s == TurnSignal.UserSilent).Should().Be(2);
    }

    [Fact]
    public void Silence_is_not_counted_while_the_agent_speaks()
    {
        Feed(0f, blocks: 1000, agentIsSpeaking: true).Should().AllBeEquivalentTo(TurnSignal.None);
    }

    private TurnSignal[] Feed(float probability, int blocks, bool agentIsSpeaking = false)
    {
        var signals = new TurnSignal[blocks];
        for (var i = 0; i < blocks; i++)
        {
            _nowMs += BlockMs;
            signals[i] = _detector.OnBlock(probability, BlockMs, _nowMs, agentIsSpeaking);
        }
        return signals;
    }
}

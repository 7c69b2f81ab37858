using OCPlatform.AiAdapters.SpeechToText.Service;

namespace OCPlatform.AiAdapters.Tests.SpeechToText;

public sealed class UtteranceSegmenterTests
{
    private readonly UtteranceSegmenter _segmenter = new(frameMs: 32, pauseMs: 128, endMs: 800);

    [Fact]
    public void An_utterance_starts_pauses_and_ends()
    {
        Feed(0.1f, 20).Should().BeEmpty();
        Feed(0.9f, 1).Should().Equal(SegmenterEvent.Started);
        Feed(0.9f, 9).Should().BeEmpty();
        Feed(0.1f, 3).Should().BeEmpty();
        Feed(0.1f, 1).Should().Equal(SegmenterEvent.Paused);
        Feed(0.1f, 20).Should().BeEmpty();
        Feed(0.1f, 1).Should().Equal(SegmenterEvent.Ended);
        _segmenter.InUtterance.Should().BeFalse();
        Feed(0.1f, 100).Should().BeEmpty();
    }

    [Fact]
    public void Speech_after_a_pause_resumes_the_utterance_and_it_may_pause_again()
    {
        Feed(0.9f, 10);
        Feed(0.1f, 4).Should().Equal(SegmenterEvent.Paused);
        Feed(0.9f, 1).Should().Equal(SegmenterEvent.Resumed);
        Feed(0.1f, 4).Should().Equal(SegmenterEvent.Paused);
        _segmenter.SpeechMs.Should().Be(11 * 32);
    }

    [Fact]
    public void A_single_soft_frame_inside_speech_is_no_silence()
    {
        Feed(0.9f, 5);
        Feed(0.4f, 30).Should().BeEmpty();
        _segmenter.IsSilent.Should().BeFalse();
    }

    [Fact]
    public void A_gap_shorter_than_the_pause_is_part_of_the_utterance()
    {
        Feed(0.9f, 5);
        Feed(0.1f, 3).Should().BeEmpty();
        Feed(0.9f, 1).Should().BeEmpty();
        _segmenter.InUtterance.Should().BeTrue();
    }

    [Fact]
    public void After_a_cut_speech_that_goes_on_starts_another_utterance()
    {
        Feed(0.9f, 5);
        _segmenter.Cut();
        Feed(0.9f, 1).Should().Equal(SegmenterEvent.Started);
        _segmenter.SpeechMs.Should().Be(32);
    }

    private List<SegmenterEvent> Feed(float probability, int frames) =>
        [.. Enumerable.Range(0, frames).Select(_ => _segmenter.Next(probability)).Where(e => e != SegmenterEvent.None)];
}

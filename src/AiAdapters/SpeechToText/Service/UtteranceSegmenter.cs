namespace OCPlatform.AiAdapters.SpeechToText.Service;

/// <summary>What one frame changed.</summary>
internal enum SegmenterEvent
{
    None,

    /// <summary>The first speech of an utterance.</summary>
    Started,

    /// <summary>The speaker has been silent for a moment: this may have been all.</summary>
    Paused,

    /// <summary>The speaker goes on after <see cref="Paused"/>.</summary>
    Resumed,

    /// <summary>The speaker has been silent for so long that the utterance is over.</summary>
    Ended,
}

/// <summary>Cuts a stream of voice-activity frames into utterances. Pure: frames in, events out.</summary>
internal sealed class UtteranceSegmenter(int frameMs, int pauseMs, int endMs)
{
    // Speech is entered at the model's usual threshold and left well below it, so that soft word ends belong to the word.
    private const float Enter = 0.5f;
    private const float Leave = 0.35f;

    private int _silenceMs;
    private bool _paused;

    /// <summary>Whether an utterance is under way.</summary>
    public bool InUtterance { get; private set; }

    /// <summary>Whether the speaker is silent just now, if only for a frame.</summary>
    public bool IsSilent => _silenceMs > 0 || !InUtterance;

    /// <summary>Speech in the utterance so far, ms.</summary>
    public int SpeechMs { get; private set; }

    public SegmenterEvent Next(float probability)
    {
        if (!InUtterance)
        {
            if (probability < Enter)
                return SegmenterEvent.None;
            InUtterance = true;
            SpeechMs = frameMs;
            (_silenceMs, _paused) = (0, false);
            return SegmenterEvent.Started;
        }

        if (probability >= (_silenceMs > 0 ? Enter : Leave))
        {
            _silenceMs = 0;
            SpeechMs += frameMs;
            if (!_paused)
                return SegmenterEvent.None;
            _paused = false;
            return SegmenterEvent.Resumed;
        }

        _silenceMs += frameMs;
        if (_silenceMs >= endMs)
        {
            InUtterance = false;
            return SegmenterEvent.Ended;
        }

        if (_paused || _silenceMs < pauseMs)
            return SegmenterEvent.None;
        _paused = true;
        return SegmenterEvent.Paused;
    }

    /// <summary>The utterance was cut off by length; whatever comes next begins another.</summary>
    public void Cut() => InUtterance = false;
}

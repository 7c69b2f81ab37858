using OCPlatform.AiAdapters.SpeechToText;
using OCPlatform.AiAdapters.VoiceActivity;
using OCPlatform.CallActors.TurnTaking;
using OCPlatform.Media.Dsp;

namespace OCPlatform.CallActors.Voice;

/// <summary>
/// The ear of a call: blocks of 32 ms at the session's rate go through voice activity detection (at 8 kHz) to the
/// <see cref="TurnDetector"/>; while the caller speaks they stream, as they are, into one recognition per utterance. Runs
/// on the speech pump.
/// </summary>
internal sealed class Listener : IDisposable
{
    /// <summary>What the detector takes at once.</summary>
    public const int BlockMs = 32;

    /// <summary>Samples of a block at the highest rate of a session.</summary>
    public const int MaxBlockSamples = BlockMs * 16;

    /// <summary>The detector needs 64–160 ms to be sure; recognition is given the audio from before it was.</summary>
    public const int PreRollMs = 12 * BlockMs;

    // Digital silence and line idle noise, about −60 dBFS at the peak: no speech, and not worth a model run.
    private const int SilentPeak = 33;

    private const int DetectorRateHz = 8000;

    private readonly Func<IVoiceActivityDetector> _createVad;
    private readonly SpeechToTextClient _stt;
    private IVoiceActivityDetector? _vad;
    private Resampler? _toDetector;
    private bool _vadRan;
    private Utterance? _utterance;

    public Listener(TurnTakingOptions options, Func<IVoiceActivityDetector> createVad, SpeechToTextClient stt)
    {
        _createVad = createVad;
        _stt = stt;
        Detector = new TurnDetector(options);
    }

    public TurnDetector Detector { get; }

    /// <summary>Takes one block that ended at <paramref name="nowMs"/> on the pump's clock.</summary>
    /// <param name="block">The last that was read from <paramref name="ring"/>.</param>
    public TurnSignal OnBlock(ReadOnlySpan<short> block, AudioRing ring, long nowMs, bool agentIsSpeaking)
    {
        var signal = Detector.OnBlock(SpeechProbability(block), BlockMs, nowMs, agentIsSpeaking);
        if (signal == TurnSignal.SpeechStarted)
        {
            OpenStream(ring, block.Length);
        }
        else
        {
            // Refused means that recognition is a minute behind; it will miss words, and its deadline ends the wait.
            _utterance?.Write(block);
        }
        return signal;
    }

    /// <summary>Hands over the recognition of the utterance that has just ended; null when it could not be opened.</summary>
    public Utterance? TakeUtterance()
    {
        var utterance = _utterance;
        _utterance = null;
        return utterance;
    }

    private float SpeechProbability(ReadOnlySpan<short> block)
    {
        if (!Detector.UserIsSpeaking && PcmPower.Peak(block) < SilentPeak)
        {
            if (_vadRan)
            {
                _vad!.Reset();
                _toDetector?.Reset();
                _vadRan = false;
            }
            return 0;
        }
        _vadRan = true;
        _vad ??= _createVad();
        if (block.Length == VoiceActivityDetector.FrameSamples)
        {
            return _vad.Process(block);
        }
        _toDetector ??= new Resampler(block.Length * 1000 / BlockMs, DetectorRateHz);
        Span<short> narrow = stackalloc short[VoiceActivityDetector.FrameSamples + 1];
        return _vad.Process(narrow[.._toDetector.Process(block, narrow)]);
    }

    /// <summary>Opens the recognition with what was heard up to and with the present block.</summary>
    private void OpenStream(AudioRing ring, int blockSamples)
    {
        _utterance = new Utterance(
            _stt,
            blockSamples * 1000 / BlockMs,
            text => Detector.SoundsUnfinished = UtteranceEnding.SoundsUnfinished(text)
        );
        Span<short> block = stackalloc short[blockSamples];
        for (var back = ring.History / blockSamples * blockSamples; back > 0; back -= blockSamples)
        {
            ring.ReadAgain(back, block);
            _utterance.Write(block);
        }
    }

    public void Dispose()
    {
        _vad?.Dispose();
        _ = _utterance?.DisposeAsync();
        _utterance = null;
    }
}

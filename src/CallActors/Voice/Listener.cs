using OCPlatform.AiAdapters.SpeechToText;
using OCPlatform.AiAdapters.VoiceActivity;
using OCPlatform.CallActors.TurnTaking;
using OCPlatform.Media.Dsp;

namespace OCPlatform.CallActors.Voice;

/// <summary>
/// The ear of a call: blocks of 8 kHz audio go through voice activity detection to the <see cref="TurnDetector"/>; while
/// the caller speaks they stream, at 16 kHz, into one recognition per utterance. Runs on the speech pump.
/// </summary>
internal sealed class Listener : IDisposable
{
    /// <summary>Samples in a block: what the detector takes at once, 32 ms at 8 kHz.</summary>
    public const int BlockSamples = 256;

    public const int BlockMs = 32;
    private const int SampleRateHz = 16000;

    // The detector needs 64–160 ms to be sure; recognition is given the audio from before it was.
    private const int PreRollBlocks = 12;

    // Digital silence and line idle noise, about −60 dBFS at the peak: no speech, and not worth a model run.
    private const int SilentPeak = 33;

    private readonly Func<VoiceActivityDetector> _createVad;
    private readonly SpeechToTextClient _stt;
    private readonly Resampler _to16k = new(8000, 16000);
    private readonly short[] _preRoll = new short[PreRollBlocks * BlockSamples];
    private readonly short[] _wide = new short[BlockSamples * 2 + 64];
    private int _preRollAt;
    private int _preRollFilled;
    private VoiceActivityDetector? _vad;
    private bool _vadRan;
    private Utterance? _utterance;

    public Listener(TurnTakingOptions options, Func<VoiceActivityDetector> createVad, SpeechToTextClient stt)
    {
        _createVad = createVad;
        _stt = stt;
        Detector = new TurnDetector(options);
    }

    public TurnDetector Detector { get; }

    /// <summary>Takes one block that ended at <paramref name="nowMs"/> on the pump's clock.</summary>
    public TurnSignal OnBlock(ReadOnlySpan<short> block, long nowMs, bool agentIsSpeaking)
    {
        var signal = Detector.OnBlock(SpeechProbability(block), BlockMs, nowMs, agentIsSpeaking);
        Remember(block);
        if (signal == TurnSignal.SpeechStarted)
        {
            OpenStream();
        }
        else if (_utterance is not null)
        {
            WriteWide(block);
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
        if (!Detector.UserIsSpeaking && PeakOf(block) < SilentPeak)
        {
            if (_vadRan)
            {
                _vad!.Reset();
                _vadRan = false;
            }
            return 0;
        }
        _vadRan = true;
        _vad ??= _createVad();
        return _vad.Process(block);
    }

    private static int PeakOf(ReadOnlySpan<short> block)
    {
        var peak = 0;
        foreach (var sample in block)
        {
            peak = Math.Max(peak, Math.Abs((int)sample));
        }
        return peak;
    }

    private void Remember(ReadOnlySpan<short> block)
    {
        block.CopyTo(_preRoll.AsSpan(_preRollAt * BlockSamples));
        _preRollAt = (_preRollAt + 1) % PreRollBlocks;
        _preRollFilled = Math.Min(_preRollFilled + 1, PreRollBlocks);
    }

    private void OpenStream()
    {
        _utterance = new Utterance(
            _stt,
            SampleRateHz,
            text => Detector.SoundsUnfinished = UtteranceEnding.SoundsUnfinished(text)
        );
        _to16k.Reset();
        for (var i = 0; i < _preRollFilled; i++)
        {
            var at = (_preRollAt - _preRollFilled + i + 2 * PreRollBlocks) % PreRollBlocks;
            WriteWide(_preRoll.AsSpan(at * BlockSamples, BlockSamples));
        }
    }

    private void WriteWide(ReadOnlySpan<short> block)
    {
        var count = _to16k.Process(block, _wide);
        // Full means that recognition is seconds behind; it will miss words, and its deadline ends the wait.
        _utterance!.Write(_wide.AsSpan(0, count));
    }

    public void Dispose()
    {
        _vad?.Dispose();
        _ = _utterance?.DisposeAsync();
        _utterance = null;
    }
}

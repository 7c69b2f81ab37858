using OCPlatform.Media.Codecs;

namespace OCPlatform.Media.Engine;

/// <summary>
/// Tones in a call's received audio: keys of a peer that has no telephone-event, and at the call's beginning the tones of a
/// fax machine, each kind once. On the clock thread; allocates at construction and at the first frame with keys only.
/// </summary>
internal sealed class ToneListener(int sampleRateHz)
{
    // A fax machine that calls says so within seconds (T.30 §4.3.3.1 lets it repeat CNG for 35 s at most).
    private const int FaxSeconds = 35;

    private readonly FaxToneDetector _fax = new(sampleRateHz);
    private InBandDtmf? _keys;
    private long _faxSamplesLeft = (long)sampleRateHz * FaxSeconds;

    /// <param name="withKeys">Keys may come as audio: telephone-event was not agreed.</param>
    public void OnFrame(ReadOnlySpan<short> frame, bool withKeys, IMediaSink sink)
    {
        if (withKeys)
        {
            _keys ??= new InBandDtmf(sampleRateHz);
            if (_keys.Process(frame, out var digit, out var durationMs))
                sink.OnDtmf(digit, durationMs);
        }

        if (_faxSamplesLeft <= 0)
            return;
        _faxSamplesLeft -= frame.Length;
        if (_fax.Process(frame, out var tone))
            sink.OnFaxTone(tone);
    }
}

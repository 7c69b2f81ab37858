using OCPlatform.CallActors.Voice;
using OCPlatform.Media.Dsp;
using OCPlatform.Media.Engine;

namespace OCPlatform.CallActors.Services;

/// <summary>
/// Plays, tells voice from silence, and brings what it hears to 16 kHz as speech recognition wants it. The call records
/// both directions, since that is what its kind says.
/// </summary>
internal sealed class RecordCall(SharedAudio audio, TimeProvider time, Action<VoiceEvent> tell)
    : ServiceCall(time, tell)
{
    private const int WideRateHz = 16_000;

    // Calls of a clock come one after the other: what is needed during a frame only is shared.
    [ThreadStatic]
    private static short[]? _wide;

    private readonly EnergyGate _gate = new(WideRateHz);
    private Resampler? _resampler;

    /// <summary>The caller speaks.</summary>
    public bool IsVoiceHeard => _gate.IsOpen;

    public override void Begin(MediaSession session)
    {
        if (session.SampleRateHz != WideRateHz)
        {
            _resampler = new Resampler(session.SampleRateHz, WideRateHz);
        }
        session.Repeated = audio;
    }

    public override void OnAudio(ReadOnlySpan<short> frame, in MediaFrameInfo info)
    {
        if (_resampler is null)
        {
            _gate.Process(frame);
            return;
        }
        var wide = _wide ??= new short[_resampler.MaxOutput(frame.Length)];
        _gate.Process(wide.AsSpan(0, _resampler.Process(frame, wide)));
    }
}

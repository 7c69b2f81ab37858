using OCPlatform.CallActors.Voice;
using OCPlatform.Media.Dsp;
using OCPlatform.Media.Engine;

namespace OCPlatform.CallActors.Services;

/// <summary>Plays, brings what it hears to 16 kHz as speech recognition wants it, and records both directions.</summary>
internal sealed class RecordCall(SharedAudio audio, TimeProvider time, Action<VoiceEvent> tell)
    : ServiceCall(time, tell)
{
    // Calls of a clock come one after the other: what is needed during a frame only is shared.
    [ThreadStatic]
    private static short[]? _wide;

    private readonly Resampler _resampler = new(8000, 16_000);

    public override void Begin(MediaSession session) => session.Repeated = audio;

    public override void OnAudio(ReadOnlySpan<short> frame, in MediaFrameInfo info)
    {
        var wide = _wide ??= new short[2 * 320 + 1];
        if (frame.Length == 160)
        {
            _resampler.Process(frame, wide);
        }
    }
}

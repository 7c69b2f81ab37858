using OCPlatform.Media.Engine;

namespace OCPlatform.CallActors.Voice;

/// <summary>
/// The media session needs its sink before the voice, which needs the session's playout, can exist: this stands between
/// them. Nothing comes through before the session is started, and by then the voice is set.
/// </summary>
internal sealed class SinkOfVoice : IMediaSink
{
    public CallVoice? Voice { get; set; }

    public void OnAudio(ReadOnlySpan<short> frame, in MediaFrameInfo info) => Voice?.OnAudio(frame, in info);

    public void OnDtmf(char digit, int durationMs) => Voice?.OnDtmf(digit, durationMs);

    public bool ListensForTones => Voice is { ListensForTones: true };

    public void OnFaxTone(FaxTone tone) => Voice?.OnFaxTone(tone);

    public void OnNotSecured(string cause) => Voice?.OnNotSecured(cause);

    public void OnMediaTimeout() => Voice?.OnMediaTimeout();

    public void OnBroken(Exception cause) => Voice?.OnBroken(cause);
}

using OCPlatform.CallActors.Voice;
using OCPlatform.Media.Engine;

namespace OCPlatform.CallActors.Services;

/// <summary>
/// One call of a service: takes the place of <see cref="CallVoice"/> as the media session's sink. Conversation and speech
/// are not touched. Callbacks come on the media clock.
/// </summary>
/// <param name="tell">Takes the call's events to its actor.</param>
public abstract class ServiceCall(TimeProvider time, Action<VoiceEvent> tell) : IMediaSink, IDisposable
{
    /// <summary>The session has been started.</summary>
    public abstract void Begin(MediaSession session);

    public virtual void OnAudio(ReadOnlySpan<short> frame, in MediaFrameInfo info) { }

    public void OnNotSecured(string cause) => tell(new VoiceEvent.NotSecured(cause));

    public void OnMediaTimeout() => tell(new VoiceEvent.MediaTimedOut(time.GetUtcNow()));

    public void OnBroken(Exception cause) => tell(new VoiceEvent.Broken(cause));

    /// <summary>The call is over.</summary>
    public virtual void Dispose() => GC.SuppressFinalize(this);
}

/// <summary>Sends back what it hears.</summary>
internal sealed class EchoCall(TimeProvider time, Action<VoiceEvent> tell) : ServiceCall(time, tell)
{
    public override void Begin(MediaSession session) => session.Echo = true;
}

/// <summary>Plays what all calls of the service play.</summary>
internal sealed class PlayCall(SharedAudio audio, TimeProvider time, Action<VoiceEvent> tell) : ServiceCall(time, tell)
{
    public override void Begin(MediaSession session) => session.Repeated = audio;
}

using OCPlatform.CallActors.Signalling;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.CallActors;

/// <remarks>A call whose process went away before it was answered.</remarks>
public sealed partial class CallActor
{
    private void TakeUpUnanswered(CallLegState kept, SipSessionState session)
    {
        _legs.Add(
            new CallLeg(kept.Number ?? 1, SipSession.Restore(session, _services.Session, Elapsed), kept.Path, null)
        );
        Lose("it was not answered yet");
    }
}

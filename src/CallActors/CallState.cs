using OCPlatform.Contracts.Calls;

namespace OCPlatform.CallActors;

/// <summary>
/// A call as its journal tells it: the record that the API shows, and the snapshots from which the SIP dialog and the
/// media session are taken up again. Pure: the same events give the same state, and an unknown event throws.
/// </summary>
/// <param name="Record">Null until the first event.</param>
/// <param name="SipDialog">JSON of the SIP dialog's state as of the last event that changed it.</param>
/// <param name="Media">JSON of the negotiated media.</param>
public sealed record CallState(CallRecord? Record, string? SipDialog, string? Media)
{
    public static readonly CallState Empty = new(null, null, null);

    public bool IsEnded => Record?.State == CallPhase.Ended;

    public CallState Apply(ICallEvent @event)
    {
        var next = this with { Record = CallRecord.Apply(Record, @event) };
        return @event switch
        {
            CallEvents.Answered e => next with { SipDialog = e.SipDialog, Media = e.Media },
            CallEvents.PeerReplaced e => next with { SipDialog = e.SipDialog, Media = e.Media },
            CallEvents.SessionChanged e => next with { SipDialog = e.SipDialog, Media = e.Media },
            _ => next,
        };
    }
}

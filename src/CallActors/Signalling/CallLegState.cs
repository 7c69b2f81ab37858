using System.Text;
using OCPlatform.Contracts.Sip;
using OCPlatform.Media.Sdp;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.CallActors.Signalling;

/// <summary>What the journal keeps of a leg. Session is null in entries older than sessions.</summary>
/// <remarks>
/// Without secrets (see <see cref="SipSecrets"/>): messages are kept with their credentials and keys blotted out, and a
/// description that holds keys is left out. A leg that is taken up again draws new ones.
/// </remarks>
public sealed record CallLegState(SipSessionState? Session, SipPath? Path)
{
    // All of these are null in entries that are older than they.

    /// <summary>Tells the legs of a call apart in request keys.</summary>
    public int? Number { get; init; }

    public string? Trunk { get; init; }

    public bool? PlacedByTrunk { get; init; }

    public bool? AllowReferrals { get; init; }

    /// <summary>What the way of the call allows its media.</summary>
    public MediaTerms? Terms { get; init; }

    /// <summary>We keep the peer on hold.</summary>
    public bool? Holding { get; init; }

    /// <summary>Version of our last o= line, which offers that came to nothing may have raised above the agreed one.</summary>
    public long? SdpVersion { get; init; }

    /// <summary>Path and address of the gateway's actor that the leg went through last.</summary>
    public string? Gateway { get; init; }

    public static CallLegState Of(SipSessionState session, SipPath? path) => new(WithoutSecrets(session), path);

    /// <summary>
    /// The session as another process can go on with it. What was under way in the former one comes to nothing there: the
    /// responses go to nobody, and a description that was offered names a port that is gone. So what waits is dropped, and
    /// an offer of the new owner starts over. An ACK that is due may have come while nobody listened, so it is not waited for.
    /// </summary>
    /// <remarks>The peer's REFER stays, to be told that nothing came of it; and ours, whose outcome may still be told.</remarks>
    public SipSessionState? Settled =>
        Session is null || Session.Phase is SipSessionPhase.Inviting or SipSessionPhase.Ended
            ? Session
            : Session with
            {
                Phase = SipSessionPhase.Established,
                Offer = SipOfferState.Stable,
                OpenOffer = null,
                QueuedAnswer = null,
                Change = null,
                Invite = null,
                Unacknowledged = null,
                Provisional = null,
                Forks = [],
                Requests = [],
                Unanswered = [],
            };

    private static SipSessionState WithoutSecrets(SipSessionState session) =>
        session with
        {
            LocalDescription = Description(session.LocalDescription),
            OpenOffer = Description(session.OpenOffer),
            InviteOffer = Description(session.InviteOffer),
            QueuedAnswer = Description(session.QueuedAnswer),
            Change = session.Change is { } change ? change with { Body = Description(change.Body) ?? "" } : null,
            Forks =
            [
                .. session.Forks.Select(fork =>
                    fork with
                    {
                        LocalDescription = Description(fork.LocalDescription),
                        OpenOffer = Description(fork.OpenOffer),
                    }
                ),
            ],
            Invite = Exchange(session.Invite),
            Unacknowledged = Exchange(session.Unacknowledged),
            Provisional = Exchange(session.Provisional),
            Acks = [.. session.Acks.Select(ack => Exchange(ack)!)],
            Requests = [.. session.Requests.Select(request => Exchange(request)!)],
            Unanswered = [.. session.Unanswered.Select(request => Exchange(request)!)],
        };

    private static string? Description(string? text)
    {
        if (text is null)
        {
            return null;
        }
        var bytes = Encoding.UTF8.GetBytes(text);
        SipSecrets.Mask(bytes);
        return Encoding.UTF8.GetString(bytes) == text ? text : null;
    }

    private static SipOpenExchange? Exchange(SipOpenExchange? open) =>
        open is null ? null : open with { Request = Message(open.Request), Response = Message(open.Response) };

    private static string? Message(string? base64)
    {
        if (base64 is null)
        {
            return null;
        }
        var bytes = Convert.FromBase64String(base64);
        SipSecrets.Mask(bytes);
        return Convert.ToBase64String(bytes);
    }
}

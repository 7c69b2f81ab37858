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
    public static CallLegState Of(SipSessionState session, SipPath? path) => new(WithoutSecrets(session), path);

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

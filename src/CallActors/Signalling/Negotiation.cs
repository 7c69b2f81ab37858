using System.Net;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Sdp;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Signalling;

/// <summary>What became of an offer: an agreement and the SDP to send, or the status that refuses it and why.</summary>
public sealed record NegotiationResult(NegotiatedMedia? Media, string? Sdp, int RefusalStatus, string? Cause)
{
    public bool Accepted => RefusalStatus == 0;
}

/// <summary>
/// Offer/answer of one call (RFC 3264) over its media session: the first offer, re-offers, and our own offer when the
/// INVITE brought none. A re-offer that is refused leaves the agreement as it was. Sans-IO.
/// </summary>
public sealed class Negotiation(MediaCapabilities capabilities, MediaSession session, IPAddress peer, long sessionId)
{
    private long _version;
    private SessionDescription? _offered;

    /// <summary>The agreement in force; null before the first.</summary>
    public NegotiatedMedia? Current { get; private set; }

    /// <summary>Our offer lies in a 2xx and the answer must come in its ACK.</summary>
    public bool AnswerIsDue => _offered is not null;

    /// <summary>Answers the offer of an INVITE, or makes ours when it brought none.</summary>
    public NegotiationResult OnInvite(SipRequest invite)
    {
        if (invite.Body.IsEmpty)
        {
            return Offer();
        }
        if (invite.ContentType is not ("application/sdp" or null))
        {
            return Refused(SipStatus.UnsupportedMediaType, $"cannot read {invite.ContentType}");
        }
        if (!SessionDescription.TryParse(invite.Body.Span, out var offer, out var error))
        {
            return Refused(SipStatus.BadRequest, $"SDP: {error}");
        }
        var result = OfferAnswer.Answer(offer, capabilities, Local());
        if (!result.Accepted)
        {
            return Refused(SipStatus.NotAcceptableHere, $"SDP: {result.Refusal}");
        }
        _version++;
        _offered = null;
        Current = result.Media;
        return new NegotiationResult(result.Media, result.Description!.ToString(), 0, null);
    }

    /// <summary>Takes the answer to our offer out of an ACK.</summary>
    public NegotiationResult OnAck(SipRequest ack)
    {
        var offered = _offered!;
        _offered = null;
        if (!SessionDescription.TryParse(ack.Body.Span, out var answer, out var error))
        {
            return Refused(SipStatus.BadRequest, $"SDP in ACK: {error}");
        }
        var result = OfferAnswer.AcceptAnswer(offered, answer, capabilities);
        if (!result.Accepted)
        {
            return Refused(SipStatus.NotAcceptableHere, $"SDP in ACK: {result.Refusal}");
        }
        Current = result.Media;
        return new NegotiationResult(result.Media, null, 0, null);
    }

    private NegotiationResult Offer()
    {
        _offered = OfferAnswer.Offer(capabilities, Local(), Current);
        _version++;
        return new NegotiationResult(null, _offered.ToString(), 0, null);
    }

    private LocalMedia Local() => new(session.AdvertisedAddress(peer), session.LocalPort, sessionId, _version + 1);

    private static NegotiationResult Refused(int status, string cause) => new(null, null, status, cause);
}

using System.Net;
using System.Text;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Sdp;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Signalling;

/// <summary>What became of an offer or answer: an agreement, and the SDP to send if one is due; or the status that refuses it and why.</summary>
public sealed record NegotiationResult(NegotiatedMedia? Media, byte[]? Sdp, int RefusalStatus, string? Cause)
{
    public bool Accepted => RefusalStatus == 0;
}

/// <summary>
/// Offer/answer of one leg (RFC 3264) over the call's media session: either side's offers, hold, and what is refused,
/// which leaves the agreement as it was. Sans-IO.
/// </summary>
/// <param name="peer">Where the peer is, for the address we name; null: our main one.</param>
/// <param name="sessionId">sess-id of our o= line, constant for the life of the dialog (RFC 4566 §5.2).</param>
/// <param name="firstOffer">The way to the peer, where it is known; null: the gateway cuts the first offer to it.</param>
/// <param name="secrets">Keys and credentials of this leg; null: plain RTP only.</param>
public sealed class Negotiation(
    MediaCapabilities capabilities,
    MediaSession session,
    IPAddress? peer,
    long sessionId,
    LocalSecrets? secrets = null,
    OfferKind? firstOffer = null
)
{
    // The peer knows the description of a process that died only by what its journal holds, which may miss the last few.
    private const long RestoreGap = 8;

    private MediaCapabilities _capabilities = capabilities;
    private long _version;
    private SessionDescription? _offered;

    // Our description in force: a refresh offers it again (RFC 4028 §7.4), and is answered.
    private SessionDescription? _inForce;

    /// <summary>The agreement in force; null before the first.</summary>
    public NegotiatedMedia? Current { get; private set; }

    /// <summary>We keep the peer on hold: our descriptions say sendonly (RFC 3264 §8.4).</summary>
    public bool Holding { get; set; }

    /// <summary>Version of our last description.</summary>
    public long Version => _version;

    /// <summary>Goes on from what another process agreed on; to be called before anything else.</summary>
    /// <param name="version">The last that is known of.</param>
    public void TakeUp(NegotiatedMedia agreed, long version, bool holding)
    {
        Current = agreed;
        Holding = holding;
        _version = Math.Max(version, agreed.SessionVersion) + RestoreGap;
    }

    /// <summary>
    /// An offer that changes nothing but where our media is, and its keys: whoever is on hold stays so.
    /// </summary>
    /// <param name="codecInUseOnly">For a peer that refuses to hear of any other.</param>
    public byte[] OfferAgain(bool codecInUseOnly)
    {
        var current = Current!;
        var capabilities = codecInUseOnly ? _capabilities with { Codecs = [current.Codec] } : _capabilities;
        _offered = OfferAnswer.Offer(capabilities, Local(++_version) with { Direction = current.Direction }, current);
        return Encoding.UTF8.GetBytes(_offered.ToString());
    }

    /// <summary>An offer of ours waits for its answer.</summary>
    public bool AnswerIsDue => _offered is not null;

    /// <summary>Answers an offer of the peer.</summary>
    public NegotiationResult Answer(ReadOnlySpan<byte> body)
    {
        if (!SessionDescription.TryParse(body, out var offer, out var error))
        {
            return Refused(SipStatus.BadRequest, $"SDP: {error}");
        }
        var result = OfferAnswer.Answer(offer, _capabilities, Local(_version + 1), Current);
        if (!result.Accepted)
        {
            return Refused(SipStatus.NotAcceptableHere, $"SDP: {result.Refusal}");
        }
        _version++;
        _inForce = result.Description;
        // An offer of ours that met this one (491) is sent again afterwards: it stays open.
        Current = result.Media;
        return new NegotiationResult(result.Media, Encoding.UTF8.GetBytes(result.Description!.ToString()), 0, null);
    }

    /// <summary>An offer of ours: for a call we place, a delayed offer, hold and resume.</summary>
    public byte[] Offer()
    {
        _offered = OfferAnswer.Offer(_capabilities, Local(++_version), Current);
        if (Current is null && firstOffer is { } kind)
        {
            _offered = OfferedSecurity.Only(_offered, kind);
        }
        return Encoding.UTF8.GetBytes(_offered.ToString());
    }

    /// <summary>The offer as it really left: the gateway cuts it to what the way to the peer is fit for.</summary>
    /// <param name="allowed">What that way allows, also of offers of the peer and of later ones of ours.</param>
    public void OnOfferSent(ReadOnlySpan<byte> body, MediaCapabilities allowed)
    {
        _capabilities = allowed;
        if (_offered is not null && SessionDescription.TryParse(body, out var sent, out _))
        {
            _offered = sent;
        }
    }

    /// <summary>
    /// The agreement that an unreliable 183 foretells (RFC 3261 §13.2.1): good for early media, settled only by the answer.
    /// </summary>
    public NegotiatedMedia? Foretold(ReadOnlySpan<byte> body) =>
        _offered is { } offered
        && SessionDescription.TryParse(body, out var answer, out _)
        && OfferAnswer.AcceptAnswer(offered, answer, _capabilities, secrets) is { Accepted: true } result
            ? result.Media
            : null;

    /// <summary>Takes the peer's answer to our offer.</summary>
    public NegotiationResult Accept(ReadOnlySpan<byte> body)
    {
        if ((_offered ?? _inForce) is not { } offered)
        {
            return Refused(SipStatus.BadRequest, "SDP: an answer that nothing was offered for");
        }
        _offered = null;
        if (!SessionDescription.TryParse(body, out var answer, out var error))
        {
            return Refused(SipStatus.BadRequest, $"SDP of the answer: {error}");
        }
        var result = OfferAnswer.AcceptAnswer(offered, answer, _capabilities, secrets);
        if (!result.Accepted)
        {
            return Refused(SipStatus.NotAcceptableHere, $"SDP of the answer: {result.Refusal}");
        }
        Current = result.Media;
        _inForce = offered;
        return new NegotiationResult(result.Media, null, 0, null);
    }

    /// <summary>Our offer was refused, or will never be answered: the agreement stays as it was.</summary>
    public void Withdraw() => _offered = null;

    private LocalMedia Local(long version) =>
        new(
            session.AdvertisedAddress(peer),
            session.LocalPort,
            sessionId,
            version,
            Holding ? MediaDirection.SendOnly : MediaDirection.SendRecv
        )
        {
            Secrets = secrets,
        };

    private static NegotiationResult Refused(int status, string cause) => new(null, null, status, cause);
}

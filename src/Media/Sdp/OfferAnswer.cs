using System.Globalization;
using System.Net;
using OCPlatform.Media.Codecs;

namespace OCPlatform.Media.Sdp;

/// <summary>Why offer and answer came to nothing. On an offer the caller answers 488 (RFC 3261 §21.4.26).</summary>
public enum MediaRefusal
{
    None,

    /// <summary>No m=audio line, or only ones with port 0.</summary>
    NoAudio,

    /// <summary>Audio only over a transport we do not speak (UDPTL, TCP, …).</summary>
    NoCommonTransport,
    NoCommonCodec,

    /// <summary>No c= line, or a host name where a numeric address is needed.</summary>
    NoUsableAddress,

    /// <summary>One side demands encryption that the other has not, or not with the same suites.</summary>
    NoCommonEncryption,

    /// <summary>The answer rejected the audio (port 0).</summary>
    AudioRejected,

    /// <summary>The answer does not fit the offer (RFC 3264 §6: other m-lines, a codec that was not offered).</summary>
    AnswerMismatch,
}

/// <summary>Either <see cref="Media"/> (and, for an answerer, <see cref="Description"/>), or a refusal.</summary>
public sealed record OfferAnswerResult
{
    public MediaRefusal Refusal { get; private init; }
    public NegotiatedMedia? Media { get; private init; }

    /// <summary>The answer to send; null on the offerer's side.</summary>
    public SessionDescription? Description { get; private init; }
    public bool Accepted => Refusal == MediaRefusal.None;

    internal static OfferAnswerResult Refused(MediaRefusal refusal) => new() { Refusal = refusal };

    internal static OfferAnswerResult Agreed(NegotiatedMedia media, SessionDescription? description) =>
        new() { Media = media, Description = description };
}

/// <summary>
/// Offer/answer for one audio stream (RFC 3264). The same input gives the same description; what chance decides is drawn
/// by <see cref="LocalSecrets"/>, once per leg.
/// </summary>
public static class OfferAnswer
{
    /// <summary>
    /// Answers an offer, of a new call or of a re-INVITE (then with the next <see cref="LocalMedia.SessionVersion"/> and the
    /// agreement in force). The first usable audio m-line is taken with one codec; every other m-line is rejected with
    /// port 0 (RFC 3264 §6).
    /// </summary>
    public static OfferAnswerResult Answer(
        SessionDescription offer,
        MediaCapabilities capabilities,
        LocalMedia local,
        NegotiatedMedia? current = null
    )
    {
        var refusal = MediaRefusal.NoAudio;
        for (var index = 0; index < offer.Media.Count; index++)
        {
            var audio = offer.Media[index];
            if (audio.Kind != "audio" || audio.Port == 0)
                continue;
            var reason = TryTake(offer, index, capabilities, local, current, out var media);
            if (reason == MediaRefusal.None)
                return OfferAnswerResult.Agreed(media!, AnswerDescription.Write(offer, media!, local));
            // The reason closest to success is the one worth telling.
            if (reason > refusal)
                refusal = reason;
        }

        return OfferAnswerResult.Refused(refusal);
    }

    /// <summary>
    /// Our offer: for an outgoing call, for a delayed offer in a 200, or for a re-INVITE, when <paramref name="current"/>
    /// keeps the payload types, the transport and the place of the audio among the m-lines (RFC 3264 §8).
    /// </summary>
    /// <remarks>
    /// With <see cref="LocalMedia.Secrets"/> the first offer names every way of encryption that we have, beside plain RTP;
    /// <see cref="OfferedSecurity"/> leaves in what the way to the peer is fit for.
    /// </remarks>
    public static SessionDescription Offer(
        MediaCapabilities capabilities,
        LocalMedia local,
        NegotiatedMedia? current = null
    ) => OfferDescription.Write(capabilities, local, current);

    /// <summary>Reads the peer's answer to <paramref name="offer"/>, which <see cref="Offer"/> made, as it was sent.</summary>
    /// <param name="secrets">Those that the offer was made with.</param>
    public static OfferAnswerResult AcceptAnswer(
        SessionDescription offer,
        SessionDescription answer,
        MediaCapabilities capabilities,
        LocalSecrets? secrets = null
    )
    {
        if (answer.Media.Count != offer.Media.Count)
            return OfferAnswerResult.Refused(MediaRefusal.AnswerMismatch);
        var index = 0;
        while (index < offer.Media.Count && (offer.Media[index].Kind != "audio" || offer.Media[index].Port == 0))
            index++;
        if (index == offer.Media.Count)
            return OfferAnswerResult.Refused(MediaRefusal.NoAudio);

        var ours = offer.Media[index];
        var theirs = answer.Media[index];
        if (theirs.Kind != "audio" || !RtpProfile.TryRead(ours.Protocol, out var profile) || !Fits(theirs, profile))
            return OfferAnswerResult.Refused(MediaRefusal.AnswerMismatch);
        if (theirs.Port == 0)
            return OfferAnswerResult.Refused(MediaRefusal.AudioRejected);
        if (Remote(answer, theirs) is not { } remote)
            return OfferAnswerResult.Refused(MediaRefusal.NoUsableAddress);

        var offered = ours.PayloadFormats.ToList();
        var answered = theirs.PayloadFormats.ToList();
        var codecs = capabilities.Codecs.Where(c => offered.Any(f => CodecChoice.Carries(f, c))).ToList();
        if (CodecChoice.Choose(answered, codecs, ourOrder: false) is not ({ } send, var codec))
            return OfferAnswerResult.Refused(MediaRefusal.NoCommonCodec);
        if (!SecurityChoice.TryAccept(answer, theirs, ours, profile, capabilities.Srtp, secrets, out var security))
            return OfferAnswerResult.Refused(MediaRefusal.NoCommonEncryption);
        // RFC 3264 §6.1: each side may number the dynamic types its own way.
        var receive = offered.First(f => CodecChoice.Carries(f, codec));
        var sendEvents = CodecChoice.EventsFor(answered, codec.ClockRateHz());
        var receiveEvents = sendEvents is null ? null : offered.FirstOrDefault(f => f.Is(sendEvents));
        var events = receiveEvents is not null;
        var mux = ours.RtcpMux && theirs.RtcpMux;
        var isIceOffered = SdpAttributes.Find(ours.Attributes, IceAttributes.Ufrag) is not null;
        var ice = isIceOffered ? IceAttributes.Agree(answer, theirs, secrets) : null;
        var wanted = offer.DirectionOf(ours);

        return OfferAnswerResult.Agreed(
            new NegotiatedMedia
            {
                Codec = codec,
                SendPayloadType = send.PayloadType,
                ReceivePayloadType = receive.PayloadType,
                SendTelephoneEventType = events ? sendEvents!.PayloadType : null,
                ReceiveTelephoneEventType = receiveEvents?.PayloadType,
                OtherFormats = CodecChoice.Others(
                    offered,
                    capabilities.Codecs,
                    [receive.PayloadType, receiveEvents?.PayloadType]
                ),
                TelephoneEventRateHz = receiveEvents?.ClockRateHz ?? 8000,
                SendPtimeMs = SendPtime(theirs, capabilities, codec),
                Direction = wanted & TheirDirection(answer, theirs, remote.Address, ice).Reverse(),
                RemoteAddress = remote.Address.ToString(),
                RemotePort = theirs.Port,
                RemoteRtcpPort = RtcpPort(theirs, mux),
                RtcpMux = mux,
                ExtendedReports = theirs.VoipMetrics,
                Protocol = ours.Protocol,
                Mid = SdpAttributes.Find(ours.Attributes, "mid")?.Value,
                Bundled = SdpAttributes.Find(offer.Attributes, "group") is not null,
                Security = security,
                Ice = ice,
                LocalAddress = offer.AddressOf(ours)!,
                LocalPort = ours.Port,
                SessionId = long.Parse(offer.Origin.SessionId, CultureInfo.InvariantCulture),
                SessionVersion = long.Parse(offer.Origin.SessionVersion, CultureInfo.InvariantCulture),
                MediaIndex = index,
                MediaCount = offer.Media.Count,
            },
            null
        );
    }

    private static MediaRefusal TryTake(
        SessionDescription offer,
        int index,
        MediaCapabilities capabilities,
        LocalMedia local,
        NegotiatedMedia? current,
        out NegotiatedMedia? media
    )
    {
        media = null;
        var audio = offer.Media[index];
        if (!RtpProfile.TryRead(audio.Protocol, out var profile))
            return MediaRefusal.NoCommonTransport;
        var offered = audio.PayloadFormats.ToList();
        if (
            CodecChoice.Choose(offered, capabilities.Codecs, capabilities.PreferOurOrder) is not ({ } format, var codec)
        )
            return MediaRefusal.NoCommonCodec;
        if (Remote(offer, audio) is not { } remote)
            return MediaRefusal.NoUsableAddress;
        if (
            !SecurityChoice.TryAnswer(
                offer,
                audio,
                profile,
                capabilities.Srtp,
                local.Secrets,
                current,
                out var security
            )
        )
            return MediaRefusal.NoCommonEncryption;

        var events = capabilities.TelephoneEvent ? CodecChoice.EventsFor(offered, codec.ClockRateHz()) : null;
        var mux = audio.RtcpMux && capabilities.RtcpMux;
        var ice = IceAttributes.Agree(offer, audio, local.Secrets);
        var mid = SdpAttributes.Find(audio.Attributes, "mid")?.Value;
        media = new NegotiatedMedia
        {
            Codec = codec,
            // The answerer uses the offer's numbers both ways (RFC 3264 §6.1: SHOULD).
            SendPayloadType = format.PayloadType,
            ReceivePayloadType = format.PayloadType,
            SendTelephoneEventType = events?.PayloadType,
            ReceiveTelephoneEventType = events?.PayloadType,
            TelephoneEventRateHz = events?.ClockRateHz ?? 8000,
            SendPtimeMs = SendPtime(audio, capabilities, codec),
            Direction = TheirDirection(offer, audio, remote.Address, ice).Reverse() & local.Direction,
            RemoteAddress = remote.Address.ToString(),
            RemotePort = audio.Port,
            RemoteRtcpPort = RtcpPort(audio, mux),
            RtcpMux = mux,
            ExtendedReports = audio.VoipMetrics,
            Protocol = audio.Protocol,
            Mid = mid,
            Bundled = mid is not null && IsHeadOfBundle(offer, mid),
            Security = security,
            Ice = ice,
            LocalAddress = local.Address,
            LocalPort = local.Port,
            SessionId = local.SessionId,
            SessionVersion = local.SessionVersion,
            MediaIndex = index,
            MediaCount = offer.Media.Count,
        };
        return MediaRefusal.None;
    }

    /// <summary>The answer's transport is the offer's; feedback alone makes no difference to us.</summary>
    private static bool Fits(MediaDescription theirs, RtpProfile profile) =>
        RtpProfile.TryRead(theirs.Protocol, out var answered)
        && answered with { Feedback = profile.Feedback } == profile;

    private static bool IsHeadOfBundle(SessionDescription offer, string mid) =>
        SdpAttributes.Find(offer.Attributes, "group")?.Value?.Split(' ') is ["BUNDLE", .. var mids]
        && mids.Contains(mid);

    private static (IPAddress Address, int Port)? Remote(SessionDescription description, MediaDescription media) =>
        IPAddress.TryParse(description.AddressOf(media), out var address) ? (address, media.Port) : null;

    /// <summary>
    /// What the peer does with media, from its own side. c=0.0.0.0 is RFC 2543's hold: the peer does not receive
    /// (RFC 3264 §8.4); with ICE it says that the candidates tell.
    /// </summary>
    private static MediaDirection TheirDirection(
        SessionDescription description,
        MediaDescription media,
        IPAddress address,
        IceCredentials? ice
    )
    {
        var direction = description.DirectionOf(media);
        return ice is null && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            ? direction & MediaDirection.SendOnly
            : direction;
    }

    /// <summary>a=ptime is what the peer wants to get (RFC 4566 §6); a=maxptime is the most it can take.</summary>
    private static int SendPtime(MediaDescription theirs, MediaCapabilities capabilities, AudioCodec codec)
    {
        var wanted = theirs.PtimeMs ?? capabilities.PtimeMs;
        if (theirs.MaxPtimeMs is { } most)
            wanted = Math.Min(wanted, most);
        return CodecChoice.Ptime(codec, wanted);
    }

    private static int RtcpPort(MediaDescription theirs, bool mux) =>
        mux ? theirs.Port : theirs.RtcpPort ?? Math.Min(theirs.Port + 1, 65535);
}

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

    /// <summary>Audio only over a transport we do not speak (SRTP, UDPTL, …).</summary>
    NoCommonTransport,
    NoCommonCodec,

    /// <summary>No c= line, or a host name where a numeric address is needed.</summary>
    NoUsableAddress,

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
/// Offer/answer for one audio stream (RFC 3264). Pure functions: the same input gives the same description.
/// </summary>
public static class OfferAnswer
{
    internal const string Transport = "RTP/AVP";
    internal const string TelephoneEvent = "telephone-event";
    internal const int OfferedTelephoneEventType = 101;

    /// <summary>
    /// Answers an offer, of a new call or of a re-INVITE (then with the next <see cref="LocalMedia.SessionVersion"/>).
    /// The first usable audio m-line is taken with one codec; every other m-line is rejected with port 0 (RFC 3264 §6).
    /// </summary>
    public static OfferAnswerResult Answer(SessionDescription offer, MediaCapabilities capabilities, LocalMedia local)
    {
        var refusal = MediaRefusal.NoAudio;
        for (var index = 0; index < offer.Media.Count; index++)
        {
            var audio = offer.Media[index];
            if (audio.Kind != "audio" || audio.Port == 0)
                continue;
            var reason = TryTake(offer, index, capabilities, local, out var media);
            if (reason == MediaRefusal.None)
                return OfferAnswerResult.Agreed(media!, AnswerDescription.Write(offer, media!));
            // The reason closest to success is the one worth telling.
            if (reason > refusal)
                refusal = reason;
        }

        return OfferAnswerResult.Refused(refusal);
    }

    /// <summary>
    /// Our offer: for an outgoing call, for a delayed offer in a 200, or for a re-INVITE, when <paramref name="current"/>
    /// keeps the payload types and the place of the audio among the m-lines (RFC 3264 §8).
    /// </summary>
    public static SessionDescription Offer(
        MediaCapabilities capabilities,
        LocalMedia local,
        NegotiatedMedia? current = null
    ) => OfferDescription.Write(capabilities, local, current);

    /// <summary>Reads the peer's answer to <paramref name="offer"/>, which <see cref="Offer"/> made.</summary>
    public static OfferAnswerResult AcceptAnswer(
        SessionDescription offer,
        SessionDescription answer,
        MediaCapabilities capabilities
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
        if (theirs.Kind != "audio" || theirs.Protocol != ours.Protocol)
            return OfferAnswerResult.Refused(MediaRefusal.AnswerMismatch);
        if (theirs.Port == 0)
            return OfferAnswerResult.Refused(MediaRefusal.AudioRejected);
        if (Remote(answer, theirs) is not { } remote)
            return OfferAnswerResult.Refused(MediaRefusal.NoUsableAddress);

        var offered = ours.PayloadFormats.ToList();
        if (
            FirstCommon(theirs, [.. capabilities.Codecs.Where(c => offered.Any(f => Carries(f, c)))])
            is not
            ({ } send, { } codec)
        )
            return OfferAnswerResult.Refused(MediaRefusal.NoCommonCodec);
        // RFC 3264 §6.1: each side may number the dynamic types its own way.
        var receive = offered.First(f => Carries(f, codec));
        var sendEvents = theirs.PayloadFormats.FirstOrDefault(IsTelephoneEvent);
        var receiveEvents = offered.FirstOrDefault(IsTelephoneEvent);
        var events = sendEvents is not null && receiveEvents is not null;
        var wanted = offer.DirectionOf(ours);

        return OfferAnswerResult.Agreed(
            new NegotiatedMedia
            {
                Codec = codec,
                SendPayloadType = send.PayloadType,
                ReceivePayloadType = receive.PayloadType,
                SendTelephoneEventType = events ? sendEvents!.PayloadType : null,
                ReceiveTelephoneEventType = events ? receiveEvents!.PayloadType : null,
                SendPtimeMs = SendPtime(theirs, capabilities),
                Direction = wanted & TheirDirection(answer, theirs, remote.Address).Reverse(),
                RemoteAddress = remote.Address.ToString(),
                RemotePort = theirs.Port,
                RemoteRtcpPort = RtcpPort(theirs, ours.RtcpMux && theirs.RtcpMux),
                RtcpMux = ours.RtcpMux && theirs.RtcpMux,
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
        out NegotiatedMedia? media
    )
    {
        media = null;
        var audio = offer.Media[index];
        if (audio.Protocol != Transport)
            return MediaRefusal.NoCommonTransport;
        if (
            (
                capabilities.PreferOurOrder
                    ? FirstOfOurs(audio, capabilities.Codecs)
                    : FirstCommon(audio, capabilities.Codecs)
            )
            is not
            ({ } format, { } codec)
        )
            return MediaRefusal.NoCommonCodec;
        if (Remote(offer, audio) is not { } remote)
            return MediaRefusal.NoUsableAddress;

        var events = capabilities.TelephoneEvent ? audio.PayloadFormats.FirstOrDefault(IsTelephoneEvent) : null;
        var mux = audio.RtcpMux && capabilities.RtcpMux;
        media = new NegotiatedMedia
        {
            Codec = codec,
            // The answerer uses the offer's numbers both ways (RFC 3264 §6.1: SHOULD).
            SendPayloadType = format.PayloadType,
            ReceivePayloadType = format.PayloadType,
            SendTelephoneEventType = events?.PayloadType,
            ReceiveTelephoneEventType = events?.PayloadType,
            SendPtimeMs = SendPtime(audio, capabilities),
            Direction = TheirDirection(offer, audio, remote.Address).Reverse() & local.Direction,
            RemoteAddress = remote.Address.ToString(),
            RemotePort = audio.Port,
            RemoteRtcpPort = RtcpPort(audio, mux),
            RtcpMux = mux,
            LocalAddress = local.Address,
            LocalPort = local.Port,
            SessionId = local.SessionId,
            SessionVersion = local.SessionVersion,
            MediaIndex = index,
            MediaCount = offer.Media.Count,
        };
        return MediaRefusal.None;
    }

    internal static bool Carries(PayloadFormat format, AudioCodec codec) => format.Is(codec.EncodingName(), 8000);

    internal static bool IsTelephoneEvent(PayloadFormat format) => format.Is(TelephoneEvent, 8000);

    private static (PayloadFormat? Format, AudioCodec? Codec) FirstCommon(
        MediaDescription audio,
        IReadOnlyList<AudioCodec> codecs
    )
    {
        foreach (var format in audio.PayloadFormats)
        {
            foreach (var codec in codecs)
            {
                if (Carries(format, codec))
                    return (format, codec);
            }
        }

        return (null, null);
    }

    private static (PayloadFormat? Format, AudioCodec? Codec) FirstOfOurs(
        MediaDescription audio,
        IReadOnlyList<AudioCodec> codecs
    )
    {
        foreach (var codec in codecs)
        {
            if (audio.PayloadFormats.FirstOrDefault(f => Carries(f, codec)) is { } format)
                return (format, codec);
        }

        return (null, null);
    }

    private static (IPAddress Address, int Port)? Remote(SessionDescription description, MediaDescription media) =>
        IPAddress.TryParse(description.AddressOf(media), out var address) ? (address, media.Port) : null;

    /// <summary>
    /// What the peer does with media, from its own side. c=0.0.0.0 is RFC 2543's hold: the peer does not receive
    /// (RFC 3264 §8.4).
    /// </summary>
    private static MediaDirection TheirDirection(
        SessionDescription description,
        MediaDescription media,
        IPAddress address
    )
    {
        var direction = description.DirectionOf(media);
        return address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)
            ? direction & MediaDirection.SendOnly
            : direction;
    }

    /// <summary>a=ptime is what the peer wants to get (RFC 4566 §6); a=maxptime is the most it can take.</summary>
    private static int SendPtime(MediaDescription theirs, MediaCapabilities capabilities)
    {
        var wanted = theirs.PtimeMs ?? capabilities.PtimeMs;
        if (theirs.MaxPtimeMs is { } most)
            wanted = Math.Min(wanted, most);
        return Math.Clamp(wanted / 10 * 10, 10, 60);
    }

    private static int RtcpPort(MediaDescription theirs, bool mux) =>
        mux ? theirs.Port : theirs.RtcpPort ?? Math.Min(theirs.Port + 1, 65535);
}

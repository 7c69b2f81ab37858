using System.Globalization;
using OCPlatform.Media.Codecs;

namespace OCPlatform.Media.Sdp;

/// <summary>Writes our offers.</summary>
internal static class OfferDescription
{
    public static SessionDescription Write(MediaCapabilities capabilities, LocalMedia local, NegotiatedMedia? current)
    {
        var formats = new List<string>();
        var attributes = new List<SdpAttribute>();
        // A codec in use comes first and keeps its number (RFC 3264 §8.3.2).
        var codecs = current is null
            ? capabilities.Codecs
            : [current.Codec, .. capabilities.Codecs.Where(c => c != current.Codec)];
        foreach (var codec in codecs)
        {
            var type = current?.Codec == codec ? current.ReceivePayloadType : codec.StaticPayloadType()!.Value;
            LocalDescription.AddCodec(formats, attributes, type, codec);
        }

        if (capabilities.TelephoneEvent)
        {
            var type = current?.ReceiveTelephoneEventType ?? OfferAnswer.OfferedTelephoneEventType;
            LocalDescription.AddTelephoneEvent(formats, attributes, type);
        }

        LocalDescription.AddCommon(attributes, capabilities.PtimeMs, local.Direction, capabilities.RtcpMux);
        var audio = new MediaDescription
        {
            Kind = "audio",
            Port = local.Port,
            Protocol = OfferAnswer.Transport,
            Formats = formats,
            Attributes = attributes,
        };

        var media = new List<MediaDescription>();
        var count = current?.MediaCount ?? 1;
        for (var index = 0; index < count; index++)
            media.Add(index == (current?.MediaIndex ?? 0) ? audio : LocalDescription.Disabled());
        return LocalDescription.Session(local.Address, local.SessionId, local.SessionVersion, media);
    }
}

/// <summary>Writes the answer that says what was agreed.</summary>
internal static class AnswerDescription
{
    public static SessionDescription Write(SessionDescription offer, NegotiatedMedia agreed)
    {
        var media = new List<MediaDescription>(offer.Media.Count);
        for (var index = 0; index < offer.Media.Count; index++)
        {
            var offered = offer.Media[index];
            media.Add(
                index == agreed.MediaIndex
                    ? Audio(agreed)
                    : offered with
                    {
                        Port = 0,
                        ConnectionAddress = null,
                        Attributes = [],
                    }
            );
        }

        return LocalDescription.Session(agreed.LocalAddress, agreed.SessionId, agreed.SessionVersion, media);
    }

    private static MediaDescription Audio(NegotiatedMedia agreed)
    {
        var formats = new List<string>();
        var attributes = new List<SdpAttribute>();
        LocalDescription.AddCodec(formats, attributes, agreed.ReceivePayloadType, agreed.Codec);
        if (agreed.ReceiveTelephoneEventType is { } events)
            LocalDescription.AddTelephoneEvent(formats, attributes, events);
        LocalDescription.AddCommon(attributes, agreed.SendPtimeMs, agreed.Direction, agreed.RtcpMux);
        return new MediaDescription
        {
            Kind = "audio",
            Port = agreed.LocalPort,
            Protocol = OfferAnswer.Transport,
            Formats = formats,
            Attributes = attributes,
        };
    }
}

internal static class LocalDescription
{
    public static SessionDescription Session(
        string address,
        long sessionId,
        long sessionVersion,
        IReadOnlyList<MediaDescription> media
    ) =>
        new()
        {
            Origin = new SdpOrigin("-", Text(sessionId), Text(sessionVersion), address),
            ConnectionAddress = address,
            Media = media,
        };

    public static void AddCodec(List<string> formats, List<SdpAttribute> attributes, int payloadType, AudioCodec codec)
    {
        formats.Add(Text(payloadType));
        attributes.Add(new SdpAttribute("rtpmap", $"{Text(payloadType)} {codec.EncodingName()}/8000"));
    }

    public static void AddTelephoneEvent(List<string> formats, List<SdpAttribute> attributes, int payloadType)
    {
        formats.Add(Text(payloadType));
        attributes.Add(new SdpAttribute("rtpmap", $"{Text(payloadType)} {OfferAnswer.TelephoneEvent}/8000"));
        // RFC 4733 §2.4.1: the DTMF digits, *, # and A–D.
        attributes.Add(new SdpAttribute("fmtp", $"{Text(payloadType)} 0-15"));
    }

    public static void AddCommon(List<SdpAttribute> attributes, int ptimeMs, MediaDirection direction, bool rtcpMux)
    {
        attributes.Add(new SdpAttribute("ptime", Text(ptimeMs)));
        if (rtcpMux)
            attributes.Add(new SdpAttribute("rtcp-mux"));
        attributes.Add(new SdpAttribute(direction.AttributeName()));
    }

    /// <summary>A stream of the peer's that we never took: its place must stay (RFC 3264 §8).</summary>
    public static MediaDescription Disabled() =>
        new()
        {
            Kind = "audio",
            Port = 0,
            Protocol = OfferAnswer.Transport,
            Formats = ["0"],
        };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}

using System.Globalization;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Srtp;

namespace OCPlatform.Media.Sdp;

/// <summary>The lines that our offers and answers are made of.</summary>
internal static class LocalDescription
{
    public static SessionDescription Session(
        LocalMedia local,
        IReadOnlyList<SdpAttribute> attributes,
        IReadOnlyList<MediaDescription> media
    ) =>
        new()
        {
            Origin = new SdpOrigin("-", Text(local.SessionId), Text(local.SessionVersion), local.Address),
            ConnectionAddress = local.Address,
            Attributes = attributes,
            Media = media,
        };

    public static void AddCodec(List<string> formats, List<SdpAttribute> attributes, int payloadType, AudioCodec codec)
    {
        formats.Add(Text(payloadType));
        var channels = codec.SdpChannels() > 1 ? $"/{Text(codec.SdpChannels())}" : "";
        attributes.Add(
            new SdpAttribute(
                "rtpmap",
                $"{Text(payloadType)} {codec.EncodingName()}/{Text(codec.ClockRateHz())}{channels}"
            )
        );
        if (CodecChoice.ParametersOf(codec) is { } parameters)
            attributes.Add(new SdpAttribute("fmtp", $"{Text(payloadType)} {parameters}"));
    }

    public static void AddTelephoneEvent(
        List<string> formats,
        List<SdpAttribute> attributes,
        int payloadType,
        int clockRateHz
    )
    {
        formats.Add(Text(payloadType));
        attributes.Add(
            new SdpAttribute("rtpmap", $"{Text(payloadType)} {CodecChoice.TelephoneEvent}/{Text(clockRateHz)}")
        );
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

    public static void AddExtendedReports(List<SdpAttribute> attributes) =>
        attributes.Add(new SdpAttribute("rtcp-xr", "voip-metrics"));

    public static void AddCrypto(List<SdpAttribute> attributes, int tag, SrtpKeys keys) =>
        attributes.Add(new SdpAttribute("crypto", SdesCrypto.Write(tag, keys)));

    public static void AddDtls(List<SdpAttribute> attributes, DtlsFingerprint fingerprint, string setup)
    {
        attributes.Add(new SdpAttribute(DtlsAttributes.SetupName, setup));
        attributes.Add(new SdpAttribute(DtlsAttributes.FingerprintName, fingerprint.ToString()));
    }

    /// <summary>A stream of the peer's that we never took: its place must stay (RFC 3264 §8).</summary>
    public static MediaDescription Disabled() =>
        new()
        {
            Kind = "audio",
            Port = 0,
            Protocol = RtpProfile.Plain.ToString(),
            Formats = ["0"],
        };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}

using OCPlatform.Media.Codecs;

namespace OCPlatform.Media.Sdp;

/// <summary>Writes our offers.</summary>
internal static class OfferDescription
{
    /// <summary>Our only m-line, where we choose.</summary>
    private const string FirstMid = "0";

    public static SessionDescription Write(MediaCapabilities capabilities, LocalMedia local, NegotiatedMedia? current)
    {
        var formats = new List<string>();
        var attributes = new List<SdpAttribute>();
        // A codec in use comes first and keeps its number (RFC 3264 §8.3.2).
        var codecs = current is null
            ? capabilities.Codecs
            : [current.Codec, .. capabilities.Codecs.Where(c => c != current.Codec)];
        var numbers = new PayloadNumbers(current);
        foreach (var codec in codecs)
            LocalDescription.AddCodec(formats, attributes, numbers.For(codec), codec);
        if (capabilities.TelephoneEvent)
            AddEvents(formats, attributes, codecs, numbers);
        LocalDescription.AddCommon(attributes, capabilities.PtimeMs, local.Direction, capabilities.RtcpMux);
        LocalDescription.AddExtendedReports(attributes);
        var mid = current is null ? FirstMid : current.Mid;
        if (local.Secrets is { } secrets)
            AddSecurity(attributes, local, secrets, current);
        var audio = new MediaDescription
        {
            Kind = "audio",
            Port = local.Port,
            Protocol = current?.Protocol ?? RtpProfile.Plain.ToString(),
            Formats = formats,
            Attributes = attributes,
        };

        var media = new List<MediaDescription>();
        var count = current?.MediaCount ?? 1;
        for (var index = 0; index < count; index++)
            media.Add(index == (current?.MediaIndex ?? 0) ? audio : LocalDescription.Disabled());
        var session = new List<SdpAttribute>();
        if (local.Secrets is not null && (current is null || current.Ice is not null))
            session.Add(new SdpAttribute(IceAttributes.Lite));
        if (mid is not null && local.Secrets is not null)
        {
            attributes.Add(new SdpAttribute("mid", mid));
            if (current?.Bundled != false)
                session.Add(new SdpAttribute("group", $"BUNDLE {mid}"));
        }

        return LocalDescription.Session(local, session, media);
    }

    /// <summary>One telephone-event for each clock rate among the codecs (RFC 4733 §2.5.1.2).</summary>
    private static void AddEvents(
        List<string> formats,
        List<SdpAttribute> attributes,
        IReadOnlyList<AudioCodec> codecs,
        PayloadNumbers numbers
    )
    {
        // 8 kHz first: it is what phones look for.
        foreach (var rateHz in codecs.Select(c => c.ClockRateHz()).Append(8000).Distinct().Order())
            LocalDescription.AddTelephoneEvent(formats, attributes, numbers.ForEvents(rateHz), rateHz);
    }

    private static void AddSecurity(
        List<SdpAttribute> attributes,
        LocalMedia local,
        LocalSecrets secrets,
        NegotiatedMedia? current
    )
    {
        var isFirst = current is null;
        if (isFirst || current!.Security is { Agreement: KeyAgreement.Sdes })
        {
            // The suite in use keeps its tag and comes first.
            var tag = 0;
            var suites = LocalSecrets.OfferedSuites.AsEnumerable();
            if (current?.Security?.SendKeys is { Suite: var used })
            {
                LocalDescription.AddCrypto(attributes, current.Security.CryptoTag, secrets.KeysFor(used));
                tag = current.Security.CryptoTag;
                suites = suites.Where(s => s != used);
            }
            foreach (var suite in suites)
                LocalDescription.AddCrypto(attributes, ++tag, secrets.KeysFor(suite));
        }

        if (secrets.Fingerprint is not null && (isFirst || current!.Security is { Agreement: KeyAgreement.Dtls }))
            LocalDescription.AddDtls(attributes, secrets.Fingerprint, "actpass");
        if (isFirst || current!.Ice is not null)
            attributes.AddRange(
                IceAttributes.Describe(secrets.IceUfrag, secrets.IcePassword, local.Address, local.Port, components: 2)
            );
    }
}

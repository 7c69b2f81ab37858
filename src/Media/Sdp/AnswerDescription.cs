namespace OCPlatform.Media.Sdp;

/// <summary>Writes the answer that says what was agreed.</summary>
internal static class AnswerDescription
{
    public static SessionDescription Write(SessionDescription offer, NegotiatedMedia agreed, LocalMedia local)
    {
        var media = new List<MediaDescription>(offer.Media.Count);
        for (var index = 0; index < offer.Media.Count; index++)
            media.Add(index == agreed.MediaIndex ? Audio(agreed, local) : Rejected(offer.Media[index]));
        var session = new List<SdpAttribute>();
        if (agreed.Ice is not null)
            session.Add(new SdpAttribute(IceAttributes.Lite));
        if (agreed.Bundled)
            session.Add(new SdpAttribute("group", $"BUNDLE {agreed.Mid}"));
        return LocalDescription.Session(local, session, media);
    }

    private static MediaDescription Audio(NegotiatedMedia agreed, LocalMedia local)
    {
        var formats = new List<string>();
        var attributes = new List<SdpAttribute>();
        LocalDescription.AddCodec(formats, attributes, agreed.ReceivePayloadType, agreed.Codec);
        if (agreed.ReceiveTelephoneEventType is { } events)
            LocalDescription.AddTelephoneEvent(formats, attributes, events, agreed.TelephoneEventRateHz);
        LocalDescription.AddCommon(attributes, agreed.SendPtimeMs, agreed.Direction, agreed.RtcpMux);
        if (agreed.ExtendedReports)
            LocalDescription.AddExtendedReports(attributes);
        if (agreed.Mid is { } mid)
            attributes.Add(new SdpAttribute("mid", mid));
        if (agreed.Security is { Agreement: KeyAgreement.Sdes, SendKeys: { } keys } sdes)
            LocalDescription.AddCrypto(attributes, sdes.CryptoTag, keys);
        if (agreed.Security is { Agreement: KeyAgreement.Dtls } dtls)
            LocalDescription.AddDtls(
                attributes,
                local.Secrets!.Fingerprint!,
                dtls.Role == DtlsRole.Server ? "passive" : "active"
            );
        if (agreed.Ice is { } ice)
            attributes.AddRange(
                IceAttributes.Describe(
                    ice.LocalUfrag,
                    ice.LocalPassword,
                    agreed.LocalAddress,
                    agreed.LocalPort,
                    agreed.RtcpMux ? 1 : 2
                )
            );
        return new MediaDescription
        {
            Kind = "audio",
            Port = agreed.LocalPort,
            Protocol = agreed.Protocol,
            Formats = formats,
            Attributes = attributes,
        };
    }

    /// <summary>Its place stays; a mid stays too, or the group could not be read (RFC 9143 §7.3.3).</summary>
    private static MediaDescription Rejected(MediaDescription offered) =>
        offered with
        {
            Port = 0,
            ConnectionAddress = null,
            Attributes = [.. offered.Attributes.Where(a => a.Name == "mid")],
        };
}

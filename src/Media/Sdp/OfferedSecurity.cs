namespace OCPlatform.Media.Sdp;

/// <summary>What the way to a peer is fit for, when we call it.</summary>
public enum OfferKind
{
    /// <summary>RTP/AVP without keys.</summary>
    Plain,

    /// <summary>RTP/AVP with a=crypto beside it: encrypted if the peer can (RFC 8643). For encrypted signalling only.</summary>
    Opportunistic,

    /// <summary>RTP/SAVP with a=crypto.</summary>
    Sdes,

    /// <summary>UDP/TLS/RTP/SAVPF with DTLS and ICE, as browsers demand (RFC 8834).</summary>
    Browser,
}

/// <summary>
/// Leaves in a first offer of ours, which names all that we have, what fits the way that it goes. The call writes the
/// offer before that way is known.
/// </summary>
public static class OfferedSecurity
{
    /// <param name="policy">Of the trunk.</param>
    /// <param name="signalling">
    /// The Via transport that the offer goes by: keys in a description are told to whoever can read it (RFC 4568 §7), and who
    /// is connected by a WebSocket is a browser.
    /// </param>
    public static OfferKind KindFor(SrtpPolicy policy, string signalling) =>
        (policy, signalling) switch
        {
            (SrtpPolicy.Never, _) => OfferKind.Plain,
            (_, "WS" or "WSS") => OfferKind.Browser,
            (SrtpPolicy.Required, _) => OfferKind.Sdes,
            (_, "TLS") => OfferKind.Opportunistic,
            _ => OfferKind.Plain,
        };

    public static SessionDescription Only(SessionDescription offer, OfferKind kind)
    {
        bool Stays(SdpAttribute attribute) =>
            attribute.Name switch
            {
                "crypto" => kind is OfferKind.Opportunistic or OfferKind.Sdes,
                DtlsAttributes.FingerprintName or DtlsAttributes.SetupName => kind == OfferKind.Browser,
                IceAttributes.Lite or IceAttributes.Ufrag or IceAttributes.Password or IceAttributes.Candidate => kind
                    == OfferKind.Browser,
                "end-of-candidates" or "mid" or "group" => kind == OfferKind.Browser,
                _ => true,
            };

        var profile = kind switch
        {
            OfferKind.Sdes => RtpProfile.Plain with { Secure = true },
            OfferKind.Browser => RtpProfile.Browser,
            _ => RtpProfile.Plain,
        };
        return offer with
        {
            Attributes = [.. offer.Attributes.Where(Stays)],
            Media =
            [
                .. offer.Media.Select(media =>
                    media with
                    {
                        Protocol = media.Kind == "audio" ? profile.ToString() : media.Protocol,
                        Attributes = [.. media.Attributes.Where(Stays)],
                    }
                ),
            ],
        };
    }
}

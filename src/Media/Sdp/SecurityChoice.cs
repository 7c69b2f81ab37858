using OCPlatform.Media.Srtp;

namespace OCPlatform.Media.Sdp;

/// <summary>How one audio line's media is encrypted: what an offer allows, and what an answer settled.</summary>
internal static class SecurityChoice
{
    /// <summary>
    /// For an offer. Keys may stand beside plain RTP as well: then encryption is welcome, not demanded (RFC 8643).
    /// </summary>
    /// <param name="current">The agreement in force, whose side of the DTLS handshake stays (RFC 8842 §5.3).</param>
    /// <param name="security">Null for plain RTP.</param>
    /// <returns>False when one side demands what the other has not.</returns>
    public static bool TryAnswer(
        SessionDescription offer,
        MediaDescription audio,
        RtpProfile profile,
        SrtpPolicy policy,
        LocalSecrets? secrets,
        NegotiatedMedia? current,
        out MediaSecurity? security
    )
    {
        security = null;
        if (policy != SrtpPolicy.Never && secrets is not null)
            security = FromFingerprint(offer, audio, secrets, current) ?? FromCrypto(audio, profile, secrets);
        return security is not null || !profile.Secure && policy != SrtpPolicy.Required;
    }

    /// <summary>For the answer to an offer of ours.</summary>
    /// <param name="ours">The offered line, with the keys that we named.</param>
    public static bool TryAccept(
        SessionDescription answer,
        MediaDescription theirs,
        MediaDescription ours,
        RtpProfile profile,
        SrtpPolicy policy,
        LocalSecrets? secrets,
        out MediaSecurity? security
    )
    {
        security = null;
        if (secrets is not null)
        {
            security = FromFingerprintAnswer(answer, theirs, ours, secrets) ?? FromCryptoAnswer(theirs, ours, secrets);
        }
        return security is not null || !profile.Secure && policy != SrtpPolicy.Required;
    }

    private static MediaSecurity? FromFingerprint(
        SessionDescription offer,
        MediaDescription audio,
        LocalSecrets secrets,
        NegotiatedMedia? current
    )
    {
        if (secrets.Fingerprint is null || DtlsAttributes.Fingerprints(offer, audio) is not { Count: > 0 } fingerprints)
            return null;
        DtlsRole? role = DtlsAttributes.Setup(offer, audio) switch
        {
            "active" => DtlsRole.Server,
            "passive" => DtlsRole.Client,
            "actpass" => current?.Security is { Agreement: KeyAgreement.Dtls } kept ? kept.Role : DtlsRole.Server,
            _ => null,
        };
        return role is not { } ours ? null : Dtls(ours, fingerprints);
    }

    private static MediaSecurity? FromFingerprintAnswer(
        SessionDescription answer,
        MediaDescription theirs,
        MediaDescription ours,
        LocalSecrets secrets
    )
    {
        if (
            secrets.Fingerprint is null
            || SdpAttributes.Find(ours.Attributes, DtlsAttributes.FingerprintName) is null
            || DtlsAttributes.Fingerprints(answer, theirs) is not { Count: > 0 } fingerprints
        )
            return null;
        return DtlsAttributes.Setup(answer, theirs) switch
        {
            "active" => Dtls(DtlsRole.Server, fingerprints),
            "passive" => Dtls(DtlsRole.Client, fingerprints),
            _ => null,
        };
    }

    private static MediaSecurity Dtls(DtlsRole role, IReadOnlyList<DtlsFingerprint> fingerprints) =>
        new()
        {
            Agreement = KeyAgreement.Dtls,
            Role = role,
            RemoteFingerprints = fingerprints,
        };

    /// <summary>The first line that we understand: the offerer has put them in its order (RFC 4568 §5.1.1).</summary>
    private static MediaSecurity? FromCrypto(MediaDescription audio, RtpProfile profile, LocalSecrets secrets)
    {
        if (profile.OverDtls)
            return null;
        return Cryptos(audio).FirstOrDefault() is { } crypto
            ? Sdes(crypto.Tag, secrets.KeysFor(crypto.Keys.Suite), crypto.Keys)
            : null;
    }

    /// <summary>The answer repeats the tag and suite that it chose (RFC 4568 §5.1.2), with the keys of the other direction.</summary>
    private static MediaSecurity? FromCryptoAnswer(MediaDescription theirs, MediaDescription ours, LocalSecrets secrets)
    {
        if (Cryptos(theirs).FirstOrDefault() is not { } chosen)
            return null;
        var isOffered = Cryptos(ours).Any(c => c.Tag == chosen.Tag && c.Keys.Suite == chosen.Keys.Suite);
        return isOffered ? Sdes(chosen.Tag, secrets.KeysFor(chosen.Keys.Suite), chosen.Keys) : null;
    }

    private static MediaSecurity Sdes(int tag, SrtpKeys send, SrtpKeys receive) =>
        new()
        {
            Agreement = KeyAgreement.Sdes,
            CryptoTag = tag,
            SendKeys = send,
            ReceiveKeys = receive,
        };

    private static IEnumerable<SdesCrypto> Cryptos(MediaDescription media)
    {
        foreach (var attribute in media.Attributes)
        {
            if (attribute is { Name: "crypto", Value: { } value } && SdesCrypto.TryRead(value, out var crypto))
                yield return crypto;
        }
    }
}

namespace OCPlatform.Media.Srtp;

/// <summary>
/// One suite with the session keys of one direction, for RTP or for RTCP: it knows how packets are laid out and neither
/// indexes nor streams. All in place; a packet that is not opened is as it came.
/// </summary>
internal abstract class SrtpCipher : IDisposable
{
    /// <summary>The E flag and the index behind an RTCP packet (RFC 3711 §3.4).</summary>
    public const int RtcpIndexBytes = 4;

    /// <summary>What of an RTCP packet stays plain: the header and the sender's SSRC.</summary>
    public const int RtcpHeaderBytes = 8;

    protected const uint EncryptedFlag = 0x8000_0000;

    /// <summary>What a protected RTP packet has behind its payload.</summary>
    public abstract int RtpTrailerBytes { get; }

    /// <summary>What a protected RTCP packet has behind its reports: tag, E flag and index.</summary>
    public abstract int RtcpTrailerBytes { get; }

    public static SrtpCipher ForRtp(SrtpKeys keys, bool intrinsics) =>
        Create(keys, SrtpLabel.RtpEncryption, SrtpLabel.RtpAuthentication, SrtpLabel.RtpSalt, intrinsics);

    public static SrtpCipher ForRtcp(SrtpKeys keys, bool intrinsics) =>
        Create(keys, SrtpLabel.RtcpEncryption, SrtpLabel.RtcpAuthentication, SrtpLabel.RtcpSalt, intrinsics);

    /// <param name="packet">With room for the trailer.</param>
    /// <param name="headerBytes">CSRCs and extension included.</param>
    /// <param name="index">48 bits.</param>
    public abstract void SealRtp(Span<byte> packet, int headerBytes, uint ssrc, ulong index);

    public abstract bool OpenRtp(Span<byte> packet, int headerBytes, uint ssrc, ulong index);

    /// <param name="packet">With room for the trailer.</param>
    /// <param name="index">31 bits.</param>
    public abstract void SealRtcp(Span<byte> packet, uint ssrc, uint index);

    public abstract bool OpenRtcp(Span<byte> packet, uint ssrc);

    /// <summary>The index that an RTCP packet states; unproven until it is opened.</summary>
    public abstract uint RtcpIndex(ReadOnlySpan<byte> packet);

    public abstract void Dispose();

    private static SrtpCipher Create(
        SrtpKeys keys,
        SrtpLabel encryption,
        SrtpLabel authentication,
        SrtpLabel salt,
        bool intrinsics
    )
    {
        using var derivation = new SrtpKeyDerivation(keys, intrinsics);
        Span<byte> sessionKey = stackalloc byte[keys.Suite.KeyBytes()];
        Span<byte> sessionSalt = stackalloc byte[keys.Suite.SaltBytes()];
        derivation.Derive(encryption, sessionKey);
        derivation.Derive(salt, sessionSalt);
        if (keys.Suite is SrtpSuite.AeadAes256Gcm or SrtpSuite.AeadAes128Gcm)
            return new AeadCipher(AesGcmAead.Create(sessionKey, intrinsics), sessionSalt);
        Span<byte> authenticationKey = stackalloc byte[CounterModeCipher.AuthenticationKeyBytes];
        derivation.Derive(authentication, authenticationKey);
        var tagBytes = keys.Suite is SrtpSuite.AesCm256HmacSha1Tag32 or SrtpSuite.AesCm128HmacSha1Tag32 ? 4 : 10;
        return new CounterModeCipher(
            AesCounter.Create(sessionKey, intrinsics),
            sessionSalt,
            authenticationKey,
            tagBytes
        );
    }
}

using System.Runtime.Intrinsics;

namespace OCPlatform.Media.Srtp;

/// <summary>What a session key is for (RFC 3711 §4.3.2).</summary>
internal enum SrtpLabel : byte
{
    RtpEncryption = 0,
    RtpAuthentication = 1,
    RtpSalt = 2,
    RtcpEncryption = 3,
    RtcpAuthentication = 4,
    RtcpSalt = 5,
}

/// <summary>
/// Session keys out of a master key: AES-CM under the master key, its size included, at the label XORed to the master salt
/// (RFC 3711 §4.3.3, RFC 6188 §2). Derived once, as the key derivation rate is 0; GCM's shorter salt is padded with zeros
/// (RFC 7714 §11).
/// </summary>
internal sealed class SrtpKeyDerivation(SrtpKeys keys, bool intrinsics) : IDisposable
{
    private const int LabelOffset = 7;

    private readonly AesCounter _master = AesCounter.Create(keys.MasterKey, intrinsics);

    public void Derive(SrtpLabel label, Span<byte> sessionKey)
    {
        Span<byte> block = stackalloc byte[AesCounter.BlockBytes];
        block.Clear();
        keys.MasterSalt.CopyTo(block);
        block[LabelOffset] ^= (byte)label;
        sessionKey.Clear();
        _master.Apply(Vector128.Create<byte>(block), sessionKey);
    }

    public void Dispose() => _master.Dispose();
}

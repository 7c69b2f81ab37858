using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Prng;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace OCPlatform.Media.Dtls;

/// <summary>The node's certificate and cryptography as the protocol library takes them; shared by all handshakes.</summary>
internal sealed class DtlsIdentity : TlsSigner
{
    private readonly DtlsCertificate _certificate;

    public DtlsIdentity(DtlsCertificate certificate)
    {
        _certificate = certificate;
        Crypto = new BcTlsCrypto(new SecureRandom(new SystemRandom()));
        Certificate = new Certificate([Crypto.CreateCertificate(certificate.Encoded)]);
    }

    public BcTlsCrypto Crypto { get; }

    public Certificate Certificate { get; }

    public byte[] GenerateRawSignature(SignatureAndHashAlgorithm algorithm, byte[] hash) => _certificate.Sign(hash);

    public TlsStreamSigner? GetStreamSigner(SignatureAndHashAlgorithm algorithm) => null;

    /// <summary>The system's generator: it needs no seed and no lock.</summary>
    private sealed class SystemRandom : IRandomGenerator
    {
        public void AddSeedMaterial(byte[] seed) { }

        public void AddSeedMaterial(ReadOnlySpan<byte> seed) { }

        public void AddSeedMaterial(long seed) { }

        public void NextBytes(byte[] bytes) => RandomNumberGenerator.Fill(bytes);

        public void NextBytes(byte[] bytes, int start, int len) => RandomNumberGenerator.Fill(bytes.AsSpan(start, len));

        public void NextBytes(Span<byte> bytes) => RandomNumberGenerator.Fill(bytes);
    }
}

using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace OCPlatform.Media.Dtls;

/// <summary>The passive side (a=setup:passive).</summary>
internal sealed class DtlsServer(TlsCrypto crypto, DtlsNegotiation negotiation, int resendMs) : DefaultTlsServer(crypto)
{
    public override bool IgnoreCorruptDtlsRecords => true;

    public override int GetHandshakeResendTimeMillis() => resendMs;

    public override int GetMaxCertificateChainLength() => DtlsNegotiation.MaxChainLength;

    public override int GetMaxHandshakeMessageSize() => DtlsNegotiation.MaxHandshakeMessageBytes;

    public override bool RequiresExtendedMasterSecret() => true;

    public override int[] GetSupportedGroups() => DtlsNegotiation.Groups;

    public override void ProcessClientExtensions(IDictionary<int, byte[]> clientExtensions)
    {
        base.ProcessClientExtensions(clientExtensions);
        TlsSrtpUtilities.AddUseSrtpExtension(
            m_serverExtensions,
            negotiation.Choose(TlsSrtpUtilities.GetUseSrtpExtension(clientExtensions))
        );
    }

    public override TlsCredentials GetCredentials() => negotiation.Sign(m_context);

    public override CertificateRequest GetCertificateRequest() =>
        new(
            [ClientCertificateType.ecdsa_sign, ClientCertificateType.rsa_sign],
            DtlsNegotiation.SignatureAlgorithms(),
            null
        );

    public override void NotifyClientCertificate(Certificate clientCertificate) => negotiation.Check(clientCertificate);

    public override void NotifyHandshakeComplete()
    {
        base.NotifyHandshakeComplete();
        negotiation.Export(m_context);
    }

    public override void NotifyAlertReceived(short alertLevel, short alertDescription) =>
        negotiation.OnAlert(alertLevel, alertDescription);

    protected override ProtocolVersion[] GetSupportedVersions() => ProtocolVersion.DTLSv12.Only();

    protected override int[] GetSupportedCipherSuites() => DtlsNegotiation.ServerCipherSuites;

    protected override bool AllowCertificateStatus() => false;
}

using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace OCPlatform.Media.Dtls;

/// <summary>The active side (a=setup:active).</summary>
internal sealed class DtlsClient(TlsCrypto crypto, DtlsNegotiation negotiation, int resendMs)
    : DefaultTlsClient(crypto),
        TlsAuthentication
{
    public override bool IgnoreCorruptDtlsRecords => true;

    public override int GetHandshakeResendTimeMillis() => resendMs;

    public override int GetMaxCertificateChainLength() => DtlsNegotiation.MaxChainLength;

    public override int GetMaxHandshakeMessageSize() => DtlsNegotiation.MaxHandshakeMessageBytes;

    public override bool RequiresExtendedMasterSecret() => true;

    public override IDictionary<int, byte[]> GetClientExtensions()
    {
        var extensions = TlsExtensionsUtilities.EnsureExtensionsInitialised(base.GetClientExtensions());
        TlsSrtpUtilities.AddUseSrtpExtension(extensions, DtlsNegotiation.Offer());
        return extensions;
    }

    public override void ProcessServerExtensions(IDictionary<int, byte[]> serverExtensions)
    {
        base.ProcessServerExtensions(serverExtensions);
        negotiation.Accept(TlsSrtpUtilities.GetUseSrtpExtension(serverExtensions));
    }

    public override TlsAuthentication GetAuthentication() => this;

    public void NotifyServerCertificate(TlsServerCertificate serverCertificate) =>
        negotiation.Check(serverCertificate.Certificate);

    public TlsCredentials GetClientCredentials(CertificateRequest certificateRequest) => negotiation.Sign(m_context);

    public override void NotifyHandshakeComplete()
    {
        base.NotifyHandshakeComplete();
        negotiation.Export(m_context);
    }

    public override void NotifyAlertReceived(short alertLevel, short alertDescription) =>
        negotiation.OnAlert(alertLevel, alertDescription);

    protected override ProtocolVersion[] GetSupportedVersions() => ProtocolVersion.DTLSv12.Only();

    protected override int[] GetSupportedCipherSuites() => DtlsNegotiation.ClientCipherSuites;

    protected override IList<int> GetSupportedGroups(IList<int> namedGroupRoles) => DtlsNegotiation.Groups;

    protected override IList<SignatureAndHashAlgorithm> GetSupportedSignatureAlgorithms() =>
        DtlsNegotiation.SignatureAlgorithms();

    protected override CertificateStatusRequest? GetCertificateStatusRequest() => null;
}

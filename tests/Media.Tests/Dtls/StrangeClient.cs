using System.Collections.Concurrent;
using OCPlatform.Media.Dtls;
using OCPlatform.Media.Srtp;
using Org.BouncyCastle.Tls;

namespace OCPlatform.Media.Tests.Dtls;

/// <summary>A client of the protocol library's own defaults, with what a peer may lack or want.</summary>
internal sealed class StrangeClient(DtlsIdentity identity) : DefaultTlsClient(identity.Crypto), TlsAuthentication
{
    public ProtocolVersion Version { get; init; } = ProtocolVersion.DTLSv12;
    public int[] Profiles { get; init; } = [0x0001];
    public byte[] Mki { get; init; } = [];
    public bool HasExtendedMasterSecret { get; init; } = true;
    public bool HasCertificate { get; init; } = true;

    public int ChosenProfile { get; private set; }
    public byte[] Exported { get; private set; } = [];

    public override bool ShouldUseExtendedMasterSecret() => HasExtendedMasterSecret;

    public override IDictionary<int, byte[]> GetClientExtensions()
    {
        var extensions = TlsExtensionsUtilities.EnsureExtensionsInitialised(base.GetClientExtensions());
        if (Profiles.Length > 0)
            TlsSrtpUtilities.AddUseSrtpExtension(extensions, new UseSrtpData(Profiles, Mki));
        return extensions;
    }

    public override void ProcessServerExtensions(IDictionary<int, byte[]> serverExtensions)
    {
        base.ProcessServerExtensions(serverExtensions);
        ChosenProfile = TlsSrtpUtilities.GetUseSrtpExtension(serverExtensions)!.ProtectionProfiles.Single();
    }

    public override void NotifyHandshakeComplete()
    {
        base.NotifyHandshakeComplete();
        DtlsSrtpProfile.TryFromId(ChosenProfile, out var suite);
        Exported = m_context.ExportKeyingMaterial("EXTRACTOR-dtls_srtp", null, DtlsSrtpProfile.ExportedBytes(suite));
    }

    public override TlsAuthentication GetAuthentication() => this;

    public void NotifyServerCertificate(TlsServerCertificate serverCertificate) { }

    public TlsCredentials? GetClientCredentials(CertificateRequest certificateRequest) =>
        HasCertificate ? new DtlsNegotiation(identity, []).Sign(m_context) : null;

    protected override ProtocolVersion[] GetSupportedVersions() => Version.Only();
}

/// <summary>The client's end of a path in memory.</summary>
internal sealed class StrangePath(DtlsHandshake server) : DatagramTransport
{
    private readonly BlockingCollection<byte[]> _arrived = [];

    public void Add(byte[] datagram) => _arrived.Add(datagram);

    public int GetReceiveLimit() => 1500;

    public int GetSendLimit() => 1200;

    public int Receive(byte[] buf, int off, int len, int waitMillis) => Receive(buf.AsSpan(off, len), waitMillis);

    public int Receive(Span<byte> buffer, int waitMillis)
    {
        if (!_arrived.TryTake(out var datagram, waitMillis))
            return -1;
        datagram.CopyTo(buffer);
        return datagram.Length;
    }

    public void Send(byte[] buf, int off, int len) => Send(buf.AsSpan(off, len));

    public void Send(ReadOnlySpan<byte> buffer) => server.OnDatagram(buffer);

    public void Close() { }
}

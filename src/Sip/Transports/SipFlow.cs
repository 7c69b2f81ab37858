using System.Net;

namespace OCPlatform.Sip.Transports;

/// <summary>The way a message came in: which transport, which addresses of ours and theirs. One for each connection or UDP peer.</summary>
public sealed class SipFlow(
    ISipTransport transport,
    IPEndPoint local,
    SipDestination remote,
    IReadOnlyList<string>? peerNames = null
)
{
    public ISipTransport Transport { get; } = transport;

    public IPEndPoint Local { get; } = local;

    /// <summary>The source address, and at the same time the way back to it.</summary>
    public SipDestination Remote { get; } = remote;

    /// <summary>
    /// The domains that the peer's certificate proves (RFC 5922 §7.1), lower case; empty without a verified certificate.
    /// </summary>
    public IReadOnlyList<string> PeerNames { get; } = peerNames ?? [];
}

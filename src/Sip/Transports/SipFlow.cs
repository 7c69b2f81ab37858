using System.Net;

namespace OCPlatform.Sip.Transports;

/// <summary>The way a message came in: which transport, which addresses of ours and theirs.</summary>
public sealed class SipFlow(ISipTransport transport, IPEndPoint local, SipDestination remote)
{
    public ISipTransport Transport { get; } = transport;

    public IPEndPoint Local { get; } = local;

    /// <summary>The source address, and at the same time the way back to it.</summary>
    public SipDestination Remote { get; } = remote;
}

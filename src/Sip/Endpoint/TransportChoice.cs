using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip;

/// <summary>Finds, among an endpoint's transports, the one for a destination: by kind and address family, and of several such by its flow.</summary>
internal sealed class TransportChoice(IReadOnlyList<ISipTransport> transports)
{
    public IReadOnlyList<ISipTransport> All { get; } = transports;

    public bool HasTcp { get; } = transports.Any(transport => transport.Name == "TCP");

    /// <exception cref="ArgumentException">There is no transport of the destination's kind and address family.</exception>
    public ISipTransport For(SipDestination destination) =>
        Find(destination) ?? throw new ArgumentException($"No transport for {destination}.", nameof(destination));

    /// <summary>
    /// The listener that the destination was heard on; else the first that has a flow there; else the first one. Null when none is of its
    /// kind and family.
    /// </summary>
    public ISipTransport? Find(SipDestination destination)
    {
        ISipTransport? first = null;
        ISipTransport? withFlow = null;
        for (var i = 0; i < All.Count; i++)
        {
            var transport = All[i];
            if (transport == destination.Listener)
            {
                return transport;
            }
            if (
                transport.Name != destination.Transport
                || transport.LocalEndPoint.AddressFamily != destination.EndPoint.AddressFamily
            )
            {
                continue;
            }
            if (first is null)
            {
                first = transport;
            }
            else if (withFlow is null)
            {
                // Only asked when there are several of a kind.
                withFlow =
                    first.HasFlow(destination) ? first
                    : transport.HasFlow(destination) ? transport
                    : null;
            }
        }
        return withFlow ?? first;
    }
}

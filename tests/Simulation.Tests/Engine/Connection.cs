using System.Net;

namespace OCPlatform.Simulation.Tests.Engine;

/// <summary>A TCP connection: ordered, nothing lost but by a break, which loses all that flies and is told to both ends a while later.</summary>
internal sealed class Connection(Host client, IPEndPoint clientEndPoint, Host server, IPEndPoint serverEndPoint)
{
    private TimeSpan _lastToServer;
    private TimeSpan _lastToClient;

    public Host Client => client;

    public Host Server => server;

    public bool IsBroken { get; set; }

    public Host PeerOf(Host host) => ReferenceEquals(host, client) ? server : client;

    /// <summary>
    /// What this end calls the other: source of what it receives, destination of what it sends. The client's port is an ephemeral one.
    /// </summary>
    public IPEndPoint RemoteOf(Host host) => ReferenceEquals(host, client) ? serverEndPoint : clientEndPoint;

    /// <summary>When a message that takes this long arrives: after all before it.</summary>
    public TimeSpan ArrivalAt(Host from, TimeSpan now, TimeSpan delay)
    {
        ref var last = ref ReferenceEquals(from, client) ? ref _lastToServer : ref _lastToClient;
        var at = now + delay;
        last = at > last ? at : last + TimeSpan.FromTicks(1);
        return last;
    }
}

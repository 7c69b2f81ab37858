using System.Net;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Engine;

/// <summary>Carries messages between hosts: datagrams with every fault, and connections. Everything comes back as a plan of the world.</summary>
internal sealed class Network(World world)
{
    private readonly Dictionary<IPEndPoint, Host> _hosts = [];
    private readonly Dictionary<(Host From, Host To), Link> _links = [];
    private readonly List<Connection> _connections = [];
    private int _nextEphemeralPort = 40_000;

    /// <summary>Makes the host reachable at an address; null takes the address away.</summary>
    public void Attach(IPEndPoint address, Host? host)
    {
        if (host is null)
        {
            _hosts.Remove(address);
        }
        else
        {
            _hosts[address] = host;
        }
    }

    public Link LinkOf(Host from, Host to)
    {
        if (!_links.TryGetValue((from, to), out var link))
        {
            _links[(from, to)] = link = new Link(world);
        }
        return link;
    }

    public bool HasFlow(Host host, SipDestination to) => Find(host, to.EndPoint) is not null;

    /// <summary>False when it is clear at once that the message cannot be sent.</summary>
    public bool Send(Host from, WireMessage message, SipDestination to)
    {
        if (from.IsUnplugged)
        {
            return true;
        }
        world.Checkers.Sent(from, message, to);
        return to.Transport == "TCP" ? SendStream(from, message, to) : SendDatagram(from, message, to);
    }

    private bool SendDatagram(Host from, WireMessage message, SipDestination to)
    {
        if (!_hosts.TryGetValue(to.EndPoint, out var receiver))
        {
            world.Ladder.Add(LadderKind.Lost, from, null, message);
            return true;
        }
        var link = LinkOf(from, receiver);
        var source = SipDestination.Udp(from.PublicEndPoint);
        for (var copies = link.Copies(); copies > 0; copies--)
        {
            if (link.Loses())
            {
                world.Ladder.Add(LadderKind.Lost, from, receiver, message);
                continue;
            }
            world.Ladder.Add(LadderKind.Sent, from, receiver, message);
            world.After(link.Delay(), () => Deliver(to.EndPoint, source, from, message));
        }
        return true;
    }

    private void Deliver(IPEndPoint address, SipDestination source, Host from, WireMessage message)
    {
        // The mapping may be gone by the time the datagram arrives at the NAT.
        if (_hosts.TryGetValue(address, out var receiver) && !receiver.IsUnplugged)
        {
            world.Ladder.Add(LadderKind.Arrived, from, receiver, message);
            receiver.Receive(message, new SipFlow(StubTransport.Udp, receiver.Address, source));
        }
        else
        {
            world.Ladder.Add(LadderKind.Lost, from, null, message);
        }
    }

    private bool SendStream(Host from, WireMessage message, SipDestination to)
    {
        var connection = Find(from, to.EndPoint) ?? Open(from, to.EndPoint);
        if (connection is null)
        {
            world.Ladder.Add(LadderKind.Lost, from, null, message);
            return false;
        }
        var receiver = connection.PeerOf(from);
        if (world.Weather.BreakChance > 0 && world.Dice.Chance(world.Weather.BreakChance))
        {
            world.Ladder.Add(LadderKind.Lost, from, receiver, message);
            Break(connection);
            return true;
        }
        world.Ladder.Add(LadderKind.Sent, from, receiver, message);
        var arrival = connection.ArrivalAt(from, world.Now, LinkOf(from, receiver).StreamDelay());
        world.At(
            arrival,
            () =>
            {
                if (!connection.IsBroken && !receiver.IsUnplugged)
                {
                    world.Ladder.Add(LadderKind.Arrived, from, receiver, message);
                    var source = new SipDestination("TCP", connection.RemoteOf(receiver));
                    receiver.Receive(message, new SipFlow(StubTransport.Tcp, receiver.Address, source));
                }
            }
        );
        return true;
    }

    /// <summary>All that flies is lost; each end learns of it when it next looks.</summary>
    public void Break(Connection connection)
    {
        connection.IsBroken = true;
        _connections.Remove(connection);
        foreach (var end in new[] { connection.Client, connection.Server })
        {
            var remote = new SipDestination("TCP", connection.RemoteOf(end));
            world.After(world.Dice.Ms(500), () => end.OnConnectionLost(remote));
        }
    }

    public void BreakAllOf(Host host)
    {
        foreach (var connection in _connections.Where(c => c.Client == host || c.Server == host).ToList())
        {
            Break(connection);
        }
    }

    private Connection? Find(Host host, IPEndPoint remote)
    {
        foreach (var connection in _connections)
        {
            if ((connection.Client == host || connection.Server == host) && connection.RemoteOf(host).Equals(remote))
            {
                return connection;
            }
        }
        return null;
    }

    private Connection? Open(Host from, IPEndPoint remote)
    {
        // Nobody can connect to the ephemeral port of a connection that is gone.
        if (!_hosts.TryGetValue(remote, out var server))
        {
            return null;
        }
        var connection = new Connection(
            from,
            new IPEndPoint(from.PublicEndPoint.Address, _nextEphemeralPort++),
            server,
            remote
        );
        _connections.Add(connection);
        return connection;
    }
}

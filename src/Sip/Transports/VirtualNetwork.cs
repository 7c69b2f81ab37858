using System.Net;

namespace OCPlatform.Sip.Transports;

/// <summary>What a <see cref="VirtualNetwork"/> does to datagrams; probabilities from 0 to 1.</summary>
public sealed record VirtualNetworkConditions
{
    public double Loss { get; init; }

    public double Duplication { get; init; }

    public TimeSpan MinDelay { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Delays are spread evenly from <see cref="MinDelay"/> to here; a spread reorders.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMilliseconds(1);
}

/// <summary>
/// A network of datagrams for tests: loss, duplication, delay and reordering from one seed, so that a run can be repeated exactly. Sans-IO: the
/// caller passes the time; see <see cref="VirtualTransport"/> for one that runs by a clock. Thread-safe; deliveries are made outside the lock.
/// </summary>
public sealed class VirtualNetwork(int seed, VirtualNetworkConditions conditions)
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(seed);
    private readonly PriorityQueue<Datagram, (TimeSpan At, long Order)> _flying = new();
    private readonly Dictionary<IPEndPoint, Action<ReadOnlyMemory<byte>, IPEndPoint>> _hosts = [];
    private VirtualNetworkConditions _conditions = conditions;
    private long _order;

    private sealed record Datagram(IPEndPoint From, IPEndPoint To, byte[] Bytes);

    /// <summary>Datagrams sent, lost and delivered so far.</summary>
    public long Sent { get; private set; }

    public long Lost { get; private set; }

    public long Delivered { get; private set; }

    /// <summary>May be changed at any time: a fault that heals.</summary>
    public VirtualNetworkConditions Conditions
    {
        get => _conditions;
        set => _conditions = value;
    }

    /// <summary>When <see cref="Deliver"/> is needed next; <see cref="TimeSpan.MaxValue"/> when nothing flies.</summary>
    public TimeSpan NextDelivery
    {
        get
        {
            lock (_lock)
            {
                return _flying.TryPeek(out _, out var when) ? when.At : TimeSpan.MaxValue;
            }
        }
    }

    /// <summary>Sets who gets the datagrams of an address: bytes and source. Null takes it off the network.</summary>
    public void Attach(IPEndPoint address, Action<ReadOnlyMemory<byte>, IPEndPoint>? receive)
    {
        lock (_lock)
        {
            if (receive is null)
            {
                _hosts.Remove(address);
            }
            else
            {
                _hosts[address] = receive;
            }
        }
    }

    /// <summary>Puts a datagram into the network, which loses, doubles or delays it.</summary>
    public void Send(ReadOnlySpan<byte> bytes, IPEndPoint from, IPEndPoint to, TimeSpan now)
    {
        var datagram = new Datagram(from, to, bytes.ToArray());
        lock (_lock)
        {
            Sent++;
            var copies = _random.NextDouble() < _conditions.Duplication ? 2 : 1;
            for (; copies > 0; copies--)
            {
                if (_random.NextDouble() < _conditions.Loss)
                {
                    Lost++;
                    continue;
                }
                var spread = _conditions.MaxDelay - _conditions.MinDelay;
                _flying.Enqueue(datagram, (now + _conditions.MinDelay + spread * _random.NextDouble(), _order++));
            }
        }
    }

    /// <summary>Hands over every datagram that has arrived by now, in order of arrival.</summary>
    public void Deliver(TimeSpan now)
    {
        while (true)
        {
            Datagram? datagram;
            Action<ReadOnlyMemory<byte>, IPEndPoint>? receive;
            lock (_lock)
            {
                if (!_flying.TryPeek(out datagram, out var when) || when.At > now)
                {
                    return;
                }
                _flying.Dequeue();
                if (!_hosts.TryGetValue(datagram.To, out receive))
                {
                    Lost++;
                    continue;
                }
                Delivered++;
            }
            receive(datagram.Bytes, datagram.From);
        }
    }
}

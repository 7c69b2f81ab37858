using System.Net;
using System.Net.Sockets;

namespace OCPlatform.Gateways.Chat;

internal enum ChatRefusal
{
    /// <summary>403.</summary>
    Origin,

    /// <summary>503: the node is full.</summary>
    Full,

    /// <summary>429: this source has its share.</summary>
    SourceFull,

    /// <summary>503: the node is stopping.</summary>
    Stopping,
}

/// <summary>Counts the connections of this node, in all and per source. Thread-safe.</summary>
internal sealed class ChatAdmission(ChatOptions options)
{
    // An IPv6 subscriber has a whole /64 to dial from (RFC 6177), so the network counts, not the address.
    private const int Ipv6NetworkBytes = 8;

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _bySource = [];
    private int _total;

    public int Total
    {
        get
        {
            lock (_lock)
            {
                return _total;
            }
        }
    }

    /// <summary>Takes a place; null when there was one (given back by disposing the place), else why not.</summary>
    public ChatRefusal? TryEnter(IPAddress? address, out IDisposable? place)
    {
        place = null;
        var source = SourceOf(address ?? IPAddress.None);
        lock (_lock)
        {
            if (_total >= options.MaxConnections)
            {
                return ChatRefusal.Full;
            }
            var held = _bySource.GetValueOrDefault(source);
            if (held >= options.MaxConnectionsPerSource)
            {
                return ChatRefusal.SourceFull;
            }
            _bySource[source] = held + 1;
            _total++;
        }
        place = new Place(this, source);
        return null;
    }

    internal static IPAddress SourceOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || IPAddress.IsLoopback(address))
        {
            return address;
        }
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(Ipv6NetworkBytes).Clear();
        return new IPAddress(bytes);
    }

    private void Leave(IPAddress source)
    {
        lock (_lock)
        {
            _total--;
            if (--_bySource[source] == 0)
            {
                _bySource.Remove(source);
            }
        }
    }

    private sealed class Place(ChatAdmission admission, IPAddress source) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                admission.Leave(source);
            }
        }
    }
}

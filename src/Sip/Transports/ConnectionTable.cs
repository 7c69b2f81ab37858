using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace OCPlatform.Sip.Transports;

/// <summary>The connections of one transport, found by their peer, and the limits on how many there may be. Thread-safe.</summary>
internal sealed class ConnectionTable(int maxTotal, int maxPerAddress)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IPEndPoint, List<StreamConnection>> _byPeer = [];
    private readonly Dictionary<UInt128, int> _perAddress = [];
    private int _count;

    /// <summary>The connection that a message to this destination goes over; null when none leads there.</summary>
    public StreamConnection? Find(SipDestination destination)
    {
        lock (_lock)
        {
            return FindLocked(destination);
        }
    }

    /// <summary>Adds the connection, unless one that leads there was added meanwhile: then that. Null when no more are allowed.</summary>
    public StreamConnection? GetOrAdd(SipDestination destination, StreamConnection connection)
    {
        lock (_lock)
        {
            if (FindLocked(destination) is { } known)
            {
                return known;
            }
            if (_count >= maxTotal)
            {
                return null;
            }
            AddLocked(connection);
            return connection;
        }
    }

    /// <summary>Adds a connection that a peer opened. False when that is one too many.</summary>
    public bool TryAddIncoming(StreamConnection connection)
    {
        var address = KeyOf(connection.Remote.EndPoint.Address);
        lock (_lock)
        {
            var ofAddress = _perAddress.GetValueOrDefault(address);
            if (_count >= maxTotal || ofAddress >= maxPerAddress)
            {
                return false;
            }
            _perAddress[address] = ofAddress + 1;
            AddLocked(connection);
            return true;
        }
    }

    public void Remove(StreamConnection connection)
    {
        var endPoint = connection.Remote.EndPoint;
        lock (_lock)
        {
            if (!_byPeer.TryGetValue(endPoint, out var list) || !list.Remove(connection))
            {
                return;
            }
            _count--;
            if (list.Count == 0)
            {
                _byPeer.Remove(endPoint);
            }
            var address = KeyOf(endPoint.Address);
            if (connection.IsIncoming && --_perAddress[address] == 0)
            {
                _perAddress.Remove(address);
            }
        }
    }

    public StreamConnection[] ToArray()
    {
        lock (_lock)
        {
            return [.. _byPeer.Values.SelectMany(list => list)];
        }
    }

    private StreamConnection? FindLocked(SipDestination destination)
    {
        if (!_byPeer.TryGetValue(destination.EndPoint, out var list))
        {
            return null;
        }
        foreach (var connection in list)
        {
            if (connection.LeadsTo(destination))
            {
                return connection;
            }
        }
        return null;
    }

    private void AddLocked(StreamConnection connection)
    {
        _count++;
        if (!_byPeer.TryGetValue(connection.Remote.EndPoint, out var list))
        {
            _byPeer[connection.Remote.EndPoint] = list = new List<StreamConnection>(1);
        }
        list.Add(connection);
    }

    /// <summary>An IPv6 host owns its /64, so its addresses count as one.</summary>
    private static UInt128 KeyOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        var key = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6
            ? key >> 64 << 64
            : key;
    }
}

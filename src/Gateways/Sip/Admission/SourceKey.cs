using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace OCPlatform.Gateways.Sip;

/// <summary>
/// Who is counted as one source: an IPv4 address, or an IPv6 /64, since that is what one household or machine is given
/// (RFC 6177) and everyone can change address within it.
/// </summary>
internal readonly record struct SourceKey
{
    private readonly ulong _bits;
    private readonly AddressFamily _family;

    private SourceKey(AddressFamily family, ulong bits)
    {
        _family = family;
        _bits = bits;
    }

    public static SourceKey Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        if (length == 4)
        {
            return new SourceKey(AddressFamily.InterNetwork, BinaryPrimitives.ReadUInt32BigEndian(bytes));
        }
        return address.IsIPv4MappedToIPv6
            ? new SourceKey(AddressFamily.InterNetwork, BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]))
            : new SourceKey(AddressFamily.InterNetworkV6, BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }

    /// <summary>The address, or the network with its length.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        if (_family == AddressFamily.InterNetworkV6)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes, _bits);
            return $"{new IPAddress(bytes)}/64";
        }
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)_bits);
        return new IPAddress(bytes[..4]).ToString();
    }
}

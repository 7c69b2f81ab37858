using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace OCPlatform.Sip.Transports;

/// <summary>
/// Answers STUN Binding requests on the SIP port: how phones keep their NAT's mapping and see it change (RFC 5626 §3.5.2). Of RFC 8489 only what
/// that needs: no credentials, no indications, no attributes but the mapped address.
/// </summary>
/// <remarks>
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |0 0|     STUN Message Type     |         Message Length        |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                   Magic Cookie = 0x2112A442                   |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                     Transaction ID (96 bits)                  |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// </code>
/// </remarks>
internal static class StunBinding
{
    /// <summary>Header, and XOR-MAPPED-ADDRESS of an IPv6 address.</summary>
    public const int MaxResponseBytes = HeaderBytes + 4 + 20;

    private const int HeaderBytes = 20;
    private const uint MagicCookie = 0x2112A442;
    private const ushort BindingRequest = 0x0001;
    private const ushort BindingSuccess = 0x0101;
    private const ushort BindingError = 0x0111;
    private const ushort ErrorCode = 0x0009;
    private const ushort UnknownAttributes = 0x000A;
    private const ushort XorMappedAddress = 0x0020;
    private const ushort FirstOptional = 0x8000;

    /// <summary>Writes the response; its length, or 0 when the datagram is no Binding request.</summary>
    public static int Answer(ReadOnlySpan<byte> request, IPEndPoint source, Span<byte> response)
    {
        if (
            request.Length < HeaderBytes
            || BinaryPrimitives.ReadUInt16BigEndian(request) != BindingRequest
            || BinaryPrimitives.ReadUInt32BigEndian(request[4..]) != MagicCookie
            || BinaryPrimitives.ReadUInt16BigEndian(request[2..]) != request.Length - HeaderBytes
            || request.Length % 4 != 0
        )
        {
            return 0;
        }
        request[4..HeaderBytes].CopyTo(response[4..]);
        var attributes = FindNeeded(request[HeaderBytes..], out var needed)
            ? WriteUnknown(needed, response[HeaderBytes..])
            : WriteAddress(source, response);
        BinaryPrimitives.WriteUInt16BigEndian(response, needed != 0 ? BindingError : BindingSuccess);
        BinaryPrimitives.WriteUInt16BigEndian(response[2..], (ushort)attributes);
        return HeaderBytes + attributes;
    }

    /// <summary>The first attribute that a server must understand to answer (RFC 8489 §6.3.1); none of them is understood here.</summary>
    private static bool FindNeeded(ReadOnlySpan<byte> attributes, out ushort type)
    {
        while (attributes.Length >= 4)
        {
            type = BinaryPrimitives.ReadUInt16BigEndian(attributes);
            if (type < FirstOptional)
            {
                return true;
            }
            var length = 4 + ((BinaryPrimitives.ReadUInt16BigEndian(attributes[2..]) + 3) & ~3);
            attributes = attributes[Math.Min(length, attributes.Length)..];
        }
        type = 0;
        return false;
    }

    /// <summary>ERROR-CODE 420 without a reason, and which attribute it is about.</summary>
    private static int WriteUnknown(ushort type, Span<byte> attributes)
    {
        BinaryPrimitives.WriteUInt16BigEndian(attributes, ErrorCode);
        BinaryPrimitives.WriteUInt16BigEndian(attributes[2..], 4);
        BinaryPrimitives.WriteUInt32BigEndian(attributes[4..], (4 << 8) | 20);
        BinaryPrimitives.WriteUInt16BigEndian(attributes[8..], UnknownAttributes);
        BinaryPrimitives.WriteUInt16BigEndian(attributes[10..], 2);
        BinaryPrimitives.WriteUInt16BigEndian(attributes[12..], type);
        BinaryPrimitives.WriteUInt16BigEndian(attributes[14..], 0);
        return 16;
    }

    /// <summary>XOR-MAPPED-ADDRESS (RFC 8489 §14.2): port and address, masked so that no NAT on the way rewrites them.</summary>
    private static int WriteAddress(IPEndPoint source, Span<byte> response)
    {
        var mask = response[4..HeaderBytes];
        var attribute = response[HeaderBytes..];
        var isV6 = source.AddressFamily == AddressFamily.InterNetworkV6;
        var size = isV6 ? 16 : 4;
        BinaryPrimitives.WriteUInt16BigEndian(attribute, XorMappedAddress);
        BinaryPrimitives.WriteUInt16BigEndian(attribute[2..], (ushort)(4 + size));
        attribute[4] = 0;
        attribute[5] = (byte)(isV6 ? 2 : 1);
        BinaryPrimitives.WriteUInt16BigEndian(attribute[6..], (ushort)(source.Port ^ (int)(MagicCookie >> 16)));
        source.Address.TryWriteBytes(attribute[8..], out _);
        for (var i = 0; i < size; i++)
        {
            attribute[8 + i] ^= mask[i];
        }
        return 8 + size;
    }
}

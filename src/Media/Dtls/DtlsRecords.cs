using System.Buffers.Binary;

namespace OCPlatform.Media.Dtls;

/// <summary>
/// What is let through to a handshake: whole records of a handshake's kinds and epochs, nothing else. It costs no more than
/// reading the headers, so that garbage wakes no thread.
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |  content type |         version 0xFEFF, 0xFEFD | epoch …       |  RFC 6347 §4.1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// | … epoch       |            sequence number (48 bits) …        |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |     … sequence number                         |   length …    |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// </code>
/// </summary>
internal static class DtlsRecords
{
    public const int HeaderBytes = 13;

    /// <summary>The longest datagram that is read; ours are 1200 bytes, and what the path carries is hardly more than 1472.</summary>
    public const int MaxDatagramBytes = 1500;

    private const int HandshakeHeaderBytes = 12;
    private const int ChangeCipherSpec = 20;
    private const int ApplicationData = 23;
    private const int Handshake = 22;
    private const int ClientHello = 1;

    // There is no renegotiation, so that a handshake ends in epoch 1.
    private const int LastEpoch = 1;

    public static bool AreWhole(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length is < HeaderBytes or > MaxDatagramBytes)
            return false;
        while (datagram.Length > 0)
        {
            if (
                datagram.Length < HeaderBytes
                || datagram[0] is < ChangeCipherSpec or > ApplicationData
                || datagram[1] != 0xFE
                || datagram[2] is not (0xFF or 0xFD)
                || BinaryPrimitives.ReadUInt16BigEndian(datagram[3..]) > LastEpoch
            )
                return false;
            var length = BinaryPrimitives.ReadUInt16BigEndian(datagram[11..]);
            if (length == 0 || length > datagram.Length - HeaderBytes)
                return false;
            datagram = datagram[(HeaderBytes + length)..];
        }

        return true;
    }

    /// <summary>Whether whole records begin with a ClientHello or a piece of one: long ones come in pieces, in any order.</summary>
    public static bool BeginWithClientHello(ReadOnlySpan<byte> records) =>
        records.Length >= HeaderBytes + HandshakeHeaderBytes
        && records[0] == Handshake
        && BinaryPrimitives.ReadUInt16BigEndian(records[3..]) == 0
        && BinaryPrimitives.ReadUInt16BigEndian(records[11..]) >= HandshakeHeaderBytes
        && records[HeaderBytes] == ClientHello;
}

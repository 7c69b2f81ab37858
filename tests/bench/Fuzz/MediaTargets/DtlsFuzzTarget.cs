using System.Buffers.Binary;
using OCPlatform.Media.Dtls;

namespace OCPlatform.Bench.Fuzz;

/// <summary>Datagrams on their way to a handshake: what the input filter lets through is whole records, and nothing else.</summary>
internal sealed class DtlsFuzzTarget : FuzzTarget
{
    private readonly byte[] _repaired = new byte[DtlsRecords.MaxDatagramBytes + 1];

    public override string Name => "dtls";

    public override IReadOnlyList<byte[]> Samples { get; } =
    [DtlsFlights.ClientHello, DtlsFlights.ServerFlight, DtlsFlights.ClientFlight, DtlsFlights.LastFlight];

    public override IReadOnlyList<byte[]> Words { get; } =
    [
        [0xFE, 0xFD],
        [0xFE, 0xFF],
        [0x16, 0xFE, 0xFD],
        [0x00, 0x00],
        [0x00, 0x01],
        [0x00, 0x02],
        [0xFF, 0xFF],
    ];

    /// <summary>Whole records.</summary>
    public override IReadOnlyList<byte[]> Lines { get; } =
    [
        [20, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 1],
        [21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40],
        [21, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0],
        [23, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 9, 0, 0],
        [22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, 12, 14, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0],
    ];

    public override string? Run(ReadOnlySpan<byte> input)
    {
        var isTaken = Feed(input);
        var repaired = _repaired.AsSpan(0, Math.Min(input.Length, _repaired.Length));
        input[..repaired.Length].CopyTo(repaired);
        Repair(repaired);
        return Feed(repaired) || isTaken ? null : "no records";
    }

    /// <summary>Gives the first record the length that it has, and its header what it must have.</summary>
    internal static void Repair(Span<byte> input)
    {
        if (input.Length <= DtlsRecords.HeaderBytes)
            return;
        input[1] = 0xFE;
        input[2] = 0xFD;
        var next = input[DtlsRecords.HeaderBytes..].IndexOf([(byte)22, (byte)0xFE, (byte)0xFD]);
        var length = next > 0 ? next : input.Length - DtlsRecords.HeaderBytes;
        BinaryPrimitives.WriteUInt16BigEndian(input[11..], (ushort)length);
    }

    private static bool Feed(ReadOnlySpan<byte> input)
    {
        var isHello = DtlsRecords.BeginWithClientHello(input);
        if (!DtlsRecords.AreWhole(input))
            return false;
        Check(input.Length is >= 14 and <= 1500, "a datagram has a record and fits the path");
        Check(!DtlsRecords.AreWhole(input[..^1]), "half a record is not whole");
        Check(!isHello || input[0] == 22, "a ClientHello is a handshake message");
        var records = 0;
        for (var rest = input; rest.Length > 0; records++)
            rest = rest[(13 + BinaryPrimitives.ReadUInt16BigEndian(rest[11..]))..];
        Check(records <= 1500 / 14, "records have content");
        return true;
    }
}

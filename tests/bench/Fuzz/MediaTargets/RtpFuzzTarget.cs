using OCPlatform.Media.Rtp;

namespace OCPlatform.Bench.Fuzz;

/// <summary>RTP packets: what the header says of itself must lie within the packet, and a source must count in step.</summary>
internal sealed class RtpFuzzTarget : FuzzTarget
{
    private RtpSource _source = new(1, 1, 8000);

    public override string Name => "rtp";

    public override IReadOnlyList<byte[]> Samples { get; } =
    [
        Packet(0x80, 0, 160),
        Packet(0x80, 0x80 | 8, 80),
        [0x82, 0, 0, 1, 0, 0, 0, 160, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3],
        [0x90, 111, 0, 2, 0, 0, 0, 160, 0, 0, 0, 1, 0xBE, 0xDE, 0, 1, 0x10, 7, 0, 0, 9, 9, 9],
        [0xA0, 0, 0, 3, 0, 0, 1, 0, 0, 0, 0, 1, 5, 5, 5, 0, 0, 0, 4],
        [0xB1, 101, 0, 4, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0, 0, 5, 0x8A, 1, 64, 2, 2],
    ];

    public override IReadOnlyList<byte[]> Words { get; } =
    [
        [0x80],
        [0xBF],
        [0xFF, 0xFF],
        [0, 0],
        [0xBE, 0xDE, 0, 1],
        [0x10, 0, 0xFF, 0xFF],
        [0, 0, 0, 1],
        [200],
        [13],
    ];

    public override IReadOnlyList<byte[]> Lines { get; } =
    [
        [0, 0, 0, 4],
        [0xBE, 0xDE, 0, 0],
        new byte[160],
    ];

    public override string? Run(ReadOnlySpan<byte> input)
    {
        if (!RtpHeader.TryParse(input, out var header))
            return "refused";
        var csrcs = 0u;
        for (var i = 0; i < header.CsrcCount; i++)
            csrcs ^= header.Csrc(i);
        var used =
            RtpHeader.FixedBytes + 4 * header.CsrcCount + (header.HasExtension ? 4 + header.Extension.Length : 0);
        Check(used + header.Payload.Length <= input.Length, "a packet holds what its header announces");
        Check(header.HasExtension || header.ExtensionProfile == 0, "no profile without an extension");
        var highest = _source.ExtendedHighest;
        var verdict = _source.Update(header.SequenceNumber, out var sequence);
        if (verdict == SequenceVerdict.Valid)
        {
            Check((ushort)sequence == header.SequenceNumber, "an extended number ends in the packet's own");
            Check(_source.ExtendedHighest == Math.Max(highest, sequence), "the highest number only grows");
        }

        _source.UpdateJitter(sequence * 160, header.Timestamp);
        Check(_source.Received <= Math.Max(1, _source.Expected), "no more come than are expected");
        Check(_source.Jitter >= 0 && !double.IsNaN(_source.Jitter), "jitter is a number");
        _source.TakeFractionLost();
        return header.Payload.IsEmpty && csrcs == 0 ? "empty" : null;
    }

    private static byte[] Packet(byte first, byte second, int payload)
    {
        var packet = new byte[RtpHeader.FixedBytes + payload];
        (packet[0], packet[1], packet[3], packet[11]) = (first, second, 9, 1);
        return packet;
    }
}

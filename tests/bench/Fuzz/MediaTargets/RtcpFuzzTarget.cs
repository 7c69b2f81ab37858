using OCPlatform.Media.Rtp;

namespace OCPlatform.Bench.Fuzz;

/// <summary>RTCP compounds: read whole or not at all, and what is believed of them can be reported and written.</summary>
internal sealed class RtcpFuzzTarget : FuzzTarget
{
    private const uint Ours = 0x01020304;

    private readonly RtcpExchange _exchange = new(Ours, 5, new Random(1), ExtendedReports.Always);
    private readonly byte[] _buffer = new byte[RtcpWriter.MaxBytes];
    private RtpSource _source = new(5, 1, 8000);
    private long _now;

    public override string Name => "rtcp";

    public override IReadOnlyList<byte[]> Samples { get; } =
    [
        Compound(packets: 100, bye: true),
        Compound(packets: 0, bye: false),
        [0x81, 203, 0, 3, 0, 0, 0, 5, 7, (byte)'g', (byte)'o', (byte)'n', (byte)'e', 0, 0, 0],
        [0x80, 204, 0, 2, 0, 0, 0, 5, (byte)'n', (byte)'a', (byte)'m', (byte)'e'],
        [0x81, 205, 0, 2, 0, 0, 0, 5, 1, 2, 3, 4],
        [0xA1, 203, 0, 2, 0, 0, 0, 5, 0, 0, 0, 4],
    ];

    public override IReadOnlyList<byte[]> Words { get; } =
    [
        [0x80],
        [0x9F],
        [0xA0],
        [200],
        [201],
        [202],
        [203],
        [207],
        [0, 0],
        [0xFF, 0xFF],
        [1, 2, 3, 4],
        [4, 0, 0, 2],
        [5, 0, 0, 3],
        [7, 0, 0, 8],
        [0, 0, 0, 8],
    ];

    public override IReadOnlyList<byte[]> Lines { get; } =
    [
        [0x80, 201, 0, 1, 0, 0, 0, 5],
        [0x81, 203, 0, 1, 0, 0, 0, 5],
        [0x80, 207, 0, 4, 0, 0, 0, 5, 4, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8],
        [0x81, 202, 0, 2, 0, 0, 0, 5, 1, 1, (byte)'x', 0],
    ];

    public override string? Run(ReadOnlySpan<byte> input)
    {
        _now += 20_000_000;
        var valid = RtcpPacket.IsValidCompound(input);
        var malformed = _exchange.Malformed;
        var packets = Walk(input, out var rest);
        Check(!valid || (rest == 0 && packets > 0), "a valid compound is read to its end");
        _exchange.Read(input, _now, _now, packetsSent: _now / 20_000_000, mediaSsrc: 5);
        Check(valid == (_exchange.Malformed == malformed), "a compound is read when it is valid");
        Check(_exchange.RoundTripMs is null or (>= 0 and < 60_000), "a round trip is one");
        Check(_exchange.Peer is null or { FractionLost: >= 0 and < 1 }, "a fraction is one");
        _exchange.IsDue(_now);
        var writer = new RtcpWriter(_buffer);
        _exchange.Write(ref writer, ref _source, true, _now, _now, 1, _now, _now, bye: true, _exchange.PeerMetrics);
        Check(RtcpPacket.IsValidCompound(writer.Written), "what is written is valid");
        return valid ? null : "refused";
    }

    private static int Walk(ReadOnlySpan<byte> compound, out int rest)
    {
        var packets = 0;
        Span<byte> again = stackalloc byte[VoipMetrics.Bytes];
        for (; RtcpPacket.TryRead(ref compound, out var packet); packets++)
        {
            _ = packet.Ssrc;
            _ = packet.NtpTime;
            _ = packet.ByeReason.Length;
            for (var i = 0; i < packet.Count && packet.Type is RtcpType.SenderReport or RtcpType.ReceiverReport; i++)
            {
                packet.Report(i).Write(again);
                Check(RtcpReportBlock.Read(again) == packet.Report(i), "a block reads as it was written");
            }

            for (var i = 0; i < packet.Count && packet.Type == RtcpType.Bye; i++)
                _ = packet.Source(i);
            var blocks = packet.ExtendedBlocks;
            while (blocks.TryRead(out var block))
            {
                _ = block.NtpTime;
                block.TryFindReceiver(Ours, out _, out _);
                if (!block.TryReadVoipMetrics(out var metrics))
                    continue;
                metrics.Write(again);
                Check(VoipMetrics.Read(again) == metrics, "metrics read as they were written");
            }
        }

        rest = compound.Length;
        return packets;
    }

    private static byte[] Compound(long packets, bool bye)
    {
        var exchange = new RtcpExchange(5, 5, new Random(1), ExtendedReports.Always);
        var source = new RtpSource(Ours, 1, 8000);
        var writer = new RtcpWriter(new byte[RtcpWriter.MaxBytes]);
        exchange.Write(
            ref writer,
            ref source,
            true,
            1,
            1,
            1,
            packets,
            packets,
            bye,
            new VoipMetrics { Ssrc = Ours, MosLq = 40 }
        );
        return writer.Written.ToArray();
    }
}

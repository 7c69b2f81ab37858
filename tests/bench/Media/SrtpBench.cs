using System.Buffers.Binary;
using System.Globalization;
using OCPlatform.Media.Rtp;
using OCPlatform.Media.Srtp;

namespace OCPlatform.Bench.Media;

/// <summary>What SRTP costs for a packet of 20 ms of PCMU: 12 bytes of header, 160 of payload.</summary>
internal static class SrtpBench
{
    private const int PacketBytes = 172;
    private const uint Ssrc = 0x1234_5678;

    public static int Run(string[] arguments)
    {
        var table = new FigureTable(
            "Packet of 172 bytes",
            "protect ns",
            "open ns",
            "refuse ns",
            "allocated B",
            "CM-80 = 1"
        );
        var reference = Measure(SrtpSuite.AesCm128HmacSha1Tag80);
        foreach (var suite in Enum.GetValues<SrtpSuite>())
        {
            var costs = suite == SrtpSuite.AesCm128HmacSha1Tag80 ? reference : Measure(suite);
            table.Add(
                suite.SdesName(),
                Figure(costs.Protect.Nanoseconds, "N0"),
                Figure(costs.Open.Nanoseconds, "N0"),
                Figure(costs.Refuse.Nanoseconds, "N0"),
                Figure(costs.Protect.AllocatedBytes + costs.Open.AllocatedBytes + costs.Refuse.AllocatedBytes, "N0"),
                Figure(
                    (costs.Protect.Nanoseconds + costs.Open.Nanoseconds)
                        / (reference.Protect.Nanoseconds + reference.Open.Nanoseconds),
                    "N2"
                )
            );
        }
        table.Print();
        return 0;
    }

    private static (Cost Protect, Cost Open, Cost Refuse) Measure(SrtpSuite suite)
    {
        var keys = SrtpKeys.Create(suite);
        using var sender = new SrtpSender(keys);
        using var receiver = new SrtpReceiver(keys);
        using var stranger = new SrtpReceiver(SrtpKeys.Create(suite));
        var buffer = new byte[PacketBytes + SrtpSender.MaxOverheadBytes];
        RtpHeader.Write(buffer, 0, marker: false, 0, 0, Ssrc);
        var sequence = (ushort)0;
        var length = 0;

        void Protect()
        {
            BinaryPrimitives.WriteUInt16BigEndian(buffer.AsSpan(2), ++sequence);
            length = sender.ProtectRtp(buffer, PacketBytes);
        }

        void Pass()
        {
            Protect();
            if (receiver.UnprotectRtp(buffer.AsSpan(0, length), out _) != SrtpVerdict.Accepted)
                throw new InvalidOperationException("The packet is ours.");
        }

        void Refuse()
        {
            if (stranger.UnprotectRtp(buffer.AsSpan(0, length), out _) != SrtpVerdict.Forged)
                throw new InvalidOperationException("The packet is not its.");
        }

        var both = Measurement.Of(Pass);
        var protect = Measurement.Of(Protect);
        var open = new Cost(both.Nanoseconds - protect.Nanoseconds, both.AllocatedBytes - protect.AllocatedBytes);
        return (protect, open, Measurement.Of(Refuse));
    }

    private static string Figure(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}

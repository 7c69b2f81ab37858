using System.Net;

namespace OCPlatform.LoadTest.Tests;

/// <summary>What the far end does to its packets is what the report says.</summary>
public sealed class PacketInjectionTests
{
    [Fact]
    public async Task Lost_doubled_late_and_disordered_packets_are_counted_right()
    {
        await using var agent = new RoughAgent(packets: 150)
        {
            Lost = new HashSet<int> { 20, 21, 22, 60, 90 },
            Doubled = new HashSet<int> { 30, 70 },
            // 50 ms late: overtaken by two packets, in time for the jitter buffer of 120 ms.
            DelayedMs = new Dictionary<int, int>
            {
                [40] = 50,
                [80] = 50,
                [110] = 50,
                [111] = 50,
            },
        };
        await using var caller = new SyntheticCaller(
            new()
            {
                Bind = new IPEndPoint(IPAddress.Loopback, 0),
                RtpPortStart = 26_000,
                RtpPortEnd = 26_099,
            }
        );
        var listen = new CallerScript { Name = "listen", End = ScenarioEnd.WaitForAgent };

        var packets = (await caller.CallAsync(listen, new() { Target = agent.Address })).Measurement.Packets;

        packets.Received.Should().Be(145);
        packets.Lost.Should().Be(5);
        packets.Duplicate.Should().Be(2);
        packets.TimestampJumps.Should().Be(0);
        // The sender itself may have been held up: it knows by how much.
        var lateness = LatenessOf(agent.Sent);
        packets.Late.Should().BeInRange(lateness.Count(ms => ms > 21), lateness.Count(ms => ms > 19));
        packets.Late.Should().BeGreaterThanOrEqualTo(4);
        packets.Lateness!.Max.Should().BeApproximately(lateness.Max(), 2);
        packets.OutOfOrder.Should().BeGreaterThanOrEqualTo(3);
    }

    private static List<double> LatenessOf(List<(int Packet, long SentMicros)> sent)
    {
        var transit = sent.Select(s => s.SentMicros / 1000.0 - s.Packet * 20).ToList();
        return [.. transit.Select(t => t - transit.Min())];
    }
}

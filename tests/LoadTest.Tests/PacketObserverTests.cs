namespace OCPlatform.LoadTest.Tests;

public sealed class PacketObserverTests
{
    [Fact]
    public void Lateness_is_against_the_fastest_packet_even_when_it_comes_last()
    {
        var observer = new PacketObserver();
        observer.OnPacket(1_030_000, 5000);
        observer.OnPacket(1_050_001, 5160);
        observer.OnPacket(1_040_000, 5320);

        var packets = Finish(observer);

        packets.Lateness!.Max.Should().BeApproximately(30.001, 0.0001);
        packets.Lateness.Min.Should().Be(0);
        packets.Late.Should().Be(2);
        packets.OutOfOrder.Should().Be(1);
    }

    [Fact]
    public void A_steady_stream_is_not_late_across_the_wrap_of_the_timestamp()
    {
        var observer = new PacketObserver();
        for (var i = 0; i < 100; i++)
        {
            observer.OnPacket(i * 20_000L, unchecked((uint)(uint.MaxValue - 1600 + i * 160)));
        }

        var packets = Finish(observer);

        packets.Lateness!.Max.Should().Be(0);
        packets.Received.Should().Be(100);
        packets.TimestampJumps.Should().Be(0);
    }

    [Fact]
    public void A_stalled_sender_is_late_and_a_new_time_line_is_a_jump()
    {
        var stalled = new PacketObserver();
        stalled.OnPacket(0, 0);
        stalled.OnPacket(20_000, 160);
        stalled.OnPacket(940_000, 320);
        var jumped = new PacketObserver();
        jumped.OnPacket(0, 0);
        jumped.OnPacket(20_000, 160);
        jumped.OnPacket(40_000, 4_000_000);
        jumped.OnPacket(60_000, 4_000_160);
        jumped.OnPacket(80_000, 160);

        Finish(stalled).Lateness!.Max.Should().Be(900);
        var packets = Finish(jumped);
        packets.TimestampJumps.Should().Be(2);
        packets.Lateness!.Max.Should().Be(0);
    }

    [Fact]
    public void Packets_that_missed_the_jitter_buffer_are_late()
    {
        var observer = new PacketObserver();
        observer.OnPacket(0, 0);

        var packets = observer.Finish(3, missed: 2, 120_000, 1, 7, 0.5);

        packets
            .Should()
            .BeEquivalentTo(
                new
                {
                    Received = 3,
                    Lost = 3,
                    Late = 2,
                    Duplicate = 1,
                    Sent = 7,
                    JitterMs = 0.5,
                }
            );
        packets.Lateness!.P99.Should().Be(120);
    }

    private static PacketMeasurement Finish(PacketObserver observer) => observer.Finish(0, 0, 0, 0, 0, 0);
}

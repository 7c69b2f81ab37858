namespace OCPlatform.LoadTest.Tests;

public sealed class PacketObserverTests
{
    [Fact]
    public void Lateness_is_against_the_fastest_packet_even_when_it_comes_later()
    {
        var observer = new PacketObserver();
        observer.OnPacket(1, 10, 5000, 1_030_000);
        observer.OnPacket(1, 12, 5320, 1_035_000);
        observer.OnPacket(1, 11, 5160, 1_050_001);

        var packets = Finish(observer);

        packets.Lateness!.Max.Should().BeApproximately(35.001, 0.0001);
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
            observer.OnPacket(
                1,
                unchecked((ushort)(65_500 + i)),
                unchecked((uint)(uint.MaxValue - 1600 + i * 160)),
                i * 20_000L
            );
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
        stalled.OnPacket(1, 1, 0, 0);
        stalled.OnPacket(1, 2, 160, 20_000);
        stalled.OnPacket(1, 3, 320, 940_000);
        var jumped = new PacketObserver();
        jumped.OnPacket(1, 4, 0, 0);
        jumped.OnPacket(1, 5, 160, 20_000);
        jumped.OnPacket(1, 6, 4_000_000, 40_000);
        jumped.OnPacket(1, 7, 4_000_160, 60_000);
        jumped.OnPacket(1, 8, 160, 80_000);

        Finish(stalled).Lateness!.Max.Should().Be(900);
        var packets = Finish(jumped);
        packets.TimestampJumps.Should().Be(2);
        packets.Lateness!.Max.Should().Be(0);
    }

    [Fact]
    public void Missing_doubled_and_overtaken_packets_are_told_apart_across_the_wrap_of_the_sequence_number()
    {
        var observer = new PacketObserver();
        foreach (var n in new[] { 0, 1, 4, 3, 3, 6, 1, 7 })
        {
            observer.OnPacket(1, unchecked((ushort)(65_533 + n)), (uint)(n * 160), n * 20_000L);
        }

        Finish(observer)
            .Should()
            .BeEquivalentTo(
                new
                {
                    Received = 6,
                    Lost = 2,
                    Duplicate = 2,
                    OutOfOrder = 1,
                    TimestampJumps = 0,
                }
            );
    }

    [Fact]
    public void Another_source_is_no_loss_and_an_event_is_not_timed()
    {
        var observer = new PacketObserver();
        observer.OnPacket(1, 100, 0, 0);
        observer.OnPacket(1, 101, 0, 20_000, audio: false);
        observer.OnPacket(1, 102, 0, 40_000, audio: false);
        observer.OnPacket(2, 9000, 777_777, 60_000);
        observer.OnPacket(2, 9001, 777_937, 80_000);

        var packets = Finish(observer);

        packets.Received.Should().Be(5);
        packets.Lost.Should().Be(0);
        packets.TimestampJumps.Should().Be(0);
        packets.Lateness!.Should().BeEquivalentTo(new { Count = 3, Max = 0.0 });
    }

    private static PacketMeasurement Finish(PacketObserver observer) => observer.Finish(0, 0);
}

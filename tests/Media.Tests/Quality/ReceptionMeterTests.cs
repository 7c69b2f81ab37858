using OCPlatform.Media.Quality;

namespace OCPlatform.Media.Tests.Quality;

public class ReceptionMeterTests
{
    private ReceptionMeter _meter;

    [Fact]
    public void Packets_out_of_order_are_not_lost()
    {
        foreach (var sequence in (int[])[10, 12, 11, 14, 13, 15])
            Take(sequence);

        _meter.Metrics.Received.Should().Be(6);
        _meter.Metrics.Lost.Should().Be(0);
    }

    [Fact]
    public void What_never_comes_is_lost_and_what_comes_too_late_discarded()
    {
        foreach (var sequence in Enumerable.Range(0, 200).Where(s => s is not (50 or 51 or 52)))
            Take(sequence);
        Take(200);
        _meter.OnDiscarded(200);

        var metrics = _meter.Metrics;
        metrics.Lost.Should().Be(3);
        metrics.Discarded.Should().Be(1);
        metrics.LongestMissingRun.Should().Be(3);
        metrics.Expected.Should().Be(201);
    }

    [Fact]
    public void Another_source_begins_anew_without_loss()
    {
        for (var i = 0; i < 100; i++)
            Take(1000 + i);
        for (var i = 0; i < 100; i++)
            Take(500 + i, ssrc: 2);
        Take(60_000, ssrc: 2);

        _meter.Metrics.Received.Should().Be(201);
        _meter.Metrics.Lost.Should().Be(0);
    }

    [Fact]
    public void The_time_of_a_packet_is_learnt_and_a_pause_is_not_taken_for_it()
    {
        _meter.OnReceived(1, 1, 0, 8000);
        _meter.PacketTicks.Should().Be(0);
        _meter.OnReceived(1, 2, 240, 8000);
        _meter.PacketTicks.Should().Be(240);
        _meter.OnReceived(1, 3, 80_000, 8000);
        _meter.OnReceived(1, 4, 80_000, 8000);
        _meter.PacketTicks.Should().Be(240);
    }

    [Fact]
    public void Reading_changes_nothing()
    {
        for (var i = 0; i < 300; i++)
        {
            if (i % 7 != 0)
                Take(i);
            var once = _meter.Metrics;
            _meter.Metrics.Should().Be(once);
        }

        _meter.Metrics.Lost.Should().Be(42, "the stream begins with packet 1");
    }

    [Fact]
    public void Nothing_is_allocated_per_packet()
    {
        var i = 0;
        Allocations.ShouldBeNonePer(
            "packet",
            20_000,
            () =>
            {
                if (i % 50 != 3)
                    Take(i);
                if (i % 90 == 0)
                    _meter.OnDiscarded(i - 5);
                if (++i % 1000 == 0)
                    _ = _meter.Metrics;
            }
        );
    }

    private void Take(long sequence, uint ssrc = 1) => _meter.OnReceived(ssrc, sequence, (uint)(sequence * 160), 8000);
}

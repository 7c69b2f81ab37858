using OCPlatform.Media.Quality;

namespace OCPlatform.Media.Tests.Quality;

public class BurstMeterTests
{
    [Fact]
    public void Single_losses_with_sixteen_good_packets_between_them_are_one_gap()
    {
        var metrics = Measure(Good(20) + "x" + Good(16) + "x" + Good(16));

        metrics.Bursts.Should().Be(0);
        metrics.Gaps.Should().Be(1);
        metrics.GapPackets.Should().Be(54);
        metrics.GapDensity.Should().BeApproximately(2 / 54.0, 1e-9);
        metrics.MissingShare.Should().BeApproximately(2 / 54.0, 1e-9);
    }

    [Fact]
    public void Losses_with_fifteen_good_packets_between_them_are_a_burst()
    {
        var metrics = Measure(Good(20) + "x" + Good(15) + "x" + Good(30));

        metrics.Bursts.Should().Be(1);
        metrics.BurstPackets.Should().Be(17);
        metrics.BurstDensity.Should().BeApproximately(2 / 17.0, 1e-9);
        metrics.Gaps.Should().Be(2);
        metrics.MeanGapPackets.Should().Be(25);
        metrics.GapDensity.Should().Be(0);
    }

    [Fact]
    public void Late_packets_count_as_missing_but_are_told_apart()
    {
        var metrics = Measure("..x.d.xx" + Good(40));

        metrics.Lost.Should().Be(3);
        metrics.Discarded.Should().Be(1);
        metrics.BurstPackets.Should().Be(6);
        metrics.BurstMissing.Should().Be(4);
        metrics.MissingRuns.Should().Be(3);
        metrics.LongestMissingRun.Should().Be(2);
    }

    [Fact]
    public void A_burst_at_the_very_start_and_one_at_the_end_leave_one_gap_between_them()
    {
        var metrics = Measure("xx" + Good(100) + "xxx");

        metrics.Bursts.Should().Be(2);
        metrics.Gaps.Should().Be(1);
        metrics.MeanBurstPackets.Should().Be(2.5);
        metrics.BurstDensity.Should().Be(1);
    }

    [Fact]
    public void Nothing_measured_is_nothing_lost()
    {
        var metrics = Measure("");

        metrics.Gaps.Should().Be(0);
        metrics.MissingShare.Should().Be(0);
        metrics.BurstRatio.Should().Be(1);
    }

    [Fact]
    public void Reading_the_metrics_midway_changes_nothing()
    {
        var read = new BurstMeter();
        var unread = new BurstMeter();
        foreach (var packet in "xx.x" + Good(17) + "x.." + Good(16) + "xx")
        {
            Take(ref read, packet);
            _ = read.Metrics;
            Take(ref unread, packet);
        }

        read.Metrics.Should().Be(unread.Metrics);
    }

    [Theory]
    [InlineData(0.02)]
    [InlineData(0.2)]
    public void Random_loss_has_a_burst_ratio_of_one(double loss)
    {
        var random = new Random(7);
        var meter = new BurstMeter();
        for (var i = 0; i < 200_000; i++)
            Take(ref meter, random.NextDouble() < loss ? 'x' : '.');

        meter.Metrics.BurstRatio.Should().BeApproximately(1, 0.03);
        meter.Metrics.MissingShare.Should().BeApproximately(loss, 0.005);
    }

    [Fact]
    public void Losses_that_come_in_fours_have_a_burst_ratio_of_nearly_four()
    {
        var metrics = Measure(string.Concat(Enumerable.Repeat(Good(96) + "xxxx", 100)));

        metrics.BurstRatio.Should().BeApproximately(4 * 0.96, 1e-9);
    }

    [Fact]
    public void Every_packet_belongs_to_a_burst_or_a_gap()
    {
        var random = new Random(3);
        for (var round = 0; round < 200; round++)
        {
            var meter = new BurstMeter();
            var loss = random.NextDouble() * 0.4;
            for (var i = 0; i < 500; i++)
                Take(ref meter, random.NextDouble() < loss ? (i % 3 == 0 ? 'd' : 'x') : '.');
            var metrics = meter.Metrics;
            (metrics.BurstPackets + metrics.GapPackets).Should().Be(500);
            (metrics.BurstMissing + metrics.GapMissing).Should().Be((int)(metrics.Lost + metrics.Discarded));
            Math.Abs(metrics.Gaps - metrics.Bursts).Should().BeLessThanOrEqualTo(1);
        }
    }

    private static BurstMetrics Measure(string packets)
    {
        var meter = new BurstMeter();
        foreach (var packet in packets)
            Take(ref meter, packet);
        return meter.Metrics;
    }

    private static void Take(ref BurstMeter meter, char packet)
    {
        switch (packet)
        {
            case 'x':
                meter.OnLost();
                break;
            case 'd':
                meter.OnDiscarded();
                break;
            default:
                meter.OnReceived();
                break;
        }
    }

    private static string Good(int count) => new('.', count);
}

using Microsoft.Extensions.Time.Testing;
using OCPlatform.Host.Telemetry;

namespace OCPlatform.Host.Tests.Telemetry;

public sealed class ProcessorMeterTests
{
    [Theory]
    [InlineData("7 (media clock) S 1 7 7 0 -1 4194624 10 0 0 0 250 50 0 0 20 0 30 0 99 1 1", null)]
    [InlineData("7 (engine) R 1 7 7 0 -1 4194624 10 0 0 0 250 50 0 0 30 10 30 0 99 1 1", 300L)]
    [InlineData("7 (a) b) S 0) R 1 7 7 0 -1 4194624 10 0 0 0 1 2 0 0 25 5 30 0 99 1 1", 3L)]
    [InlineData("7 (clock) S 1 7 7 0 -1 4194624 10 0 0 0 250 50 0 0 -2 -10 30 0 99 1 1", null)]
    public void Only_the_time_of_niced_threads_is_left_out(string stat, long? ticks) =>
        ProcessorMeter.NicedTicks(stat).Should().Be(ticks);

    [Fact]
    public void The_share_is_of_the_time_since_the_last_question()
    {
        var time = new FakeTimeProvider();
        var meter = new ProcessorMeter(time);
        meter.Read().Should().Be(0, "there is nothing to compare with yet");
        var until = Used() + TimeSpan.FromSeconds(0.2);
        while (Used() < until) { }

        // The clock says that a tenth of a second of all cores went by; twice as much was used.
        time.Advance(TimeSpan.FromSeconds(0.1 / Environment.ProcessorCount));
        meter.Read().Should().BeGreaterThan(0.9);
        time.Advance(TimeSpan.FromHours(1));
        meter.Read().Should().BeLessThan(0.01);
    }

    private static TimeSpan Used()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.TotalProcessorTime;
    }
}

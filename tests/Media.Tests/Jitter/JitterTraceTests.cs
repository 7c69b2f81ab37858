using OCPlatform.Bench.Jitter;

namespace OCPlatform.Media.Tests.Jitter;

/// <summary>A slice of the benchmark: the adaptive buffer against fixed ones of 40, 60 and 100 ms.</summary>
public class JitterTraceTests
{
    [Theory]
    [InlineData("perfect")]
    [InlineData("loss 5 %, bursts of 4")]
    [InlineData("jitter 20 ms normal")]
    [InlineData("jitter 40 ms pareto")]
    [InlineData("reorder 25 % by 40 ms")]
    [InlineData("stalls ≤ 150 ms")]
    [InlineData("queue ≤ 120 ms")]
    [InlineData("mix")]
    public void It_sounds_as_good_as_the_best_fixed_buffer_and_conceals_hardly_more_than_was_lost(string name)
    {
        var network = JitterBench.Networks.Single(n => n.Name == name);
        var passages = network.Send(seconds: 120, ptimeMs: 20, seed: 1);
        JitterOutcome Run(int minDelayMs, int maxDelayMs) =>
            JitterTrial.Run(passages, 20, minDelayMs, maxDelayMs, phaseMs: 7.3);

        var adaptive = Run(10, 400);
        var rivals = new[] { 40, 60, 100 }.Select(ms => Run(ms, ms)).ToArray();

        // MOS is told in hundredths.
        adaptive.Mos.Should().BeGreaterThanOrEqualTo(rivals.Max(r => r.Mos) - 0.005);
        adaptive.Concealed.Should().BeLessThanOrEqualTo(adaptive.Lost + 0.005);
        adaptive.Stretched.Should().BeLessThan(0.02);
        adaptive.Shrunk.Should().BeLessThan(0.02);
    }
}

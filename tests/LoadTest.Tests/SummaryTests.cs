using CsCheck;

namespace OCPlatform.LoadTest.Tests;

public sealed class SummaryTests
{
    [Fact]
    public void Percentiles_are_by_nearest_rank()
    {
        var summary = Summary.Of(Enumerable.Range(1, 100).Select(i => (double)i).Reverse())!;

        summary.Should().Be(new Summary(100, 1, 50.5, 50, 90, 95, 99, 100));
    }

    [Fact]
    public void One_value_is_every_percentile() => Summary.Of([7])!.Should().Be(new Summary(1, 7, 7, 7, 7, 7, 7, 7));

    [Fact]
    public void Nothing_measured_has_no_summary() => Summary.Of([]).Should().BeNull();

    [Fact]
    public void At_least_the_percentage_of_all_values_is_not_above_the_percentile() =>
        Gen.Double[0, 1000]
            .Array[1, 200]
            .Sample(values =>
            {
                var summary = Summary.Of(values)!;
                foreach (var (percent, value) in new[] { (50, summary.P50), (90, summary.P90), (99, summary.P99) })
                {
                    values.Should().Contain(value);
                    (values.Count(v => v <= value) * 100.0 / values.Length).Should().BeGreaterThanOrEqualTo(percent);
                    (values.Count(v => v < value) * 100.0 / values.Length).Should().BeLessThan(percent);
                }
            });

    [Fact]
    public void The_histogram_agrees_with_exact_percentiles_within_its_step() =>
        Gen.Int[0, 3_000_000]
            .Array[1, 300]
            .Sample(micros =>
            {
                var histogram = new LatenessHistogram();
                histogram.Add(micros);
                var exact = Summary.Of(micros.Select(m => m / 1000.0))!;
                var found = histogram.Summarize()!;

                found.Max.Should().Be(exact.Max);
                found.Mean.Should().BeApproximately(exact.Mean, 0.001);
                foreach (var name in new[] { "p50", "p90", "p95", "p99" })
                {
                    found[name]!.Value.Should().BeGreaterThanOrEqualTo(exact[name]!.Value);
                    if (exact[name] < 2000)
                    {
                        found[name]!.Value.Should().BeApproximately(exact[name]!.Value, 0.1001);
                    }
                }
            });
}

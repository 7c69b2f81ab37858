namespace OCPlatform.LoadTest;

/// <summary>What a set of figures looks like. Exact: percentiles by nearest rank over all values, none interpolated.</summary>
public sealed record Summary(
    int Count,
    double Min,
    double Mean,
    double P50,
    double P90,
    double P95,
    double P99,
    double Max
)
{
    /// <summary>Null when there are no values: no figure is better than a zero that looks good.</summary>
    public static Summary? Of(IEnumerable<double> values)
    {
        var sorted = values.ToArray();
        if (sorted.Length == 0)
        {
            return null;
        }
        Array.Sort(sorted);
        return new Summary(
            sorted.Length,
            sorted[0],
            sorted.Average(),
            NearestRank(sorted, 50),
            NearestRank(sorted, 90),
            NearestRank(sorted, 95),
            NearestRank(sorted, 99),
            sorted[^1]
        );
    }

    /// <summary>The smallest value that at least <paramref name="percent"/> % of all values do not exceed.</summary>
    public static double NearestRank(ReadOnlySpan<double> sorted, double percent)
    {
        if (sorted.IsEmpty)
        {
            throw new ArgumentException("No values.", nameof(sorted));
        }
        var rank = (int)Math.Ceiling(percent / 100 * sorted.Length);
        return sorted[Math.Clamp(rank, 1, sorted.Length) - 1];
    }

    /// <summary>The statistic an SLO names: <c>min</c>, <c>mean</c>, <c>max</c>, <c>p50</c>, <c>p90</c>, <c>p95</c>, <c>p99</c>.</summary>
    public double? this[string statistic] =>
        statistic switch
        {
            "min" => Min,
            "mean" => Mean,
            "p50" => P50,
            "p90" => P90,
            "p95" => P95,
            "p99" => P99,
            "max" => Max,
            _ => null,
        };

    public Summary Rounded(int decimals = 2) =>
        new(
            Count,
            Math.Round(Min, decimals),
            Math.Round(Mean, decimals),
            Math.Round(P50, decimals),
            Math.Round(P90, decimals),
            Math.Round(P95, decimals),
            Math.Round(P99, decimals),
            Math.Round(Max, decimals)
        );
}

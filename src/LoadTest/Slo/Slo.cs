using System.Globalization;

namespace OCPlatform.LoadTest;

public enum SloComparison
{
    Less,
    AtMost,
    Greater,
    AtLeast,
    Equal,
}

/// <summary>One objective, such as <c>v2v.p50&lt;1.2s</c>. The limit is in ms, or a count, or percent (see the metric).</summary>
public sealed record Slo(string Text, SloMetric Metric, string? Statistic, SloComparison Comparison, double Limit)
{
    private static readonly (string Sign, SloComparison Comparison)[] Signs =
    [
        ("<=", SloComparison.AtMost),
        (">=", SloComparison.AtLeast),
        ("<", SloComparison.Less),
        (">", SloComparison.Greater),
        ("=", SloComparison.Equal),
    ];

    /// <summary>Reads a comma-separated list, such as <c>setup.p99&lt;50ms,v2v.p50&lt;1.2s,failed=0</c>.</summary>
    /// <exception cref="FormatException">With words that name what is wrong and what would be right.</exception>
    public static IReadOnlyList<Slo> ParseList(string text)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        if (parts.Any(p => p.Length == 0))
        {
            throw new FormatException($"Empty objective in “{text}”: write them as setup.p99<50ms,failed=0.");
        }
        return [.. parts.Select(Parse)];
    }

    /// <exception cref="FormatException">With words that name what is wrong and what would be right.</exception>
    public static Slo Parse(string text)
    {
        var at = text.AsSpan().IndexOfAny('<', '>', '=');
        if (at < 0)
        {
            throw new FormatException($"“{text}” has no comparison: write <, <=, >, >= or =, as in failed=0.");
        }
        var (sign, comparison) = Signs.First(s => text.AsSpan(at).StartsWith(s.Sign));
        var name = text[..at].Trim().ToLowerInvariant();
        var limitText = text[(at + sign.Length)..].Trim();
        var (metric, statistic) = FindMetric(text, name);
        return new Slo(text.Trim(), metric, statistic, comparison, ParseLimit(text, metric, limitText));
    }

    private static (SloMetric Metric, string? Statistic) FindMetric(string text, string name)
    {
        if (SloMetric.All.FirstOrDefault(m => m.Name == name) is { } whole)
        {
            return whole.HasStatistics
                ? throw new FormatException(
                    $"“{text}”: {name} is many figures; say which, as in {name}.p99 ({string.Join(", ", SloMetric.Statistics)})."
                )
                : (whole, null);
        }
        var dot = name.LastIndexOf('.');
        if (dot > 0 && SloMetric.All.FirstOrDefault(m => m.HasStatistics && m.Name == name[..dot]) is { } metric)
        {
            var statistic = name[(dot + 1)..];
            return SloMetric.Statistics.Contains(statistic)
                ? (metric, statistic)
                : throw new FormatException(
                    $"“{text}”: no statistic “{statistic}”; there are {string.Join(", ", SloMetric.Statistics)}."
                );
        }
        throw new FormatException(
            $"“{text}”: no figure “{name}”; there are {string.Join(", ", SloMetric.All.Select(m => m.Name))}."
        );
    }

    private static double ParseLimit(string text, SloMetric metric, string limit)
    {
        switch (metric.Unit)
        {
            case SloUnit.Milliseconds:
                return DurationText.TryParse(limit, out var duration)
                    ? duration.TotalMilliseconds
                    : throw new FormatException(
                        $"“{text}”: {metric.Name} is a time; write it with its unit, as in 50ms or 1.2s."
                    );
            case SloUnit.Megabytes:
                var (number, factor) =
                    limit.EndsWith("GB", StringComparison.OrdinalIgnoreCase) ? (limit[..^2], 1000)
                    : limit.EndsWith("MB", StringComparison.OrdinalIgnoreCase) ? (limit[..^2], 1)
                    : ("", 0);
                return factor * Number(number, $"“{text}”: {metric.Name} is a size; write it as 800MB or 1.5GB.");
            case SloUnit.Percent:
                return Number(limit.TrimEnd('%'), $"“{text}”: {metric.Name} is a share; write it as 1% or 0.5%.");
            default:
                return Number(limit, $"“{text}”: {metric.Name} is a count; write a plain number, as in failed=0.");
        }

        static double Number(string limit, string complaint) =>
            double.TryParse(limit, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                ? number
                : throw new FormatException(complaint);
    }

    /// <summary>Whether the figure keeps to the limit. A figure that was never measured does not.</summary>
    public bool IsMetBy(double? figure) =>
        figure is { } value
        && Comparison switch
        {
            SloComparison.Less => value < Limit,
            SloComparison.AtMost => value <= Limit,
            SloComparison.Greater => value > Limit,
            SloComparison.AtLeast => value >= Limit,
            _ => value == Limit,
        };
}

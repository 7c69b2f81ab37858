using System.Collections.Immutable;

namespace OCPlatform.Dialog.Agents;

/// <summary>Local times; Closes is after Opens.</summary>
public readonly record struct OpenSpan(TimeOnly Opens, TimeOnly Closes);

/// <summary>When the business is open, by weekday; a day without spans is closed.</summary>
public sealed class OpeningHours(IReadOnlyDictionary<DayOfWeek, ImmutableArray<OpenSpan>> days)
{
    /// <summary>Monday first.</summary>
    public static readonly ImmutableArray<DayOfWeek> Week =
    [
        DayOfWeek.Monday,
        DayOfWeek.Tuesday,
        DayOfWeek.Wednesday,
        DayOfWeek.Thursday,
        DayOfWeek.Friday,
        DayOfWeek.Saturday,
        DayOfWeek.Sunday,
    ];

    public ImmutableArray<OpenSpan> On(DayOfWeek day) => days.TryGetValue(day, out var spans) ? spans : [];

    /// <summary>Whether an appointment of this length fits in between opening and closing.</summary>
    public bool Fits(DayOfWeek day, TimeOnly start, int minutes) =>
        On(day).Any(span => start >= span.Opens && start.ToTimeSpan() + Minutes(minutes) <= span.Closes.ToTimeSpan());

    /// <summary>Every start of an appointment on that weekday, in order.</summary>
    public IEnumerable<TimeOnly> Starts(DayOfWeek day, int minutes)
    {
        foreach (var span in On(day))
        {
            for (
                var start = span.Opens.ToTimeSpan();
                start + Minutes(minutes) <= span.Closes.ToTimeSpan();
                start += Minutes(minutes)
            )
            {
                yield return TimeOnly.FromTimeSpan(start);
            }
        }
    }

    /// <summary>Neighbouring days with the same hours together, Monday first; closed days left out.</summary>
    public IEnumerable<(DayOfWeek First, DayOfWeek Last, ImmutableArray<OpenSpan> Spans)> Groups()
    {
        var i = 0;
        while (i < Week.Length)
        {
            var spans = On(Week[i]);
            var last = i;
            while (last + 1 < Week.Length && On(Week[last + 1]).SequenceEqual(spans))
            {
                last++;
            }
            if (!spans.IsEmpty)
            {
                yield return (Week[i], Week[last], spans);
            }
            i = last + 1;
        }
    }

    private static TimeSpan Minutes(int minutes) => TimeSpan.FromMinutes(minutes);
}

using System.Globalization;
using OCPlatform.AiAdapters.TextToSpeech.Text;

namespace OCPlatform.LoadTest.Chaos;

/// <summary>The appointment a caller wants: a day and a time, local to the agent.</summary>
public readonly record struct Slot(DateOnly Day, TimeOnly Time)
{
    /// <summary>Whether an appointment (day as yyyy-MM-dd, time as HH:mm) is this one.</summary>
    public bool Is(string day, string time) =>
        DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
        && date == Day
        && TimeOnly.TryParse(time, CultureInfo.InvariantCulture, out var at)
        && at == Time;
}

/// <summary>Scripts of callers who book an appointment each, no two of them at the same time.</summary>
public static class BookingScripts
{
    /// <summary>The name that every caller gives.</summary>
    public const string Surname = "miller";

    // The agent is asleep at other times (agents/frontdesk.yaml), and a fully booked day would bring other questions.
    private static readonly TimeOnly FirstTime = new(9, 0);
    private static readonly TimeOnly LastTime = new(16, 0);
    private static readonly TimeOnly LastOnFriday = new(14, 0);
    private static readonly TimeSpan Think = TimeSpan.FromMilliseconds(1200);

    /// <summary>
    /// All slots of the two weeks after <paramref name="today"/>: more than there are callers at once, or two would want the same.
    /// </summary>
    public static IReadOnlyList<Slot> SlotsAfter(DateOnly today)
    {
        var slots = new List<Slot>();
        for (var time = FirstTime; time <= LastTime; time = time.AddMinutes(30))
        {
            for (var day = today.AddDays(1); day <= today.AddDays(14); day = day.AddDays(1))
            {
                var last = day.DayOfWeek == DayOfWeek.Friday ? LastOnFriday : LastTime;
                if (day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday) && time <= last)
                {
                    slots.Add(new Slot(day, time));
                }
            }
        }
        return slots;
    }

    /// <summary>The day in the agent's time zone; for a few hours a day it is one too late, which does no harm.</summary>
    public static DateOnly Today(TimeProvider time) => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);

    /// <summary>The conversation that books the slot.</summary>
    public static Scenario For(Slot slot, int number) =>
        new()
        {
            Name = $"booking-{number}",
            End = ScenarioEnd.WaitForAgent,
            ReplyTimeout = TimeSpan.FromSeconds(20),
            Lines =
            [
                Say("what are your opening hours"),
                Say($"i would like to book an appointment for {Spoken(slot)}"),
                Say("my name is john miller"),
                Say("yes, that is right"),
                Say("no thank you, goodbye") with
                {
                    ReplyRequired = false,
                },
            ],
        };

    private static ScenarioLine Say(string text) => new SayLine(text) { Think = Think };

    private static string Spoken(Slot slot)
    {
        var hour = SpokenNumbers.Cardinal((slot.Time.Hour + 11) % 12 + 1);
        var half = slot.Time.Minute == 30 ? " thirty" : "";
        var month = slot.Day.ToString("MMMM", CultureInfo.InvariantCulture).ToLowerInvariant();
        return $"{month} {SpokenNumbers.Ordinal(slot.Day.Day)} at {hour}{half} {(slot.Time.Hour < 12 ? "a m" : "p m")}";
    }
}

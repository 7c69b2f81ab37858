using System.Globalization;

namespace OCPlatform.LoadTest.Chaos;

/// <summary>One thing that must be true of a run, and whether it is.</summary>
public sealed record Verdict(string Text, bool Met);

/// <summary>Judges a run. Pure.</summary>
public static class ChaosVerdict
{
    private const double ContinuedPercent = 99;
    private const double KillGapP50Ms = 2500;
    private const double KillGapP99Ms = 4000;
    private const double RollingGapP99Ms = 150;

    // Packets that were on the way, or in the socket, when the call moved.
    private const double StrangerMs = 200;

    public static IReadOnlyList<Verdict> Judge(ChaosResult result)
    {
        var figures = result.Load.Figures;
        var victims = result.Faults.Sum(f => f.Fault.Victims.Count);
        var continued = result.Faults.Sum(f => f.Continued);
        var gaps = Summary.Of(result.Faults.SelectMany(f => f.Gaps));
        var verdicts = new List<Verdict>
        {
            Of(
                $"all nodes came back ({result.Faults.Count(f => f.Fault.ReadyAgain is null)} did not)",
                result.Faults.All(f => f.Fault.ReadyAgain is not null)
            ),
            Of(
                $"no call is stuck after {ChaosRun.StuckAfter.TotalSeconds:0} s ({result.StuckCalls.Count} are)",
                result.StuckCalls.Count == 0
            ),
            Of($"no caller hears two agents ({figures.Scalars["twoagents"]} did)", figures.Scalars["twoagents"] == 0),
            Of(
                $"no former owner writes to a call's journal ({result.Owners.Sum(o => o.WritersThatCameBack)} writes)",
                result.Owners.All(o => o.WritersThatCameBack == 0)
            ),
        };
        switch (result.Plan.Kind)
        {
            case FaultKind.Rolling:
                verdicts.Add(
                    Of($"no call is dropped ({figures.Scalars["dropped"]} were)", figures.Scalars["dropped"] == 0)
                );
                verdicts.Add(
                    Of($"none is refused ({figures.Scalars["refused"]} were)", figures.Scalars["refused"] == 0)
                );
                verdicts.Add(Gap("p99", gaps?.P99, RollingGapP99Ms));
                verdicts.Add(Of("every node ended with 0", result.Faults.All(f => f.Fault.ExitCode == 0)));
                break;
            case FaultKind.Kill:
                var percent = victims == 0 ? 0 : 100.0 * continued / victims;
                verdicts.Add(
                    Of(
                        $"{percent:0.0} % of {victims} calls go on, {ContinuedPercent} % are wanted",
                        percent >= ContinuedPercent
                    )
                );
                verdicts.Add(Gap("p50", gaps?.P50, KillGapP50Ms));
                verdicts.Add(Gap("p99", gaps?.P99, KillGapP99Ms));
                break;
            default:
                verdicts.Add(Of($"no victim is lost ({victims - continued} of {victims} are)", victims == continued));
                var stranger = result.Faults.Max(f => f.Stranger?.Max ?? 0);
                verdicts.Add(
                    Of(
                        $"the former owner is silent {stranger:0} ms after the move, {StrangerMs} ms are allowed",
                        stranger <= StrangerMs
                    )
                );
                break;
        }
        if (result.Plan.Talk == ChaosTalk.Booking)
        {
            verdicts.AddRange(JudgeBooks(result));
        }
        return verdicts;
    }

    /// <summary>Whoever came to the end of the conversation has exactly one appointment, and the one asked for.</summary>
    private static IEnumerable<Verdict> JudgeBooks(ChaosResult result)
    {
        var slots = result.Slots;
        var byConversation = result.Books.ToLookup(b => b.Conversation);
        var doubled = byConversation.Count(rows => rows.Count() > 1);
        var (ended, missing, wrong) = (0, 0, 0);
        foreach (
            var call in result.Load.Calls.Where(c => c.Outcome is CallOutcome.AgentHungUp or CallOutcome.Completed)
        )
        {
            ended++;
            var conversation = result.CallIds.TryGetValue(call.CallId, out var id) ? ChaosRun.ConversationOf(id) : "";
            var row = byConversation[conversation].FirstOrDefault();
            missing += row is null ? 1 : 0;
            var slot = slots[call.Index % slots.Count];
            wrong +=
                row is not null
                && !(
                    slot.Is(row.Day, row.Time)
                    && row.Name.Contains(BookingScripts.Surname, StringComparison.OrdinalIgnoreCase)
                )
                    ? 1
                    : 0;
        }
        yield return Of($"no booking is doubled ({doubled} are)", doubled == 0);
        yield return Of(
            $"{ended} conversations came to their end; {missing} without a booking",
            ended > 0 && missing == 0
        );
        yield return Of($"{wrong} booked something else than was asked for", wrong == 0);
    }

    private static Verdict Gap(string what, double? ms, double limit) =>
        Of(
            $"gap {what} {ms?.ToString("0", CultureInfo.InvariantCulture) ?? "–"} ms, {limit} ms are allowed",
            ms <= limit
        );

    private static Verdict Of(FormattableString text, bool met) =>
        new(text.ToString(CultureInfo.InvariantCulture), met);

    private static Verdict Of(string text, bool met) => new(text, met);
}

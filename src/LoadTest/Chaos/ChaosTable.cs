using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace OCPlatform.LoadTest.Chaos;

/// <summary>A run's outcome on the terminal and as a file.</summary>
internal static class ChaosTable
{
    public static void Write(IAnsiConsole console, ChaosResult result, IReadOnlyList<Verdict> verdicts)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (
            var column in (string[])
                ["fault", "node", "calls", "went on", "lost", "gap p50", "p99", "max", "speech gap p50", "back after"]
        )
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }
        var number = 0;
        foreach (var fault in result.Faults)
        {
            table.AddRow(
                $"{++number} {fault.Fault.Kind.ToString().ToLowerInvariant()}",
                fault.Fault.Node,
                $"{fault.Fault.Victims.Count}",
                $"{fault.Continued}",
                $"{fault.Lost.Values.Sum()}",
                Ms(fault.Gap?.P50),
                Ms(fault.Gap?.P99),
                Ms(fault.Gap?.Max),
                Ms(fault.SpeechGap?.P50),
                fault.Fault.ReadyAgain is { } ready ? Ms((ready - fault.Fault.At).TotalMilliseconds) : "never"
            );
        }
        var gaps = Summary.Of(result.Faults.SelectMany(f => f.Gaps));
        table.AddRow(
            "all",
            "",
            $"{result.Faults.Sum(f => f.Fault.Victims.Count)}",
            $"{result.Faults.Sum(f => f.Continued)}",
            $"{result.Faults.Sum(f => f.Lost.Values.Sum())}",
            Ms(gaps?.P50),
            Ms(gaps?.P99),
            Ms(gaps?.Max),
            "",
            ""
        );
        console.Write(table);
        foreach (
            var (cause, count) in result
                .Faults.SelectMany(f => f.Lost)
                .GroupBy(l => l.Key, (k, l) => (k, l.Sum(x => x.Value)))
        )
        {
            Say(console, $"lost     {count}× {cause}");
        }
        foreach (var (cause, count) in result.Load.Figures.FailuresByCause)
        {
            Say(console, $"failed   {count}× {cause}");
        }
        var figures = result.Load.Figures;
        Say(
            console,
            $"calls    {figures.Calls} ended, {figures.Failed} failed, {figures.Scalars["refused"]} refused, {figures.Scalars["moves"]} moves; {result.Load.Calls.Sum(c => c.LinesRepeated)} lines said again; voice to voice p50 {Ms(figures.Summary("v2v")?.P50)}; harness clock late {result.Load.Cost.ClockLateMs:0.0} ms"
        );
        Say(
            console,
            $"journal  {result.Owners.Count} calls, {result.Owners.Sum(o => o.TakeUps.Count)} taken up, {result.Books.Count} appointments"
        );
        foreach (var stuck in result.StuckCalls.Take(10))
        {
            Say(console, $"stuck    {stuck}");
        }
        foreach (var verdict in verdicts)
        {
            console.MarkupLine(
                verdict.Met
                    ? $"[green]met[/]      {Markup.Escape(verdict.Text)}"
                    : $"[red]missed[/]   {Markup.Escape(verdict.Text)}"
            );
        }
    }

    /// <summary>The faults with their victims, and every call that failed or moved.</summary>
    public static string Json(ChaosResult result, IReadOnlyList<Verdict> verdicts) =>
        JsonSerializer.Serialize(
            new
            {
                kind = result.Plan.Kind.ToString(),
                verdicts,
                faults = result.Faults,
                calls = result.Load.Calls.Select(c => new
                {
                    c.Index,
                    c.CallId,
                    id = result.CallIds.GetValueOrDefault(c.CallId),
                    outcome = c.Outcome.ToString(),
                    c.Cause,
                    c.StartedAt,
                    c.Answer,
                    c.Duration,
                    c.Attempts,
                    c.LinesRepeated,
                    c.Continuity,
                    turns = c.Turns.Select(t => new
                    {
                        t.Text,
                        t.CallerStart,
                        t.Interrupted,
                        t.VoiceToVoice,
                    }),
                }),
                books = result.Books,
                owners = result.Owners.Where(o => o.TakeUps.Count > 0 || o.WritersThatCameBack > 0),
                stuck = result.StuckCalls,
            },
            new JsonSerializerOptions { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase }
        );

    private static string Ms(double? ms) => ms is { } value ? DurationText.Write(value) : "–";

    private static void Say(IAnsiConsole console, FormattableString line) =>
        console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}

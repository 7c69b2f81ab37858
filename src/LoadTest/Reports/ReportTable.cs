using System.Globalization;
using Spectre.Console;

namespace OCPlatform.LoadTest;

/// <summary>The report on the terminal.</summary>
internal static class ReportTable
{
    private static readonly (string Metric, string Name)[] Rows =
    [
        ("trying", "INVITE → 100"),
        ("setup", "INVITE → 180"),
        ("answer", "INVITE → 200"),
        ("greeting", "200 → greeting"),
        ("v2v", "voice to voice"),
        ("bargein", "barge-in → silence"),
        ("silence", "longest wait of a call"),
        ("gap", "gap of a move"),
        ("gap.speech", "gap of the agent's speech"),
        ("gap.longest", "longest gap of a call"),
        ("late", "packet lateness"),
    ];

    public static void Write(IAnsiConsole console, LoadReport report)
    {
        var times = new Table().Border(TableBorder.Rounded).AddColumn("");
        foreach (var column in new[] { "n", "p50", "p90", "p99", "max" })
        {
            times.AddColumn(new TableColumn(column).RightAligned());
        }
        foreach (var (metric, name) in Rows)
        {
            if (report.Times[metric] is { } summary)
            {
                times.AddRow(
                    name,
                    summary.Count.ToString(CultureInfo.InvariantCulture),
                    DurationText.Write(summary.P50),
                    DurationText.Write(summary.P90),
                    DurationText.Write(summary.P99),
                    DurationText.Write(summary.Max)
                );
            }
        }
        console.Write(times);
        var calls = report.Calls;
        Say(
            console,
            $"calls    {calls.Ended} ended, {calls.Failed} failed, {calls.Stopped} stopped; {calls.PeakConcurrent} at once{(calls.HeldBack > 0 ? $"; {calls.HeldBack} held back by --max-concurrent" : "")}"
        );
        foreach (var (cause, count) in report.Failures)
        {
            Say(console, $"         {count}× {cause}");
        }
        var packets = report.Packets;
        Say(
            console,
            $"packets  {packets.Received} received, {packets.Lost} lost, {packets.Late} late by over 20 ms, {packets.OutOfOrder} out of order, {packets.Duplicate} twice, {packets.TimestampJumps} timestamp jumps"
        );
        Say(
            console,
            $"turns    {report.Counts["turns"]} measured, {report.Counts["noreply"]} without reply, {report.Counts["talkover"]} talked over, {report.Counts["deadair"]} waits over 2 s"
        );
        if (report.Counts["reinvites"] > 0)
        {
            Say(
                console,
                $"moves    {report.Counts["moves"]} to another address by {report.Counts["reinvites"]} offers; {report.Counts["continued"]} calls went on, {report.Counts["dropped"]} dropped, {report.Counts["refused"]} refused, {report.Counts["twoagents"]} with two voices at once"
            );
        }
        var harness = report.Harness;
        Say(
            console,
            $"harness  {harness.CpuPercentOfOneCore:0.#} % of a core, {harness.CpuMsPerCallSecond:0.00} CPU ms per call-second, media clock late by {harness.ClockLateP99:0.0} ms at p99, {harness.PeakRssMb:0} MB"
        );
        if (report.Platform is { } platform)
        {
            Say(
                console,
                $"platform {platform.CpuPercentOfOneCore:0.#} % of a core, RSS at most {platform.RssMaxMb:0} MB, {platform.RssGrowthPercent:+0.0;-0.0} %{(platform.Problem is { } problem ? $" ({problem})" : "")}"
            );
        }
        foreach (var slo in report.Slos)
        {
            var figure = slo.Figure is { } value
                ? value.ToString("0.##", CultureInfo.InvariantCulture)
                : "never measured";
            console.MarkupLine(
                slo.Met
                    ? $"[green]met[/]      {Markup.Escape(slo.Objective)} ({figure})"
                    : $"[red]missed[/]   {Markup.Escape(slo.Objective)} ({figure})"
            );
        }
        console.MarkupLine(report.Passed ? "[green]passed[/]" : "[red]not passed[/]");
    }

    private static void Say(IAnsiConsole console, FormattableString line) =>
        console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}

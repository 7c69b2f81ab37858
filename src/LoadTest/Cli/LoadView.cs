using System.Globalization;
using Spectre.Console;

namespace OCPlatform.LoadTest;

/// <summary>Shows a run while it goes on: a live table on a terminal, otherwise one plain line each second.</summary>
internal static class LoadView
{
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(1);

    public static async Task<LoadResult> WatchAsync(
        IAnsiConsole console,
        LoadRun run,
        LoadPlan plan,
        TimeProvider time,
        CancellationToken stop
    )
    {
        console.MarkupLineInterpolated(
            CultureInfo.InvariantCulture,
            $"Calling {string.Join(", ", plan.Targets.Select(t => t.Uri))}: {(plan.Calls is { } calls ? $"{calls} calls" : "calls")} at {plan.Rate}/s{(plan.Duration is { } d ? $" for {d}" : "")}, saying {string.Join(", ", plan.Scripts.Select(s => s.Name).Distinct())}. Ctrl-C hangs up and reports."
        );
        var start = time.GetTimestamp();
        var running = run.RunAsync(stop);
        if (console.Profile.Capabilities.Interactive && console.Profile.Capabilities.Ansi)
        {
            await console
                .Live(Table(run.Progress.Read(), TimeSpan.Zero))
                .AutoClear(true)
                .StartAsync(async live =>
                {
                    await EachSecondAsync(
                        running,
                        time,
                        () => live.UpdateTarget(Table(run.Progress.Read(), time.GetElapsedTime(start)))
                    );
                });
        }
        else
        {
            await EachSecondAsync(
                running,
                time,
                () => console.WriteLine(Line(run.Progress.Read(), time.GetElapsedTime(start)))
            );
        }
        return await running;
    }

    private static async Task EachSecondAsync(Task running, TimeProvider time, Action show)
    {
        while (await Task.WhenAny(running, Task.Delay(Refresh, time)) != running)
        {
            show();
        }
    }

    internal static string Line(LoadProgress.Snapshot now, TimeSpan elapsed) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{elapsed.TotalSeconds, 5:0} s  active {now.Active}  started {now.Started}  ended {now.Ended}  failed {now.Failed}  turns {now.Turns}  setup p99 {Time(now.Setup?.P99)}  v2v p50 {Time(now.VoiceToVoice?.P50)}"
        );

    private static Table Table(LoadProgress.Snapshot now, TimeSpan elapsed)
    {
        var table = new Table()
            .Border(TableBorder.Rounded)
            .AddColumns(
                "elapsed",
                "active",
                "started",
                "answered",
                "ended",
                "failed",
                "turns",
                "setup p99",
                "v2v p50",
                "v2v p99"
            );
        table.AddRow(
            elapsed.ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture),
            $"{now.Active}",
            $"{now.Started}",
            $"{now.Answered}",
            $"{now.Ended}",
            now.Failed == 0 ? "0" : $"[red]{now.Failed}[/]",
            $"{now.Turns}",
            Time(now.Setup?.P99),
            Time(now.VoiceToVoice?.P50),
            Time(now.VoiceToVoice?.P99)
        );
        if (now.Failures.Count > 0)
        {
            table.Caption(
                string.Join(
                    "; ",
                    now.Failures.OrderByDescending(f => f.Value)
                        .Take(3)
                        .Select(f => Markup.Escape($"{f.Value}× {f.Key}"))
                )
            );
        }
        return table;
    }

    private static string Time(double? ms) => ms is { } value ? DurationText.Write(value) : "–";
}

using System.Globalization;
using Spectre.Console;

namespace OCPlatform.AiAdapters.Models;

/// <summary>What <c>models fetch</c> and <c>doctor</c> do with the models.</summary>
public static class ModelFetchCommand
{
    /// <summary>Fetches with a progress bar on a terminal, a line per step otherwise.</summary>
    /// <returns>Exit code: 0 done, 1 failed (the reason is on standard error), 130 cancelled.</returns>
    public static async Task<int> RunAsync(ModelStore store, CancellationToken ct)
    {
        if (store.IsComplete())
            return 0;
        try
        {
            if (AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected)
                await WithBarAsync(store, ct).ConfigureAwait(false);
            else
                await store.FetchAsync(new Lines(), ct).ConfigureAwait(false);
            Console.WriteLine($"Models are complete in {store.Directory}.");
            return 0;
        }
        catch (ModelStoreException e)
        {
            await Console.Error.WriteLineAsync(e.Message).ConfigureAwait(false);
            return 1;
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
    }

    /// <summary>Hashes every file.</summary>
    /// <returns>One line per fault, naming the remedy; empty when all is well.</returns>
    public static IReadOnlyList<string> Doctor(ModelStore store) => store.Verify();

    private static Task WithBarAsync(ModelStore store, CancellationToken ct) =>
        AnsiConsole
            .Progress()
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn(),
                new DownloadedColumn(),
                new TransferSpeedColumn(),
                new RemainingTimeColumn()
            )
            .StartAsync(context => store.FetchAsync(new Bars(context), ct));

    private sealed class Bars(ProgressContext context) : IProgress<ModelFetchProgress>
    {
        private readonly Dictionary<string, ProgressTask> _tasks = [];

        public void Report(ModelFetchProgress value)
        {
            if (!_tasks.TryGetValue(value.Package, out var task))
            {
                task = context.AddTask(Markup.Escape(value.Package));
                task.IsIndeterminate = true;
                _tasks.Add(value.Package, task);
            }

            switch (value.Stage)
            {
                case ModelFetchStage.Downloading:
                    task.IsIndeterminate = false;
                    task.MaxValue = value.BytesTotal;
                    task.Value = value.BytesDone;
                    break;
                case ModelFetchStage.Verifying or ModelFetchStage.Extracting:
                    task.Description = Markup.Escape($"{value.Package} ({Verb(value.Stage)})");
                    break;
                case ModelFetchStage.Done:
                    task.Description = Markup.Escape(value.Package);
                    task.Value = task.MaxValue;
                    task.StopTask();
                    break;
            }
        }
    }

    private sealed class Lines : IProgress<ModelFetchProgress>
    {
        private string _last = "";

        public void Report(ModelFetchProgress value)
        {
            var quarter = value.BytesTotal == 0 ? 0 : value.BytesDone * 4 / value.BytesTotal * 25;
            var line =
                value.Stage == ModelFetchStage.Downloading
                    ? string.Create(
                        CultureInfo.InvariantCulture,
                        $"{value.Package}: downloading, {quarter} % of {value.BytesTotal / 1e6:F0} MB"
                    )
                    : $"{value.Package}: {Verb(value.Stage)}";
            if (line == _last)
                return;
            _last = line;
            Console.WriteLine(line);
        }
    }

    private static string Verb(ModelFetchStage stage) => stage.ToString().ToLowerInvariant();
}

using System.CommandLine;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Host.Configuration;
using OCPlatform.Host.Replay;

namespace OCPlatform.Host.Commands;

/// <summary>`replay CALL_ID`: re-runs a call's journal and compares the outcome with its record.</summary>
public static class ReplayCommand
{
    private const int Differs = 1;
    private const int Unknown = 2;

    public static Command Create()
    {
        var id = new Argument<string>("CALL_ID") { Description = "The call, as /api/calls names it; or a saved file." };
        var place = new Option<string?>("--database")
        {
            Description = "An SQLite file or a PostgreSQL connection string. Default: the configured database.",
        };
        var save = new Option<string?>("--save")
        {
            Description = "Writes the call as a test case, without keyed-in digits and passwords.",
            HelpName = "FILE",
        };
        var command = new Command("replay", "Re-runs a call's journal; fails when the outcome is not the stored one.")
        {
            id,
            place,
            save,
        };
        command.SetAction(
            (arguments, cancellation) =>
                CommonOptions.WithConfigAsync(
                    arguments,
                    config =>
                        RunAsync(
                            arguments.GetRequiredValue(id),
                            DatabaseOf(config.Options.Database, arguments.GetValue(place)),
                            arguments.GetValue(save),
                            Console.Out,
                            cancellation
                        )
                )
        );
        return command;
    }

    /// <returns>0: the same outcome; 1: another one; 2: no such call.</returns>
    internal static async Task<int> RunAsync(
        string name,
        DatabaseOptions options,
        string? save,
        TextWriter output,
        CancellationToken cancellation
    )
    {
        var replayed = await FindAsync(name, options, cancellation);
        if (replayed is null)
        {
            await output.WriteLineAsync($"There is no call '{name}' in the journal, and no such file.");
            return Unknown;
        }
        foreach (var line in ReplayReport.Lines(replayed))
        {
            await output.WriteLineAsync(line);
        }
        var differences = replayed.Differences();
        foreach (var difference in differences)
        {
            await output.WriteLineAsync($"DIFFERS {difference}");
        }
        if (differences.Count > 0)
        {
            return Differs;
        }
        await output.WriteLineAsync("The replayed outcome is the stored one.");
        if (save is not null)
        {
            await File.WriteAllTextAsync(save, replayed.ToJson() + "\n", cancellation);
            await output.WriteLineAsync($"Saved as {save}");
        }
        return 0;
    }

    private static async Task<ReplayCase?> FindAsync(
        string name,
        DatabaseOptions options,
        CancellationToken cancellation
    ) =>
        CallId.TryParse(name, out var id) ? await new ReplaySource(new Database(options)).ReadAsync(id, cancellation)
        : File.Exists(name) ? ReplayCase.Parse(await File.ReadAllTextAsync(name, cancellation))
        : null;

    private static DatabaseOptions DatabaseOf(DatabaseOptions configured, string? place) =>
        place is null ? configured
        : place.Contains('=', StringComparison.Ordinal)
            ? new DatabaseOptions { Provider = DatabaseProvider.Postgres, ConnectionString = place }
        : new DatabaseOptions { Path = place };
}

using System.CommandLine;
using OCPlatform.Host.Configuration;
using OCPlatform.Host.Doctor;
using Spectre.Console;

namespace OCPlatform.Host.Commands;

/// <summary>`doctor`: says what is missing, wrong or unreachable, in words that name the fix.</summary>
public static class DoctorCommand
{
    public static Command Create()
    {
        var command = new Command("doctor", "Says what is missing, wrong or unreachable, and how to mend it.");
        command.SetAction(
            (arguments, cancellation) =>
                CommonOptions.WithConfigAsync(arguments, config => ExamineAsync(config, cancellation))
        );
        return command;
    }

    private static async Task<int> ExamineAsync(LoadedConfig config, CancellationToken cancellation)
    {
        // A remedy is there to be copied: a file or a pipe gets it in one line.
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = int.MaxValue;
        }
        var failed = 0;
        foreach (var examine in Examinations.All)
        {
            var finding = await examine(config.Options, cancellation);
            var (mark, color) = finding.Grade switch
            {
                Grade.Good => ("ok  ", "green"),
                Grade.Advice => ("note", "yellow"),
                _ => ("FAIL", "red"),
            };
            AnsiConsole.MarkupLineInterpolated($"[{color}]{mark}[/] {finding.Subject}: {finding.Words}");
            if (finding.Remedy is { } remedy)
            {
                AnsiConsole.MarkupLineInterpolated($"     → {remedy}");
            }
            failed += finding.Grade == Grade.Wrong ? 1 : 0;
        }
        AnsiConsole.WriteLine(failed == 0 ? "Nothing is wrong." : $"{failed} to mend.");
        return failed == 0 ? 0 : 1;
    }
}

using System.Diagnostics;

namespace OCPlatform.LoadTest.Chaos;

/// <summary>A command of the system failed; the message holds what it said.</summary>
public sealed class LabException(string message) : Exception(message);

/// <summary>Short commands of the system, each with a deadline.</summary>
internal static class Shell
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>Runs a command to its end and gives what it wrote.</summary>
    /// <exception cref="LabException">It failed, or took too long.</exception>
    public static async Task<string> RunAsync(IReadOnlyList<string> command)
    {
        using var process = Start(command);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new LabException($"{string.Join(' ', command)}: not done within {Deadline.TotalSeconds} s.");
        }
        return process.ExitCode == 0
            ? await output
            : throw new LabException(
                $"{string.Join(' ', command)}: ended with {process.ExitCode}: {(await errors).Trim()}"
            );
    }

    public static Task<string> RunAsync(params string[] command) => RunAsync((IReadOnlyList<string>)command);

    private static Process Start(IReadOnlyList<string> command)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new LabException($"{command[0]} cannot be run: {error.Message}");
        }
    }
}

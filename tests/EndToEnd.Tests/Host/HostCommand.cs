using System.Diagnostics;

namespace OCPlatform.EndToEnd.Tests.Host;

/// <summary>Runs a command of the Host that ends by itself.</summary>
internal static class HostCommand
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <param name="settings">Environment settings; all other OCP_ variables are taken away.</param>
    /// <param name="arguments">Command and options.</param>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        IReadOnlyDictionary<string, string> settings,
        params string[] arguments
    )
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Repository.OutputOf("Host"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        foreach (
            var key in start.Environment.Keys.Where(key => key.StartsWith("OCP_", StringComparison.Ordinal)).ToList()
        )
        {
            start.Environment.Remove(key);
        }
        start.Environment["OCP_CONFIG"] = "/dev/null";
        foreach (var (key, value) in settings)
        {
            start.Environment[key] = value;
        }
        using var process = Process.Start(start)!;
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"'{string.Join(' ', arguments)}' ran longer than {Deadline.TotalSeconds} s.");
        }
        return (process.ExitCode, string.Join('\n', await output));
    }
}

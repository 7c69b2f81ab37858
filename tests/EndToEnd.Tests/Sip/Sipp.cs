using System.Diagnostics;

namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>Runs SIPp, unmodified from Debian's sip-tester, against a platform.</summary>
internal static class Sipp
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>Runs a scenario; fails with SIPp's own words when one of its calls did.</summary>
    /// <param name="scenario">A file name in Scenarios, or "uac" for SIPp's built-in caller.</param>
    public static async Task RunAsync(PlatformProcess platform, string scenario, int calls = 1, params string[] more)
    {
        var folder = Directory.CreateTempSubdirectory("sipp-");
        var start = new ProcessStartInfo("sipp")
        {
            WorkingDirectory = folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        string[] arguments =
        [
            $"127.0.0.1:{platform.Ports.Sip}",
            .. scenario == "uac"
                ? (string[])["-sn", "uac"]
                : ["-sf", Path.Combine(AppContext.BaseDirectory, "Sip", "Scenarios", scenario)],
            "-i",
            "127.0.0.1",
            "-p",
            $"{FreePorts.Take()}",
            "-m",
            $"{calls}",
            "-trace_err",
            "-error_file",
            "errors.log",
            "-nostdin",
            .. more,
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
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
            throw new TimeoutException($"SIPp ran longer than {Deadline.TotalSeconds} s: {scenario}");
        }
        var errors = Path.Combine(folder.FullName, "errors.log");
        var said = File.Exists(errors) ? await File.ReadAllTextAsync(errors) : string.Join('\n', await output);
        process.ExitCode.Should().Be(0, "SIPp says: {0}", said);
        folder.Delete(recursive: true);
    }
}

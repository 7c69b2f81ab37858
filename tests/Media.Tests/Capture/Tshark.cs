using System.Diagnostics;

namespace OCPlatform.Media.Tests.Capture;

/// <summary>Wireshark's command line on a capture file.</summary>
internal static class Tshark
{
    /// <summary>Lines of its output.</summary>
    public static string[] Run(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo("tshark") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["-r", file, "-n", .. arguments])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit(30_000).Should().BeTrue("tshark ends");
        process.ExitCode.Should().Be(0, errors.Result);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Fields of every packet that passes the filter, tab-separated.</summary>
    public static string[][] Fields(string file, string filter, params string[] fields) =>
        [
            .. Run(file, ["-Y", filter, "-T", "fields", .. Checksums, .. fields.SelectMany(f => new[] { "-e", f })])
                .Select(line => line.Split('\t')),
        ];

    private static readonly string[] Checksums = ["-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"];
}

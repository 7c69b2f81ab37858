using System.Diagnostics;
using System.Runtime.InteropServices;
using OCPlatform.Media.Dsp;

namespace OCPlatform.Media.Tests.Codecs;

/// <summary>Others' implementations, and human speech, to compare with: sox, ffmpeg, pocketsphinx-testdata.</summary>
internal static class ReferenceTool
{
    private const string Speech = "/usr/share/pocketsphinx/test/data/";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>Runs a program on standard input and gives what it writes to standard output.</summary>
    public static byte[] Run(string program, string arguments, ReadOnlySpan<byte> input)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var fed = input.ToArray();
        var feeding = Task.Run(() =>
        {
            using var stdin = process.StandardInput.BaseStream;
            stdin.Write(fed);
        });
        var complaints = process.StandardError.ReadToEndAsync();
        using var output = new MemoryStream();
        var reading = process.StandardOutput.BaseStream.CopyToAsync(output);
        if (!Task.WaitAll([feeding, reading], Deadline) || !process.WaitForExit(Deadline))
        {
            process.Kill();
            throw new TimeoutException($"{program} {arguments}");
        }

        process.ExitCode.Should().Be(0, $"{program} {arguments}: {complaints.Result}");
        return output.ToArray();
    }

    /// <summary>As above, with 16-bit samples of this machine's byte order on both sides.</summary>
    public static short[] Run(string program, string arguments, ReadOnlySpan<short> input) =>
        Samples(Run(program, arguments, MemoryMarshal.AsBytes(input)));

    public static short[] Samples(byte[] bytes) => MemoryMarshal.Cast<byte, short>(bytes).ToArray();

    /// <summary>Three people, some 55 s at 16 kHz.</summary>
    public static short[] Speech16k() =>
        [
            .. Directory
                .GetFiles(Speech, "*.wav", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
                .SelectMany(file => WavFile.Read(file) is { SampleRateHz: 16_000 } wav ? wav.Mono() : []),
            .. Samples(File.ReadAllBytes(Speech + "goforward.raw")),
        ];
}

using System.Buffers.Binary;
using System.Diagnostics;
using OCPlatform.Media.Codecs;

namespace OCPlatform.Media.Tests.Recording;

/// <summary>
/// A recording as a listener gets it, read independently of what wrote it: RIFF chunks by their sizes, µ-law by the decoder.
/// </summary>
internal sealed record RecordedAudio(int SampleRateHz, short[] Left, short[] Right, int FormatTag)
{
    public double DurationMs => Left.Length * 1000.0 / SampleRateHz;

    public static RecordedAudio ReadWav(string path)
    {
        var file = File.ReadAllBytes(path);
        file.AsSpan(0, 4).SequenceEqual("RIFF"u8).Should().BeTrue();
        BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(4)).Should().Be((uint)file.Length - 8);
        var format = Chunk(file, "fmt "u8);
        var data = Chunk(file, "data"u8);
        var tag = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(format.Start));
        var rate = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(format.Start + 4));
        var bytes = file.AsSpan(data.Start, data.Length);
        var samples = new short[tag == 7 ? bytes.Length : bytes.Length / 2];
        if (tag == 7)
        {
            G711.Decode(AudioCodec.Pcmu, bytes, samples);
        }
        else
        {
            for (var i = 0; i < samples.Length; i++)
                samples[i] = BinaryPrimitives.ReadInt16LittleEndian(bytes[(2 * i)..]);
        }

        return Split(samples, rate, tag);
    }

    public static RecordedAudio Split(ReadOnlySpan<short> interleaved, int sampleRateHz, int tag = 0)
    {
        var left = new short[interleaved.Length / 2];
        var right = new short[left.Length];
        for (var i = 0; i < left.Length; i++)
            (left[i], right[i]) = (interleaved[2 * i], interleaved[2 * i + 1]);
        return new RecordedAudio(sampleRateHz, left, right, tag);
    }

    /// <summary>Level of one frequency in a stretch, as amplitude (Goertzel).</summary>
    public static double Level(ReadOnlySpan<short> samples, double frequencyHz, int sampleRateHz)
    {
        var factor = 2 * Math.Cos(2 * Math.PI * frequencyHz / sampleRateHz);
        double a = 0,
            b = 0;
        foreach (var sample in samples)
            (a, b) = (sample + factor * a - b, a);
        return Math.Sqrt(Math.Max(0, a * a + b * b - factor * a * b)) * 2 / samples.Length;
    }

    public static short[] Tone(double frequencyHz, int sampleRateHz, int samples, double amplitude = 8000)
    {
        var tone = new short[samples];
        for (var i = 0; i < samples; i++)
            tone[i] = (short)(amplitude * Math.Sin(2 * Math.PI * frequencyHz * i / sampleRateHz));
        return tone;
    }

    /// <summary>What soxi says of a property: -D duration in s, -r rate, -c channels, -e encoding, -s instants.</summary>
    public static string Soxi(string option, string path)
    {
        using var soxi = Process.Start(
            new ProcessStartInfo("soxi", [option, path]) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        var said = soxi.StandardOutput.ReadToEnd().Trim();
        var complaint = soxi.StandardError.ReadToEnd();
        soxi.WaitForExit();
        complaint.Should().BeEmpty();
        return said;
    }

    private static (int Start, int Length) Chunk(byte[] file, ReadOnlySpan<byte> id)
    {
        for (var at = 12; at + 8 <= file.Length; )
        {
            var size = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 4));
            if (file.AsSpan(at, 4).SequenceEqual(id))
                return (at + 8, size);
            at += 8 + size + (size & 1);
        }

        throw new InvalidDataException($"There is no chunk '{System.Text.Encoding.ASCII.GetString(id)}'.");
    }
}

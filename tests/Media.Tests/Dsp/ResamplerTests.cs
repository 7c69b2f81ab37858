using System.Diagnostics;
using OCPlatform.Media.Dsp;
using OCPlatform.Media.Tests.Engine;

namespace OCPlatform.Media.Tests.Dsp;

public class ResamplerTests
{
    private static short[] Convert(short[] input, int from, int to, int chunk = 160)
    {
        var resampler = new Resampler(from, to);
        var output = new short[resampler.MaxOutput(input.Length) + input.Length];
        var written = 0;
        for (var at = 0; at < input.Length; at += chunk)
        {
            var piece = input.AsSpan(at, Math.Min(chunk, input.Length - at));
            var count = resampler.Process(piece, output.AsSpan(written));
            count.Should().BeLessThanOrEqualTo(resampler.MaxOutput(piece.Length));
            written += count;
        }

        return output[..written];
    }

    private static double Decibels(double ratio) => 20 * Math.Log10(Math.Max(ratio, 1e-9));

    public static TheoryData<int, int> Rates()
    {
        var data = new TheoryData<int, int>();
        foreach (var from in new[] { 8000, 16000, 24000, 44100, 48000 })
        foreach (var to in new[] { 8000, 16000, 24000, 48000 })
        {
            if (from != to)
                data.Add(from, to);
        }

        return data;
    }

    /// <summary>Amplitude of a tone in the steady part of the output, and of everything else (aliases, images, noise).</summary>
    private static (double Tone, double Residue) Measure(double hz, int from, int to)
    {
        var resampler = new Resampler(from, to);
        var input = Tone.Sine(hz, from / 5, from, 30000);
        var output = new float[resampler.MaxOutput(input.Length)];
        var steady = output.AsSpan(0, resampler.Process(input, output))[(to / 50)..];
        // Least squares for a sine and a cosine; what they leave over is the rest.
        double ss = 0,
            cc = 0,
            sc = 0,
            sy = 0,
            cy = 0,
            yy = 0;
        for (var i = 0; i < steady.Length; i++)
        {
            var (s, c) = Math.SinCos(2 * Math.PI * hz * i / to);
            double y = steady[i] * 32768.0 / 30000;
            (ss, cc, sc, sy, cy, yy) = (ss + s * s, cc + c * c, sc + s * c, sy + s * y, cy + c * y, yy + y * y);
        }

        var determinant = ss * cc - sc * sc;
        var (a, b) = ((sy * cc - cy * sc) / determinant, (cy * ss - sy * sc) / determinant);
        var rest = Math.Max(0, yy - a * sy - b * cy) / steady.Length;
        return (Math.Sqrt(a * a + b * b), Math.Sqrt(2 * rest));
    }

    [Theory]
    [MemberData(nameof(Rates))]
    public void A_sweep_through_the_pass_band_comes_out_flat_and_alone(int from, int to)
    {
        var edge = 0.425 * Math.Min(from, to);
        for (var step = 1; step <= 32; step++)
        {
            var hz = edge * step / 32;
            var (tone, residue) = Measure(hz, from, to);
            Decibels(tone).Should().BeInRange(-0.1, 0.1, $"at {hz} Hz");
            Decibels(residue).Should().BeLessThan(-70, $"nothing else may come of {hz} Hz");
        }
    }

    [Theory]
    [MemberData(nameof(Rates))]
    public void A_sweep_from_half_the_lower_rate_on_does_not_come_through(int from, int to)
    {
        var edge = 0.5 * Math.Min(from, to);
        for (var step = 0; step < 32; step++)
        {
            var hz = edge + (from / 2.0 - edge) * step / 32;
            if (hz >= from / 2.0)
                return;
            var (tone, residue) = Measure(hz + 0.5, from, to);
            Decibels(Math.Sqrt(tone * tone + residue * residue)).Should().BeLessThan(-70, $"{hz} Hz");
        }
    }

    [Theory]
    [MemberData(nameof(Rates))]
    public void A_pulse_comes_out_after_the_stated_delay(int from, int to)
    {
        var input = new short[from / 5];
        var at = from / 10 / 6 * 6;
        for (var i = -2; i <= 2; i++)
            input[at + i] = (short)(30000 / (1 + Math.Abs(i)));
        var resampler = new Resampler(from, to);
        var output = Convert(input, from, to);

        // The centre of energy, in seconds.
        var energy = output.Sum(s => (double)s * s);
        var centre = output.Select((s, i) => (double)s * s * i).Sum() / energy / to;
        var delayMs = (centre - (double)at / from) * 1000;
        delayMs.Should().BeApproximately(resampler.GroupDelayMs, 1000.0 / Math.Min(from, to) / 2);
        resampler.GroupDelayMs.Should().BeApproximately(36_000.0 / Math.Min(from, to), 0.02);
    }

    [Theory]
    [MemberData(nameof(Rates))]
    public void The_output_does_not_depend_on_how_the_input_is_cut(int from, int to)
    {
        var random = new Random(5);
        var noise = Enumerable.Range(0, 5000).Select(_ => (short)random.Next(-20000, 20000)).ToArray();
        var whole = Convert(noise, from, to, noise.Length);

        foreach (var chunk in new[] { 1, 37, 160, 441, 1001 })
            Convert(noise, from, to, chunk).SequenceEqual(whole).Should().BeTrue($"in pieces of {chunk}");
        whole.Length.Should().BeCloseTo((int)((long)noise.Length * to / from), 1);
    }

    [Theory]
    [InlineData(8000, 16000)]
    [InlineData(16000, 8000)]
    [InlineData(24000, 16000)]
    [InlineData(44100, 16000)]
    public void Ten_minutes_come_out_as_ten_minutes(int from, int to)
    {
        var resampler = new Resampler(from, to);
        var frame = new short[from / 50];
        var output = new short[resampler.MaxOutput(frame.Length)];
        long total = 0;
        for (var i = 0; i < 600 * 50 - 1; i++)
            total += resampler.Process(frame, output);
        frame[0] = 30000;
        var count = resampler.Process(frame, output);
        (total + count).Should().Be(600L * to);

        // The pulse is where it belongs to a fraction of a sample.
        var energy = output.Take(count).Sum(s => (double)s * s);
        var centre = output.Take(count).Select((s, i) => (double)s * s * i).Sum() / energy;
        (total + centre - 599.98 * to).Should().BeApproximately(resampler.GroupDelayMs * to / 1000, 0.6);
    }

    /// <summary>Against SoX's best converter with the same pass band, on human speech.</summary>
    [Theory]
    [InlineData(8000, 16000)]
    [InlineData(8000, 24000)]
    [InlineData(8000, 48000)]
    [InlineData(16000, 8000)]
    [InlineData(16000, 24000)]
    [InlineData(16000, 48000)]
    [InlineData(24000, 8000)]
    [InlineData(24000, 16000)]
    [InlineData(24000, 48000)]
    [InlineData(48000, 8000)]
    [InlineData(48000, 16000)]
    [InlineData(48000, 24000)]
    public void Speech_comes_out_as_from_sox(int from, int to)
    {
        var folder = Directory.CreateTempSubdirectory("resampler");
        try
        {
            string At(string name) => Path.Combine(folder.FullName, name);
            new WavFile(HumanSpeech.SampleRateHz, 1, HumanSpeech.Book()[..(8 * 16000)]).Write(At("speech.wav"));
            // Between pass and stop band two converters may differ as they like: the speech has nothing there.
            var edge = $"-{0.4 * Math.Min(from, to)}";
            Sox("-D", At("speech.wav"), "-r", $"{from}", At("in.wav"), "rate", "-v", "sinc", "-t", "100", edge);
            Sox("-D", At("in.wav"), "-r", $"{to}", At("out.wav"), "rate", "-v", "-b", "85");
            var expected = WavFile.Read(At("out.wav")).Samples;

            var actual = Convert(WavFile.Read(At("in.wav")).Samples, from, to);
            var delay = (int)Math.Round(new Resampler(from, to).GroupDelayMs * to / 1000);
            double signal = 0,
                difference = 0;
            for (var i = to / 10; i < expected.Length - delay - to / 10; i++)
            {
                signal += (double)expected[i] * expected[i];
                difference += Math.Pow(expected[i] - actual[i + delay], 2);
            }

            (10 * Math.Log10(signal / difference)).Should().BeGreaterThan(60);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Floats_and_shorts_give_the_same()
    {
        var tone = Tone.Sine(700, 1600);
        var toFloat = new float[4000];
        var count = new Resampler(8000, 16000).Process(tone, toFloat);
        var back = new short[4000];
        var down = new Resampler(16000, 8000).Process(toFloat.AsSpan(0, count), back);

        count.Should().Be(3200);
        down.Should().Be(1600);
        Tone.Amplitude(back.AsSpan(400, 1100), 700, 8000).Should().BeApproximately(8000, 30);
    }

    [Theory]
    [InlineData(8000, 16000)]
    [InlineData(8000, 24000)]
    [InlineData(16000, 8000)]
    public void Loud_input_saturates_instead_of_wrapping(int from, int to)
    {
        var square = Enumerable
            .Range(0, from / 10)
            .Select(i => i / 40 % 2 == 0 ? short.MaxValue : short.MinValue)
            .ToArray();

        var output = Convert(square, from, to);

        output.Should().Contain(short.MaxValue).And.Contain(short.MinValue);
        for (var i = 200; i < output.Length; i++)
            Math.Abs(output[i] - output[i - 1]).Should().BeLessThan(48000, "a wrap would jump over the whole range");
    }

    [Fact]
    public void Nothing_is_allocated_per_frame()
    {
        var resampler = new Resampler(8000, 16000);
        var input = Tone.Sine(440, 160);
        var output = new float[resampler.MaxOutput(160)];
        var pcm = new short[resampler.MaxOutput(160)];
        resampler.Process(input, output);

        Allocations.ShouldBeNonePer(
            "frame",
            2000,
            () =>
            {
                resampler.Process(input, output);
                resampler.Process(input, pcm);
            }
        );
    }

    [Fact]
    public void Other_rates_are_refused()
    {
        foreach (var (from, to) in new[] { (8000, 44100), (11025, 8000), (8000, 32000), (0, 8000) })
        {
            var create = () => new Resampler(from, to);
            create.Should().Throw<ArgumentOutOfRangeException>();
        }
    }

    private static void Sox(params string[] arguments)
    {
        using var sox = Process.Start("sox", ["-V1", .. arguments]);
        sox.WaitForExit(TimeSpan.FromSeconds(20)).Should().BeTrue();
        sox.ExitCode.Should().Be(0);
    }
}

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
        foreach (var from in new[] { 8000, 16000, 24000, 48000 })
        foreach (var to in new[] { 8000, 16000, 24000, 48000 })
        {
            if (from != to)
                data.Add(from, to);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Rates))]
    public void The_pass_band_is_flat_within_a_tenth_of_a_decibel(int from, int to)
    {
        var lower = Math.Min(from, to);
        foreach (var part in new[] { 0.0125, 0.05, 0.125, 0.2, 0.3, 0.375, 0.4, 0.425 })
        {
            var hz = part * lower;
            var output = Convert(Tone.Sine(hz, from, from, 16000), from, to);
            var steady = output.AsSpan(to / 10, to / 2);
            Decibels(Tone.Amplitude(steady, hz, to) / 16000).Should().BeInRange(-0.1, 0.1, $"at {hz} Hz");
        }
    }

    [Theory]
    [MemberData(nameof(Rates))]
    public void Nothing_from_beyond_half_the_lower_rate_comes_through(int from, int to)
    {
        var lower = Math.Min(from, to);
        if (from > to)
        {
            // Aliases: tones above the new band must vanish altogether.
            foreach (var part in new[] { 0.5, 0.55, 0.65, 0.8, 0.95 })
            {
                var hz = part * lower;
                if (hz >= from / 2)
                    continue;
                var output = Convert(Tone.Sine(hz, from, from, 30000), from, to);
                var steady = output.AsSpan(to / 10, to / 2);
                var effective = Math.Sqrt(steady.ToArray().Average(s => (double)s * s));
                Decibels(effective / (30000 / Math.Sqrt(2))).Should().BeLessThan(-70, $"{hz} Hz");
            }
        }
        else
        {
            // Images: a tone must come out alone.
            foreach (var part in new[] { 0.05, 0.2, 0.425 })
            {
                var hz = part * from;
                var output = Convert(Tone.Sine(hz, from, from, 30000), from, to);
                var steady = output.AsSpan(to / 10, to / 2);
                for (var image = from - hz; image < to / 2.0; image += from - 2 * hz)
                {
                    Decibels(Tone.Amplitude(steady, image, to) / 30000).Should().BeLessThan(-70, $"{hz} at {image}");
                    if (from - 2 * hz < 1)
                        break;
                }
            }
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
        resampler.GroupDelayMs.Should().BeApproximately(36_000.0 / Math.Min(from, to), 0.001);
    }

    [Theory]
    [InlineData(8000, 16000)]
    [InlineData(24000, 8000)]
    [InlineData(16000, 24000)]
    public void The_output_does_not_depend_on_how_the_input_is_cut(int from, int to)
    {
        var random = new Random(5);
        var noise = Enumerable.Range(0, 5000).Select(_ => (short)random.Next(-20000, 20000)).ToArray();
        var whole = Convert(noise, from, to, noise.Length);

        Convert(noise, from, to, 1).Should().Equal(whole);
        Convert(noise, from, to, 37).Should().Equal(whole);
        whole.Length.Should().BeCloseTo((int)((long)noise.Length * to / from), 1);
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

    [Fact]
    public void Loud_input_saturates_instead_of_wrapping()
    {
        var square = Enumerable.Range(0, 800).Select(i => i / 20 % 2 == 0 ? short.MaxValue : short.MinValue).ToArray();

        var output = Convert(square, 8000, 16000);

        for (var i = 200; i < 1400; i++)
            Math.Abs(output[i] - output[i - 1]).Should().BeLessThan(40000, "a wrap would jump over the whole range");
    }

    [Fact]
    public void Nothing_is_allocated_per_frame()
    {
        var resampler = new Resampler(8000, 16000);
        var input = Tone.Sine(440, 160);
        var output = new float[resampler.MaxOutput(160)];
        resampler.Process(input, output);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
            resampler.Process(input, output);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }

    [Fact]
    public void Other_rates_are_refused()
    {
        var create = () => new Resampler(8000, 44100);
        create.Should().Throw<ArgumentOutOfRangeException>();
    }
}

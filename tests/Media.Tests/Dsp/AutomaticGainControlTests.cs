using OCPlatform.Media.Dsp;

namespace OCPlatform.Media.Tests.Dsp;

public class AutomaticGainControlTests
{
    private static short[] Speech(int rateHz)
    {
        var book = HumanSpeech.Book();
        if (rateHz == 16000)
            return book;
        var resampler = new Resampler(16000, rateHz);
        var output = new short[resampler.MaxOutput(book.Length)];
        return output[..resampler.Process(book, output)];
    }

    private static short[] Scale(short[] samples, double peakDb)
    {
        var factor = 32767 * Math.Pow(10, peakDb / 20) / samples.Max(s => Math.Abs((int)s));
        return [.. samples.Select(s => (short)Math.Round(s * factor))];
    }

    private static short[] Noise(double rms, int samples)
    {
        var random = new Random(3);
        return
        [
            .. Enumerable.Range(0, samples).Select(_ => (short)(rms * Math.Sqrt(3) * (2 * random.NextDouble() - 1))),
        ];
    }

    private static short[] Run(AutomaticGainControl agc, short[] samples, int frameSamples)
    {
        var output = (short[])samples.Clone();
        for (var at = 0; at + frameSamples <= output.Length; at += frameSamples)
            agc.Process(output.AsSpan(at, frameSamples));
        return output;
    }

    /// <summary>Mean power of the frames within 15 dB of the loudest tenth: speech without its pauses.</summary>
    private static double ActiveDb(ReadOnlySpan<short> samples, int frameSamples)
    {
        var powers = samples
            .ToArray()
            .Chunk(frameSamples)
            .Select(f => (double)PcmPower.MeanSquare(f))
            .Order()
            .ToArray();
        var threshold = powers[powers.Length * 9 / 10] / 32;
        return PcmPower.Decibels((float)powers.Where(p => p > threshold).Average());
    }

    [Theory]
    [InlineData(8000, -30)]
    [InlineData(8000, -16)]
    [InlineData(8000, 0)]
    [InlineData(16000, -30)]
    [InlineData(16000, 0)]
    public void Speakers_of_any_level_come_to_the_target(int rateHz, double peakDb)
    {
        var agc = new AutomaticGainControl(rateHz, new AutomaticGainOptions { MaxGainDb = 30 });
        var speech = Scale(Speech(rateHz), peakDb);

        var output = Run(agc, speech, rateHz / 50);
        ActiveDb(output.AsSpan(rateHz * 8), rateHz / 50).Should().BeApproximately(-23, 2.5);
    }

    [Fact]
    public void The_gain_is_bounded_and_moves_no_faster_than_stated()
    {
        var agc = new AutomaticGainControl(8000);
        var previous = 0f;
        foreach (var frame in Scale(Speech(8000), -55).Concat(Scale(Speech(8000), 0)).Chunk(160))
        {
            agc.Process(frame);
            (agc.GainDb - previous).Should().BeInRange(-0.401f, 0.121f);
            previous = agc.GainDb;
            agc.GainDb.Should().BeInRange(-12, 18);
        }
    }

    [Fact]
    public void The_noise_of_a_pause_is_not_pumped_up()
    {
        var agc = new AutomaticGainControl(8000);
        var talk = Scale(Speech(8000), -28).AsSpan(0, 8000 * 10).ToArray();
        var noisy = Noise(40, 8000 + talk.Length);
        for (var i = 0; i < talk.Length; i++)
            noisy[8000 + i] += talk[i];
        Run(agc, noisy, 160);
        var gain = agc.GainDb;
        gain.Should().BeGreaterThan(3);

        Run(agc, Noise(40, 8000 * 10), 160);
        agc.GainDb.Should().Be(gain, "nobody spoke");
        (agc.GainDb + PcmPower.Decibels(40 * 40)).Should().BeLessThan(-47);
    }

    [Fact]
    public void A_shout_after_a_whisper_does_not_clip()
    {
        var agc = new AutomaticGainControl(8000);
        Run(agc, [.. Noise(3, 4000), .. Scale(Speech(8000), -25)], 160);
        agc.GainDb.Should().BeGreaterThan(5);

        var shout = Scale(Speech(8000), 0);
        var output = Run(agc, shout, 160);
        var atRail = output.Count(s => s is short.MaxValue or short.MinValue);
        atRail.Should().BeLessThan(output.Length / 2000);
        for (var i = 0; i < output.Length; i++)
            (output[i] * shout[i]).Should().BeGreaterThanOrEqualTo(0, "a wrap would change the sign");
    }

    [Fact]
    public void Nothing_is_allocated_per_frame()
    {
        var agc = new AutomaticGainControl(16000);
        var frame = Noise(800, 320);
        agc.Process(frame);
        Allocations.ShouldBeNonePer("frame", 500, () => agc.Process(frame));
    }
}

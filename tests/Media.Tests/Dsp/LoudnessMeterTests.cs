using OCPlatform.Media.Dsp;
using OCPlatform.Media.Tests.Engine;

namespace OCPlatform.Media.Tests.Dsp;

/// <summary>The cases of EBU Tech 3341 that one channel can have, at the telephone's rates.</summary>
public class LoudnessMeterTests
{
    /// <summary>A sine of 1 kHz with this loudness: mono is 3 dB below the same in both channels of stereo.</summary>
    private static void Play(LoudnessMeter meter, int rateHz, double lufs, double seconds)
    {
        var amplitude = 32768 * Math.Pow(10, (lufs + 3.01) / 20);
        meter.Process(Tone.Sine(1000, (int)(seconds * rateHz), rateHz, amplitude));
    }

    [Theory]
    [InlineData(8000)]
    [InlineData(16000)]
    [InlineData(24000)]
    [InlineData(48000)]
    public void A_steady_tone_reads_what_it_is(int rateHz)
    {
        foreach (var lufs in new[] { -23.0, -33.0 })
        {
            var meter = new LoudnessMeter(rateHz);
            Play(meter, rateHz, lufs, 5);
            meter.MomentaryLufs.Should().BeApproximately(lufs, 0.1);
            meter.MaxMomentaryLufs.Should().BeApproximately(lufs, 0.1);
            meter.IntegratedLufs.Should().BeApproximately(lufs, 0.1);
        }
    }

    [Theory]
    [InlineData(8000)]
    [InlineData(16000)]
    public void Quiet_stretches_do_not_count(int rateHz)
    {
        var meter = new LoudnessMeter(rateHz);
        foreach (var (lufs, seconds) in new[] { (-72.0, 10.0), (-36, 10), (-23, 60), (-36, 10), (-72, 10) })
            Play(meter, rateHz, lufs, seconds);
        meter.IntegratedLufs.Should().BeApproximately(-23, 0.1);
    }

    [Theory]
    [InlineData(8000)]
    [InlineData(16000)]
    public void Near_levels_are_averaged_by_their_power(int rateHz)
    {
        var meter = new LoudnessMeter(rateHz);
        foreach (var (lufs, seconds) in new[] { (-26.0, 20.0), (-20, 20.1), (-26, 20) })
            Play(meter, rateHz, lufs, seconds);
        meter.IntegratedLufs.Should().BeApproximately(-23, 0.1);
    }

    [Fact]
    public void Momentary_loudness_spans_400_ms_whatever_the_pieces()
    {
        var meter = new LoudnessMeter(8000);
        meter.Process(new short[8000]);
        meter.MomentaryLufs.Should().Be(double.NegativeInfinity);
        foreach (var piece in Tone.Sine(1000, 3200, 8000, 3277).Chunk(161))
            meter.Process(piece);
        meter.MomentaryLufs.Should().BeApproximately(-23, 0.1);
        meter.Process(new short[800]);
        meter.MomentaryLufs.Should().BeApproximately(-23 - 1.25, 0.1, "three quarters of it");
        meter.Process(new short[3200]);
        meter.MomentaryLufs.Should().BeLessThan(-70);
        meter.MaxMomentaryLufs.Should().BeApproximately(-23, 0.1);
    }

    [Fact]
    public void Silence_has_no_loudness()
    {
        var meter = new LoudnessMeter(16000);
        meter.Process(new short[32000]);
        meter.IntegratedLufs.Should().Be(double.NegativeInfinity);
    }

    [Theory]
    [InlineData(8000, 0.3)]
    [InlineData(16000, 0.1)]
    [InlineData(24000, 0.06)]
    public void The_same_speech_has_the_same_loudness_at_every_rate(int rateHz, double toleranceLu)
    {
        // All of it below 3.4 kHz, so that every rate carries it.
        var narrow = Convert(HumanSpeech.Book(), 16000, 8000);
        var expected = Integrated(Convert(narrow, 8000, 48000), 48000);

        var speech = rateHz == 8000 ? narrow : Convert(narrow, 8000, rateHz);
        Integrated(speech, rateHz).Should().BeApproximately(expected, toleranceLu);
    }

    [Fact]
    public void Nothing_is_allocated_per_frame()
    {
        var meter = new LoudnessMeter(8000);
        var frame = Tone.Sine(440, 160);
        var frames = 0;

        Allocations.ShouldBeNonePer(
            "frame",
            500,
            () =>
            {
                meter.Process(frame);
                if (++frames % 100 == 0)
                    _ = meter.IntegratedLufs;
            }
        );
    }

    private static double Integrated(short[] speech, int rateHz)
    {
        var meter = new LoudnessMeter(rateHz);
        meter.Process(speech);
        return meter.IntegratedLufs;
    }

    private static short[] Convert(short[] input, int from, int to)
    {
        var resampler = new Resampler(from, to);
        var output = new short[resampler.MaxOutput(input.Length)];
        return output[..resampler.Process(input, output)];
    }
}

using OCPlatform.Media.Jitter;

namespace OCPlatform.Media.Tests.Jitter;

public class TimeStretchTests
{
    private const double PitchHz = 123.4;

    /// <summary>A line that has played a while of a voice and has 60 ms of it pending.</summary>
    private static PcmLine Voice(int rateHz, out short[] heard)
    {
        var line = new PcmLine(rateHz / 20, rateHz / 4);
        var voice = Enumerable.Range(0, rateHz / 5).Select(i => Sample(i, rateHz)).ToArray();
        voice.CopyTo(line.Reserve(voice.Length));
        line.Append(voice.Length);
        heard = new short[rateHz * 14 / 100];
        line.Take(heard);
        return line;
    }

    private static short Sample(int i, int rateHz)
    {
        var phase = 2 * Math.PI * PitchHz * i / rateHz;
        return (short)(5000 * Math.Sin(phase) + 2500 * Math.Sin(3 * phase + 1) + 900 * Math.Sin(7 * phase + 2));
    }

    [Theory]
    [InlineData(8000)]
    [InlineData(16_000)]
    public void A_voice_is_shortened_by_a_pitch_period_and_nobody_hears_it(int rateHz)
    {
        var line = Voice(rateHz, out var heard);
        var pending = line.Pending;

        var taken = TimeStretch.ShrinkSpeech(line, rateHz / 50, 0.85, rateHz);

        IsWholePeriods(taken, rateHz);
        line.Pending.Should().Be(pending - taken);
        MaxStep(heard, line, rateHz).Should().BeLessThan(SteepestStep(rateHz) * 1.1);
    }

    [Theory]
    [InlineData(8000)]
    [InlineData(16_000)]
    public void A_voice_is_lengthened_by_a_pitch_period_and_nobody_hears_it(int rateHz)
    {
        var line = Voice(rateHz, out var heard);
        var pending = line.Pending;

        var added = TimeStretch.StretchSpeech(line, 0.6, rateHz);

        IsWholePeriods(added, rateHz);
        line.Pending.Should().Be(pending + added);
        MaxStep(heard, line, rateHz).Should().BeLessThan(SteepestStep(rateHz) * 1.1);
    }

    [Fact]
    public void Hissing_is_not_taken_for_a_voice()
    {
        var line = Voice(8000, out _);
        var random = new Random(3);
        foreach (ref var sample in line.Ahead)
            sample = (short)random.Next(-3000, 3000);

        TimeStretch.ShrinkSpeech(line, 160, 0.85, 8000).Should().Be(0);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(60)]
    [InlineData(159)]
    public void A_pause_changes_by_any_amount_and_its_noise_keeps_its_level(int samples)
    {
        var line = Voice(8000, out _);
        var random = new Random(4);
        foreach (ref var sample in line.From(400))
            sample = (short)random.Next(-100, 100);
        var level = BackgroundNoise.Magnitude(line.Ahead);

        TimeStretch.ShrinkPause(line, samples, 8000);
        line.Pending.Should().Be(480 - samples);
        BackgroundNoise.Magnitude(line.Ahead).Should().BeApproximately(level, level / 4);
        TimeStretch.StretchPause(line, samples, 8000);
        line.Pending.Should().Be(480);
        BackgroundNoise.Magnitude(line.Ahead).Should().BeApproximately(level, level / 4);
    }

    private static void IsWholePeriods(int samples, int rateHz)
    {
        samples.Should().BePositive();
        var periods = samples * PitchHz / rateHz;
        periods.Should().BeApproximately(Math.Round(periods), 0.04);
    }

    private static double SteepestStep(int rateHz) =>
        Enumerable.Range(0, rateHz / 10).Max(i => Math.Abs(Sample(i + 1, rateHz) - Sample(i, rateHz)));

    private static double MaxStep(short[] heard, PcmLine line, int rateHz)
    {
        var all = heard.Concat(line.Ahead.ToArray()).ToArray();
        return Enumerable.Range(0, all.Length - 1).Max(i => Math.Abs(all[i + 1] - all[i]));
    }
}

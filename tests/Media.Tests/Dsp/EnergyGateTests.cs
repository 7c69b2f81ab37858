using OCPlatform.Media.Dsp;
using OCPlatform.Media.Tests.Engine;

namespace OCPlatform.Media.Tests.Dsp;

public class EnergyGateTests
{
    private static short[] Noise(double rms, int samples, int seed = 1)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, samples).Select(_ => (short)(rms * Math.Sqrt(3) * (2 * random.NextDouble() - 1))),
        ];
    }

    private static List<bool> Run(EnergyGate gate, short[] samples, int frame) =>
        [.. samples.Chunk(frame).Select(f => gate.Process(f))];

    [Theory]
    [InlineData(8000)]
    [InlineData(16000)]
    public void Steady_noise_keeps_it_shut_and_speech_above_it_opens_it(int rateHz)
    {
        var gate = new EnergyGate(rateHz);
        var frame = rateHz / 50;
        Run(gate, Noise(60, rateHz * 3), frame).Skip(5).Should().OnlyContain(open => !open);

        var burst = Tone.Sine(300, rateHz / 2, rateHz, 1500);
        var noise = Noise(60, burst.Length, 2);
        for (var i = 0; i < burst.Length; i++)
            burst[i] += noise[i];
        var open = Run(gate, burst, frame);
        open[0].Should().BeFalse("one frame could be a click");
        open.Skip(1).Should().OnlyContain(o => o);
        gate.LevelDb.Should().BeApproximately(-29.8f, 0.3f);
        gate.NoiseFloorDb.Should().BeApproximately(-54.7f, 1.5f);
    }

    [Fact]
    public void It_stays_open_for_the_hangover_and_no_longer()
    {
        var gate = new EnergyGate(8000, new EnergyGateOptions { HangoverMs = 200 });
        Run(gate, Noise(30, 8000), 160);
        Run(gate, Tone.Sine(300, 1600), 160)[^1].Should().BeTrue();

        var after = Run(gate, Noise(30, 4000), 160);
        after.Count(o => o).Should().Be(9, "the tenth quiet frame completes 200 ms");
        after.Skip(9).Should().OnlyContain(o => !o);
    }

    [Fact]
    public void Noise_that_sets_in_becomes_the_floor_within_three_seconds()
    {
        var gate = new EnergyGate(8000);
        Run(gate, Noise(30, 8000 * 4), 160);

        var open = Run(gate, Noise(600, 8000 * 5), 160);
        open[10].Should().BeTrue("26 dB more is news at first");
        open.Skip(150).Should().OnlyContain(o => !o);
        Run(gate, Noise(30, 8000), 160);
        Run(gate, Tone.Sine(300, 1600, amplitude: 900), 160)[^1].Should().BeTrue("a floor falls at once");
    }

    [Fact]
    public void Silence_clicks_and_an_offset_of_the_line_are_no_voice()
    {
        var gate = new EnergyGate(8000);
        Run(gate, new short[8000], 160).Should().OnlyContain(o => !o);
        var offset = Noise(10, 8000).Select(s => (short)(s + 5000)).ToArray();
        Run(gate, offset, 160).Skip(1).Should().OnlyContain(o => !o);
        var click = new short[160];
        click.AsSpan(20, 30).Fill(20000);
        gate.Process(click).Should().BeFalse();
        gate.Process(new short[160]).Should().BeFalse();
    }

    [Fact]
    public void Digital_silence_does_not_pull_the_floor_down()
    {
        var gate = new EnergyGate(8000);
        Run(gate, Noise(200, 16000), 160);
        Run(gate, new short[4000], 160);
        Run(gate, Noise(200, 8000), 160).Should().OnlyContain(o => !o, "the same room as before the gap");
    }

    [Theory]
    [InlineData(15)]
    [InlineData(60)]
    public void People_open_it_and_their_pauses_close_it(double noiseRms)
    {
        var gate = new EnergyGate(16000);
        var speech = HumanSpeech.Book();
        var noise = Noise(noiseRms, 16000 * 4 + speech.Length);
        var reference = Run(new EnergyGate(16000), noise, 320).Count(o => o);
        for (var i = 0; i < speech.Length; i++)
            noise[16000 * 2 + i] += speech[i];
        var open = Run(gate, noise, 320);

        var frames = speech.Chunk(320).ToArray();
        // Vowels and most consonants lie within 30 dB of the loudest frames.
        var loud = Enumerable.Range(0, frames.Length).Where(i => PcmPower.MeanSquare(frames[i]) > 300 * 300).ToArray();
        var caught = loud.Count(i => open[100 + i]) / (double)loud.Length;
        caught.Should().BeGreaterThan(0.97);
        reference.Should().Be(0);
        open.TakeLast(80).Should().OnlyContain(o => !o, "the hangover is over");
    }

    [Fact]
    public void Nothing_is_allocated_per_frame()
    {
        var gate = new EnergyGate(16000);
        var frame = Noise(500, 320);
        gate.Process(frame);

        Allocations.ShouldBeNonePer("frame", 2000, () => gate.Process(frame));
    }
}

using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;

namespace OCPlatform.Media.Tests.Codecs;

public class FaxToneDetectorTests
{
    [Theory]
    [InlineData(1100, 0)]
    [InlineData(1100, -40)]
    [InlineData(1062, -20)]
    [InlineData(1138, -20)]
    public void A_calling_fax_is_heard_by_its_first_burst(double hz, double levelDbm0)
    {
        short[] call = [.. Silence(310), .. Sine(hz, 500, levelDbm0), .. Silence(200)];

        Hear(call).Should().Equal(FaxTone.Cng);
        Hear(ThroughG711(Noisy(call, levelDbm0 - 15))).Should().Equal(FaxTone.Cng);
    }

    [Theory]
    [InlineData(430)]
    [InlineData(570)]
    public void Bursts_of_the_shortest_and_the_longest_duration_are_heard(int ms)
    {
        for (var shift = 0; shift < 20; shift += 3)
            Hear([.. Silence(40 + shift), .. Sine(1100, ms, -15), .. Silence(200)]).Should().Equal(FaxTone.Cng);
    }

    [Fact]
    public void A_burst_with_a_lost_packet_is_heard()
    {
        Hear([.. Silence(40), .. Sine(1100, 240, -15), .. Silence(20), .. Sine(1100, 240, -15), .. Silence(200)])
            .Should()
            .Equal(FaxTone.Cng);
    }

    [Fact]
    public void Each_tone_is_reported_once()
    {
        short[] cycle = [.. Sine(1100, 500, -15), .. Silence(3000)];

        Hear([.. cycle, .. cycle, .. cycle]).Should().Equal(FaxTone.Cng);
    }

    [Theory]
    [InlineData(300)]
    [InlineData(800)]
    [InlineData(5000)]
    public void A_tone_of_1100_Hz_that_is_too_short_or_too_long_is_no_fax(int ms)
    {
        Hear([.. Silence(40), .. Sine(1100, ms, -15), .. Silence(300)]).Should().BeEmpty();
    }

    [Theory]
    [InlineData(425, 0)]
    [InlineData(440, 480)]
    [InlineData(1000, 0)]
    [InlineData(1020, 0)]
    [InlineData(1400, 0)]
    [InlineData(941, 1209)]
    [InlineData(2000, 0)]
    [InlineData(2225, 0)]
    [InlineData(1100, 1700)]
    public void Other_tones_of_telephony_are_no_fax(double hz, double second)
    {
        foreach (var ms in new[] { 500, 2500 })
        {
            var tone = Sine(hz, ms, -15);
            if (second > 0)
                tone = [.. tone.Zip(Sine(second, ms, -15), (a, b) => (short)(a + b))];
            Hear([.. Silence(40), .. tone, .. Silence(300)]).Should().BeEmpty();
        }
    }

    [Theory]
    [InlineData(2100)]
    [InlineData(2085)]
    [InlineData(2115)]
    public void An_answering_fax_is_heard_within_little_more_than_a_second(double hz)
    {
        Hear([.. Silence(55), .. Sine(hz, 1080, -12)]).Should().Equal(FaxTone.Ced);
        Hear([.. Silence(55), .. Sine(hz, 900, -12), .. Silence(500)]).Should().BeEmpty();
    }

    [Fact]
    public void Phase_reversals_and_modulation_of_modems_are_part_of_the_tone()
    {
        // ANSam: 15 Hz of 20 % depth; the phase turns every 450 ms.
        var tone = new short[8 * 2000];
        for (var i = 0; i < tone.Length; i++)
        {
            var sign = i / (8 * 450) % 2 == 0 ? 1 : -1;
            var swell = 1 + 0.2 * Math.Sin(2 * Math.PI * 15 * i / 8000);
            tone[i] = (short)(sign * 4000 * swell * Math.Sin(2 * Math.PI * 2100 * i / 8000));
        }

        Hear(ThroughG711(Noisy(tone, -35))).Should().Equal(FaxTone.Ced);
    }

    [Fact]
    public void Both_tones_are_heard_at_16_kHz()
    {
        Hear([.. Sine(1100, 500, -15, 16_000), .. Silence(400), .. Sine(2100, 1500, -15, 16_000)], 16_000)
            .Should()
            .Equal(FaxTone.Cng, FaxTone.Ced);
    }

    [Fact]
    public void After_a_reset_a_tone_is_reported_anew()
    {
        var detector = new FaxToneDetector(8000);
        var tone = Sine(2100, 1500, -15);
        Count().Should().Be(1);
        Count().Should().Be(0);
        detector.Reset();
        Count().Should().Be(1);

        int Count()
        {
            var count = 0;
            for (var at = 0; at < tone.Length; at += 160)
                count += detector.Process(tone.AsSpan(at, 160), out _) ? 1 : 0;
            return count;
        }
    }

    public static List<FaxTone> Hear(short[] pcm, int rateHz = 8000)
    {
        var detector = new FaxToneDetector(rateHz);
        var heard = new List<FaxTone>();
        var frame = rateHz / 50;
        for (var at = 0; at + frame <= pcm.Length; at += frame)
        {
            if (detector.Process(pcm.AsSpan(at, frame), out var tone))
                heard.Add(tone);
        }

        return heard;
    }

    private static short[] Silence(int ms) => new short[8 * ms];

    private static short[] Sine(double hz, int ms, double levelDbm0, int rateHz = 8000) =>
        Engine.Tone.Sine(hz, rateHz / 1000 * ms, rateHz, 22_300 * Math.Pow(10, levelDbm0 / 20));

    /// <summary>With white noise of a level.</summary>
    private static short[] Noisy(short[] pcm, double levelDbm0)
    {
        var random = new Random(2);
        var amplitude = 22_300 / Math.Sqrt(2) * Math.Sqrt(3) * Math.Pow(10, levelDbm0 / 20);
        return [.. pcm.Select(s => (short)Math.Clamp(s + amplitude * (random.NextDouble() * 2 - 1), -32768, 32767))];
    }

    private static short[] ThroughG711(short[] pcm)
    {
        var codes = new byte[pcm.Length];
        var back = new short[pcm.Length];
        G711.Encode(AudioCodec.Pcma, pcm, codes);
        G711.Decode(AudioCodec.Pcma, codes, back);
        return back;
    }
}

using OCPlatform.Bench.Media;
using OCPlatform.Media.Codecs;

namespace OCPlatform.Media.Tests.Codecs;

/// <summary>Tones by sox, limits of ITU-T Q.24. The long run is the benchmark "tones".</summary>
public class InBandDtmfTests
{
    private static readonly float[][] Exact = ToneCorpus.Tones(1, ToneCorpus.DtmfHz);

    [Fact]
    public void Digits_are_found_whatever_their_level_twist_offset_and_background()
    {
        var trial = new DtmfTrial(ToneCorpus.Speech(30, null).First().Pcm);
        // A prime apart, so that all values meet.
        var cases = DtmfCase.All().Where((_, i) => i % 7 == 0).ToList();

        var missed = cases.Where(c => !trial.IsFound(c)).ToList();

        cases.Should().HaveCountGreaterThan(2400);
        missed.Count.Should().BeLessThan(cases.Count / 200, string.Join('\n', missed));
    }

    [Fact]
    public void In_speech_there_are_no_tones()
    {
        foreach (var (name, pcm) in ToneCorpus.Speech(180, null))
        {
            Hear(pcm).Should().BeEmpty($"{name} is speech");
            FaxToneDetectorTests.Hear(pcm).Should().BeEmpty($"{name} is speech");
        }
    }

    [Fact]
    public void Digits_follow_one_another_with_pauses_of_40_ms()
    {
        short[] dialled = [.. "1590*#DA5566".SelectMany(d => Pause(40).Concat(Digit(d, 45))), .. Pause(100)];

        Hear(dialled).Select(h => h.Digit).Should().Equal("1590*#DA5566");
    }

    [Fact]
    public void A_digit_has_its_duration()
    {
        var heard = Hear([.. Pause(33), .. Digit('7', 250), .. Pause(40), .. Digit('7', 2000), .. Pause(60)]);

        heard.Select(h => h.Digit).Should().Equal('7', '7');
        heard[0].DurationMs.Should().BeInRange(230, 260);
        heard[1].DurationMs.Should().BeInRange(1980, 2010);
    }

    [Fact]
    public void An_interruption_of_10_ms_ends_no_digit()
    {
        Hear([.. Pause(40), .. Digit('4', 50), .. Pause(10), .. Digit('4', 50), .. Pause(60)])
            .Select(h => h.Digit)
            .Should()
            .Equal('4');
    }

    [Fact]
    public void A_digit_is_under_way_until_it_has_ended()
    {
        var detector = new InBandDtmf(8000);
        detector.Process(Digit('1', 20), out _, out _);
        detector.Active.Should().BeFalse();
        detector.Process(Digit('1', 30), out _, out _).Should().BeFalse();
        detector.Active.Should().BeTrue();
        detector.Process(Pause(20), out var digit, out _).Should().BeTrue();
        digit.Should().Be('1');
        detector.Active.Should().BeFalse();
    }

    [Fact]
    public void Tones_under_23_ms_are_no_digits()
    {
        Hear([.. "1590*#DA".SelectMany(d => Pause(47).Concat(Digit(d, 22)))]).Should().BeEmpty();
    }

    [Theory]
    [InlineData(0.035)]
    [InlineData(-0.035)]
    public void Tones_3_5_percent_off_are_no_digits(double offset)
    {
        var tones = ToneCorpus.Tones(1 + offset, ToneCorpus.DtmfHz);

        Hear([.. DtmfCase.Digits.SelectMany(d => Pause(45).Concat(Digit(d, 100, tones)))]).Should().BeEmpty();
    }

    [Fact]
    public void One_tone_alone_or_far_stronger_than_the_other_is_no_digit()
    {
        foreach (var tone in Exact)
            Hear([.. tone.Select(t => (short)(8000 * t))]).Should().BeEmpty();
        Hear([.. Exact[0].Zip(Exact[4], (low, high) => (short)(8000 * low + 1200 * high))]).Should().BeEmpty();
    }

    [Fact]
    public void Digits_at_16_kHz_are_heard_also_with_sound_above_telephone_band()
    {
        var pcm = new short[16_000];
        for (var i = 800; i < 3200; i++)
            pcm[i] = (short)(
                5000 * (Math.Sin(2 * Math.PI * 852 * i / 16_000) + Math.Sin(2 * Math.PI * 1477 * i / 16_000))
                // Would fold to 1.2 kHz.
                + 2000 * Math.Sin(2 * Math.PI * 6800 * i / 16_000)
            );

        var heard = Hear(pcm, 16_000);

        heard.Select(h => h.Digit).Should().Equal('9');
        heard[0].DurationMs.Should().BeInRange(130, 160);
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        short[] pcm = [.. Digit('5', 80), .. Pause(80)];
        var detector = new InBandDtmf(8000);
        var fax = new FaxToneDetector(8000);

        Allocations.ShouldBeNonePer("a digit", 50, Run);

        void Run()
        {
            for (var at = 0; at < pcm.Length; at += 160)
            {
                detector.Process(pcm.AsSpan(at, 160), out _, out _);
                fax.Process(pcm.AsSpan(at, 160), out _);
            }
        }
    }

    private static short[] Pause(int ms) => new short[8 * ms];

    private static short[] Digit(char digit, int ms, float[][]? tones = null)
    {
        var code = DtmfCase.Digits.IndexOf(digit, StringComparison.Ordinal);
        var (low, high) = ((tones ?? Exact)[code / 4], (tones ?? Exact)[4 + code % 4]);
        return
        [
            .. Enumerable.Range(0, 8 * ms).Select(i => (short)(6000 * (low[i % low.Length] + high[i % high.Length]))),
        ];
    }

    private static List<(char Digit, int DurationMs)> Hear(short[] pcm, int rateHz = 8000)
    {
        var detector = new InBandDtmf(rateHz);
        var heard = new List<(char, int)>();
        for (var at = 0; at < pcm.Length; at += rateHz / 50)
        {
            var frame = new short[rateHz / 50];
            pcm.AsSpan(at, Math.Min(frame.Length, pcm.Length - at)).CopyTo(frame);
            if (detector.Process(frame, out var digit, out var ms))
                heard.Add((digit, ms));
        }

        return heard;
    }
}

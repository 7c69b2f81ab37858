using CsCheck;
using OCPlatform.Media.Dsp;
using OCPlatform.Media.Tests.Engine;

namespace OCPlatform.Media.Tests.Dsp;

public class AudioMixerTests
{
    /// <summary>Lets each party say its sound, frame by frame; what each hears.</summary>
    private static short[][] Talk(
        AudioMixer mixer,
        (MixerParty Party, short[] Says)[] talk,
        Action<int>? between = null
    )
    {
        var frames = talk[0].Says.Length / talk[0].Party.FrameSamples;
        var heard = talk.Select(t => new List<short>()).ToArray();
        for (var frame = 0; frame < frames; frame++)
        {
            between?.Invoke(frame);
            foreach (var (party, says) in talk)
                party.Write(says.AsSpan(frame * party.FrameSamples, party.FrameSamples));
            mixer.Mix();
            for (var i = 0; i < talk.Length; i++)
                heard[i].AddRange(talk[i].Party.Heard);
        }

        return [.. heard.Select(h => h.ToArray())];
    }

    [Fact]
    public void Each_party_hears_exactly_the_others() =>
        Gen.Select(Gen.Int[2, 12], Gen.Int[0, 1_000_000])
            .Sample(
                (count, seed) =>
                {
                    var mixer = new AudioMixer();
                    var random = new Random(seed);
                    var talk = Enumerable
                        .Range(0, count)
                        .Select(_ =>
                            (
                                Party: mixer.Join(8000)!,
                                Says: Enumerable.Range(0, 480).Select(_ => (short)random.Next(-1900, 1900)).ToArray()
                            )
                        )
                        .ToArray();
                    var heard = Talk(mixer, talk);
                    for (var i = 0; i < count; i++)
                    {
                        // From the second frame on; the first is faded in.
                        for (var n = 160; n < 480; n++)
                        {
                            var others = talk.Sum(t => t.Says[n]) - talk[i].Says[n];
                            if (heard[i][n] != others)
                                return false;
                        }
                    }

                    return true;
                },
                iter: 200
            );

    [Fact]
    public void Narrow_and_wide_parties_hear_each_other_each_at_its_own_rate()
    {
        var mixer = new AudioMixer();
        var heard = Talk(
            mixer,
            [
                (mixer.Join(8000)!, Tone.Sine(500, 8000, 8000, 4000)),
                (mixer.Join(8000)!, Tone.Sine(900, 8000, 8000, 4000)),
                (mixer.Join(16000)!, Tone.Sine(2300, 16000, 16000, 4000)),
                (mixer.Join(16000)!, Tone.Sine(6500, 16000, 16000, 4000)),
            ]
        );

        double[] tones = [500, 900, 2300, 6500];
        for (var listener = 0; listener < 4; listener++)
        {
            var rate = listener < 2 ? 8000 : 16000;
            var steady = heard[listener].AsSpan(rate / 10);
            for (var tone = 0; tone < 4; tone++)
            {
                if (tones[tone] > rate / 2)
                    continue;
                var expected = tone == listener ? 0 : 4000;
                Tone.Amplitude(steady, tones[tone], rate)
                    .Should()
                    .BeApproximately(expected, 40, $"{listener} hears {tones[tone]} Hz");
            }

            // 6.5 kHz would fold to 1.5 kHz.
            if (rate == 8000)
                Tone.Amplitude(steady, 1500, rate).Should().BeLessThan(3);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(64)]
    public void Loud_parties_together_neither_wrap_nor_crackle(int count)
    {
        var mixer = new AudioMixer();
        var random = new Random(count);
        var talk = Enumerable
            .Range(0, count)
            .Select(_ => (mixer.Join(16000)!, Tone.Sine(150 + 800 * random.NextDouble(), 32000, 16000, 32000)))
            .ToArray();
        var heard = Talk(mixer, talk);

        for (var i = 0; i < count; i += Math.Max(1, count / 4))
        {
            // What is heard is the others' sum at a lower level, and little else.
            var sum = new double[32000];
            for (var other = 0; other < count; other++)
            {
                for (var n = 0; n < sum.Length && other != i; n++)
                    sum[n] += talk[other].Item2[n];
            }

            double ss = 0,
                sh = 0,
                hh = 0;
            for (var n = 8000; n < sum.Length; n++)
            {
                double h = heard[i][n];
                (ss, sh, hh) = (ss + sum[n] * sum[n], sh + sum[n] * h, hh + h * h);
                Math.Abs(h - heard[i][n - 1]).Should().BeLessThan(32767, "that would be a wrap");
            }

            var similarity = sh / Math.Sqrt(ss * hh);
            similarity.Should().BeGreaterThan(0.99);
            heard[i]
                .Skip(8000)
                .Max(s => Math.Abs((int)s))
                .Should()
                .BeGreaterThan(20000, "it must not be turned down for good");
        }
    }

    [Fact]
    public void After_a_crowd_the_level_comes_back_slowly_and_not_at_once()
    {
        var limiter = new SoftLimiter();
        var sums = new float[320];
        var output = new short[320];
        Array.Fill(sums, 200_000);
        limiter.Process(sums, output);
        var gain = limiter.Gain;
        gain.Should().BeApproximately(1.5f * 32767 / 200_000, 0.001f);
        for (var frame = 0; frame < 50; frame++)
        {
            Array.Fill(sums, 100);
            limiter.Process(sums, output);
            (limiter.Gain / gain).Should().BeInRange(1, 1.015f);
            gain = limiter.Gain;
        }

        gain.Should().BeApproximately(2 * 1.5f * 32767 / 200_000, 0.01f, "6 dB a second");
    }

    [Fact]
    public void The_knee_is_continuous_monotonic_and_ends_at_full_scale()
    {
        var limiter = new SoftLimiter();
        var sums = Enumerable.Range(0, 49_000).Select(i => (float)i).ToArray();
        var output = new short[sums.Length];
        limiter.Process(sums, output);

        limiter.Gain.Should().Be(1);
        for (var i = 1; i < output.Length; i++)
            (output[i] - output[i - 1]).Should().BeInRange(0, 2);
        output[24_000].Should().Be(24_000, "below the knee nothing is touched");
        output[^1].Should().BeInRange(32_760, 32_767);
    }

    [Fact]
    public void Leaving_joining_muting_and_missing_frames_fade_instead_of_clicking()
    {
        var mixer = new AudioMixer();
        var listener = mixer.Join(8000)!;
        var speaker = mixer.Join(8000)!;
        var tone = Tone.Sine(100, 8000 * 4, 8000, 12000);
        var heard = new List<short>();
        for (var frame = 0; frame < 100; frame++)
        {
            speaker.Muted = frame is >= 20 and < 30;
            if (frame == 50)
                mixer.Leave(speaker);
            if (frame == 60)
                speaker = mixer.Join(8000)!;
            // The tone stands at its peak where it is cut: 2.5 ms into its period.
            if (frame is not (>= 40 and < 45) and not (>= 51 and < 60))
                speaker.Write(tone.AsSpan(20 + frame * 160, 160));
            mixer.Mix();
            heard.AddRange(listener.Heard);
        }

        // The tone itself moves 940 a sample; a cut would jump by 12000.
        for (var i = 1; i < heard.Count; i++)
            Math.Abs(heard[i] - heard[i - 1]).Should().BeLessThan(1500, $"at {i}");
        bool Silent(int frame) => heard.Skip(frame * 160).Take(160).All(s => s == 0);
        Silent(22).Should().BeTrue("muted");
        Silent(41).Should().BeTrue("nothing written");
        Silent(55).Should().BeTrue("left");
        Silent(19).Should().BeFalse();
        Silent(31).Should().BeFalse();
        Silent(70).Should().BeFalse();
        mixer.Parties.Should().Equal(listener, speaker);
    }

    [Fact]
    public void Only_the_loudest_are_mixed_when_speakers_are_capped()
    {
        var mixer = new AudioMixer(new AudioMixerOptions { MaxSpeakers = 2 });
        var amplitudes = new double[] { 100, 3000, 200, 4000, 50, 0 };
        var talk = amplitudes
            .Select((a, i) => (Party: mixer.Join(8000)!, Says: Tone.Sine(300 + 200 * i, 16000, 8000, a)))
            .ToArray();

        var heard = Talk(mixer, talk);
        mixer.Parties.Select(p => p.IsSpeaking).Should().Equal(false, true, false, true, false, false);
        Tone.Amplitude(heard[5].AsSpan(8000), 500, 8000).Should().BeApproximately(3000, 30);
        Tone.Amplitude(heard[5].AsSpan(8000), 900, 8000).Should().BeApproximately(4000, 40);
        Tone.Amplitude(heard[5].AsSpan(8000), 700, 8000).Should().BeLessThan(2, "the third loudest is not mixed");

        // Someone else raises his voice; places change once.
        talk[0].Says = Tone.Sine(300, 16000, 8000, 8000);
        var changes = 0;
        var before = true;
        Talk(
            mixer,
            talk,
            _ =>
            {
                changes += before != talk[1].Party.IsSpeaking ? 1 : 0;
                before = talk[1].Party.IsSpeaking;
            }
        );
        mixer.Parties.Select(p => p.IsSpeaking).Should().Equal(true, false, false, true, false, false);
        changes.Should().Be(1);
    }

    [Fact]
    public void A_full_conference_takes_nobody_and_a_wrong_frame_is_refused()
    {
        var mixer = new AudioMixer(new AudioMixerOptions { MaxParties = 2 });
        var party = mixer.Join(8000)!;
        mixer.Join(16000).Should().NotBeNull();
        mixer.Join(8000).Should().BeNull();
        mixer.Leave(party);
        mixer.Mix();
        mixer.Join(8000).Should().NotBeNull();
        var wrong = () => party.Write(new short[320]);
        wrong.Should().Throw<ArgumentException>();
        var rate = () => mixer.Join(24000);
        rate.Should().Throw<ArgumentOutOfRangeException>();
        var tooMany = () => new AudioMixer(new AudioMixerOptions { MaxParties = 257 });
        tooMany.Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void Nothing_is_allocated_per_mix()
    {
        var mixer = new AudioMixer(new AudioMixerOptions { MaxSpeakers = 4 });
        var parties = Enumerable.Range(0, 16).Select(i => mixer.Join(i % 2 == 0 ? 8000 : 16000)!).ToArray();
        var frame = Tone.Sine(440, 320, 16000, 20000);
        void Mix()
        {
            foreach (var party in parties)
                party.Write(frame.AsSpan(0, party.FrameSamples));
            mixer.Mix();
        }

        Allocations.ShouldBeNonePer("mix", 500, Mix);
    }
}

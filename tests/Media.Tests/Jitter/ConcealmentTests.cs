using OCPlatform.Media.Codecs;
using OCPlatform.Media.Dsp;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Jitter;
using OCPlatform.Media.Rtp;

namespace OCPlatform.Media.Tests.Jitter;

/// <summary>
/// Human speech (Debian's pocketsphinx-testdata) with every tenth packet lost, against the two cheap ways: silence, and
/// playing the last packet again. Measured over the lost stretches and 10 ms after them, in active speech.
/// </summary>
public class ConcealmentTests
{
    private const string Speech = "/usr/share/pocketsphinx/test/data/librivox";

    [Theory]
    [InlineData(8000)]
    [InlineData(16_000)]
    public void Concealed_speech_is_closer_to_what_was_lost_than_repetition_or_silence(int rateHz)
    {
        var clean = Load(rateHz);
        var frame = rateHz / 50;
        var lost = LostPackets(clean.Length / frame);

        var concealed = Receive(clean, lost, rateHz);
        var repeated = new short[clean.Length];
        var silent = new short[clean.Length];
        for (var i = 0; i < lost.Length; i++)
        {
            var at = i * frame;
            if (!lost[i])
                clean.AsSpan(at, frame).CopyTo(silent.AsSpan(at));
            (lost[i] ? repeated.AsSpan(at - frame, frame) : clean.AsSpan(at, frame)).CopyTo(repeated.AsSpan(at));
        }

        var ours = Compare(clean, concealed, lost, rateHz);
        var repetition = Compare(clean, repeated, lost, rateHz);
        var silence = Compare(clean, silent, lost, rateHz);
        var figures = $"concealed {ours}, repeated {repetition}, silent {silence}";

        ours.SnrDb.Should().BeGreaterThan(repetition.SnrDb + 2, figures);
        ours.SpectralDb.Should().BeLessThan(repetition.SpectralDb - 0.5, figures);
        ours.SpectralDb.Should().BeLessThan(silence.SpectralDb / 2, figures);
    }

    [Fact]
    public void A_long_loss_fades_into_the_background_instead_of_dead_silence()
    {
        var random = new Random(9);
        var clean = new short[8000 * 4];
        for (var i = 0; i < clean.Length; i++)
        {
            var voice = i % 8000 > 3000 ? 6000 * Math.Sin(2 * Math.PI * 140 * i / 8000) : 0;
            clean[i] = (short)(voice + random.Next(-120, 121));
        }

        var lost = new bool[200];
        lost.AsSpan(175, 20).Fill(true);

        var heard = Receive(clean, lost, 8000);

        var after = heard.AsSpan(185 * 160, 800);
        BackgroundNoise.Magnitude(after).Should().BeInRange(20, 130);
        BackgroundNoise.Magnitude(heard.AsSpan(176 * 160, 80)).Should().BeGreaterThan(1000);
    }

    private static short[] Load(int rateHz)
    {
        Directory.Exists(Speech).Should().BeTrue("the Debian package pocketsphinx-testdata is needed");
        var samples = new List<short>();
        foreach (var path in Directory.GetFiles(Speech, "*.wav").Order(StringComparer.Ordinal))
        {
            var wav = WavFile.Read(path);
            var mono = wav.Mono();
            var resampler = new Resampler(wav.SampleRateHz, rateHz);
            var converted = new short[resampler.MaxOutput(mono.Length)];
            samples.AddRange(converted.AsSpan(0, resampler.Process(mono, converted)));
        }

        return [.. samples.Take(samples.Count / (rateHz / 50) * (rateHz / 50))];
    }

    private static bool[] LostPackets(int count)
    {
        var random = new Random(5);
        var lost = new bool[count];
        for (var i = 3; i < count; i++)
            lost[i] = !lost[i - 1] && random.Next(10) == 0;
        return lost;
    }

    /// <summary>What a receiver makes of it, aligned with what was sent.</summary>
    private static short[] Receive(short[] clean, bool[] lost, int rateHz)
    {
        var frame = rateHz / 50;
        using var receiver = new AudioReceiver(30, 30, rateHz);
        receiver.Use(
            AudioCodecFactory.CreateDecoder(rateHz == 8000 ? AudioCodec.L16Narrow : AudioCodec.L16, rateHz),
            rateHz
        );
        var heard = new short[clean.Length];
        var packet = new byte[RtpHeader.FixedBytes + 2 * frame];
        var at = -1;
        var pulled = new short[frame];
        for (var i = 0; i < lost.Length; i++)
        {
            if (!lost[i])
            {
                RtpHeader.Write(packet, 0, false, (ushort)i, (uint)(i * frame), 1);
                for (var k = 0; k < frame; k++)
                {
                    packet[RtpHeader.FixedBytes + 2 * k] = (byte)(clean[i * frame + k] >> 8);
                    packet[RtpHeader.FixedBytes + 2 * k + 1] = (byte)clean[i * frame + k];
                }

                RtpHeader.TryParse(packet, out var parsed);
                receiver.Admit(parsed, out var sequence).Should().BeTrue();
                receiver.OnAudio(parsed, sequence, 1_000_000_000 + i * 20_000_000L);
            }

            var info = receiver.Pull(1_005_000_000 + i * 20_000_000L, pulled);
            if (at < 0 && info.Kind == FrameKind.Received)
                at = (int)info.RtpTimestamp;
            if (at < 0)
                continue;
            pulled.CopyTo(heard, at);
            at += frame;
        }

        receiver.StretchedSamples.Should().Be(0);
        receiver.ShrunkSamples.Should().Be(0);
        return heard;
    }

    private static (double SnrDb, double SpectralDb) Compare(short[] clean, short[] heard, bool[] lost, int rateHz)
    {
        var frame = rateHz / 50;
        double signal = 0;
        double error = 0;
        double distance = 0;
        var frames = 0;
        for (var i = 0; i < lost.Length - 4; i++)
        {
            var reference = clean.AsSpan(i * frame, frame * 3 / 2);
            if (!lost[i] || BackgroundNoise.Magnitude(reference) < 500)
                continue;
            var result = heard.AsSpan(i * frame, frame * 3 / 2);
            for (var k = 0; k < reference.Length; k++)
            {
                signal += (double)reference[k] * reference[k];
                error += Math.Pow(reference[k] - result[k], 2);
            }

            distance += SpectralDistance(reference[..frame], result[..frame]);
            frames++;
        }

        frames.Should().BeGreaterThan(30);
        return (10 * Math.Log10(signal / error), distance / frames);
    }

    /// <summary>Root mean square of the differences in dB, over bands of 250 Hz up to 3.5 kHz.</summary>
    private static double SpectralDistance(ReadOnlySpan<short> one, ReadOnlySpan<short> other)
    {
        var sum = 0.0;
        var rateHz = one.Length * 50;
        for (var band = 1; band <= 14; band++)
        {
            var difference = Power(one, 250 * band, rateHz) - Power(other, 250 * band, rateHz);
            sum += difference * difference;
        }

        return Math.Sqrt(sum / 14);
    }

    private static double Power(ReadOnlySpan<short> samples, double hz, int rateHz)
    {
        double real = 0;
        double imaginary = 0;
        for (var i = 0; i < samples.Length; i++)
        {
            var window = 0.5 - 0.5 * Math.Cos(2 * Math.PI * (i + 0.5) / samples.Length);
            real += window * samples[i] * Math.Cos(2 * Math.PI * hz * i / rateHz);
            imaginary += window * samples[i] * Math.Sin(2 * Math.PI * hz * i / rateHz);
        }

        return 10 * Math.Log10(real * real + imaginary * imaginary + 1e6);
    }
}

using OCPlatform.Media.Codecs;

namespace OCPlatform.Bench.Jitter;

/// <summary>
/// Sounds like speech to a signal processor: syllables of gliding harmonics, hissing consonants, pauses over faint noise.
/// </summary>
internal static class SyntheticSpeech
{
    private const int RateHz = 8000;

    public static byte[] Pcmu(double seconds, int seed)
    {
        var pcm = Pcm(seconds, seed);
        var codes = new byte[pcm.Length];
        G711.Encode(AudioCodec.Pcmu, pcm, codes);
        return codes;
    }

    public static short[] Pcm(double seconds, int seed)
    {
        var random = new Random(seed);
        var pcm = new short[(int)(seconds * RateHz)];
        for (var i = 0; i < pcm.Length; i++)
            pcm[i] = (short)random.Next(-30, 31);
        for (var at = RateHz / 4; at < pcm.Length - RateHz; )
        {
            // A phrase of a few syllables, then a pause.
            for (var syllables = random.Next(3, 9); syllables > 0 && at < pcm.Length - RateHz; syllables--)
            {
                if (random.Next(3) > 0)
                    at += Hiss(pcm, at, random.Next(400, 900), random);
                at += Vowel(pcm, at, random.Next(900, 2200), random);
            }

            at += random.Next(RateHz / 4, RateHz * 2);
        }

        return pcm;
    }

    private static int Vowel(short[] pcm, int at, int length, Random random)
    {
        var pitch = 90.0 + 130 * random.NextDouble();
        var glide = 1 + 0.3 * (random.NextDouble() - 0.5);
        var formant = 400 + 400 * random.NextDouble();
        var phase = 0.0;
        for (var i = 0; i < length; i++)
        {
            phase += 2 * Math.PI * pitch * (1 + (glide - 1) * i / length) / RateHz;
            var sum = 0.0;
            for (var k = 1; k * pitch < 3400; k++)
                sum += Math.Sin(k * phase) / (1 + Math.Pow((k * pitch - formant) / 250, 2));
            pcm[at + i] += (short)(4000 * Math.Sin(Math.PI * i / length) * sum);
        }

        return length;
    }

    private static int Hiss(short[] pcm, int at, int length, Random random)
    {
        for (var i = 0; i < length; i++)
            pcm[at + i] += (short)(1200 * Math.Sin(Math.PI * i / length) * (random.NextDouble() * 2 - 1));
        return length;
    }
}

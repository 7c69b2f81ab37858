namespace OCPlatform.LoadTest.Tests;

/// <summary>8 kHz test signals whose speech lies at known times.</summary>
internal static class Signals
{
    public const int RateHz = 8000;

    public static short[] Silence(int ms) => new short[ms * 8];

    /// <summary>Something like a voice: a 120 Hz pulse train through its harmonics, so that energy rises and falls in each period.</summary>
    public static short[] Voice(int ms, double rmsDb = -20)
    {
        var pcm = new double[ms * 8];
        for (var i = 0; i < pcm.Length; i++)
        {
            for (var harmonic = 1; harmonic <= 20; harmonic++)
            {
                pcm[i] += Math.Cos(2 * Math.PI * 120 * harmonic * i / RateHz);
            }
        }
        return Scale(pcm, rmsDb);
    }

    /// <summary>White noise.</summary>
    public static short[] Noise(int ms, double rmsDb, int seed = 1)
    {
        var random = new Random(seed);
        var pcm = new double[ms * 8];
        for (var i = 0; i < pcm.Length; i++)
        {
            pcm[i] = random.NextDouble() * 2 - 1;
        }
        return Scale(pcm, rmsDb);
    }

    public static short[] Join(params short[][] parts) => [.. parts.SelectMany(p => p)];

    public static short[] Add(short[] one, short[] other) =>
        [
            .. one.Select(
                (s, i) => (short)Math.Clamp(s + (i < other.Length ? other[i] : 0), short.MinValue, short.MaxValue)
            ),
        ];

    private static short[] Scale(double[] pcm, double rmsDb)
    {
        var rms = Math.Sqrt(pcm.Average(s => s * s));
        var gain = 32768 * Math.Pow(10, rmsDb / 20) / rms;
        return [.. pcm.Select(s => (short)Math.Clamp(s * gain, short.MinValue, short.MaxValue))];
    }
}

using OCPlatform.Media.Codecs;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Engine;

/// <summary>Background for the pauses, made once per engine: a second of noise, or digital silence.</summary>
internal sealed class ComfortNoise
{
    private const int Frames = 50;
    private readonly short[] _narrow;
    private readonly short[] _wide;
    private readonly byte[] _pcmu;
    private readonly byte[] _pcma;

    /// <param name="levelDb">Below full scale; 0 is silence.</param>
    /// <param name="random">Source of the noise.</param>
    public ComfortNoise(int levelDb, Random random)
    {
        _narrow = Noise(levelDb, random, 160);
        _wide = Noise(levelDb, random, 320);
        _pcmu = new byte[_narrow.Length];
        _pcma = new byte[_narrow.Length];
        G711.Encode(AudioCodec.Pcmu, _narrow, _pcmu);
        G711.Encode(AudioCodec.Pcma, _narrow, _pcma);
    }

    /// <summary>160 encoded samples; another stretch for every tick.</summary>
    public ReadOnlySpan<byte> Encoded(AudioCodec codec, long tick) =>
        (codec == AudioCodec.Pcmu ? _pcmu : _pcma).AsSpan((int)(tick % Frames) * 160, 160);

    /// <summary>The same as PCM, a frame of 160 or 320 samples.</summary>
    public ReadOnlySpan<short> Pcm(int frameSamples, long tick) =>
        (frameSamples == 160 ? _narrow : _wide).AsSpan((int)(tick % Frames) * frameSamples, frameSamples);

    private static short[] Noise(int levelDb, Random random, int frameSamples)
    {
        var noise = new short[Frames * frameSamples];
        if (levelDb > 0)
        {
            // Uniform noise of amplitude a has the effective value a/√3.
            var amplitude = 32768 * Math.Pow(10, -levelDb / 20.0) * Math.Sqrt(3);
            for (var i = 0; i < noise.Length; i++)
                noise[i] = (short)Math.Round((random.NextDouble() * 2 - 1) * amplitude);
        }

        return noise;
    }
}

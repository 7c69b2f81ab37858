using OCPlatform.Media.Codecs;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Engine;

/// <summary>Encoded background for the pauses, made once per engine: a second of noise, or digital silence.</summary>
internal sealed class ComfortNoise
{
    private const int Frames = 50;
    private const int FrameSamples = 160;
    private readonly byte[] _pcmu = new byte[Frames * FrameSamples];
    private readonly byte[] _pcma = new byte[Frames * FrameSamples];

    /// <param name="levelDb">Below full scale; 0 is silence.</param>
    /// <param name="random">Source of the noise.</param>
    public ComfortNoise(int levelDb, Random random)
    {
        var noise = new short[Frames * FrameSamples];
        if (levelDb > 0)
        {
            // Uniform noise of amplitude a has the effective value a/√3.
            var amplitude = 32768 * Math.Pow(10, -levelDb / 20.0) * Math.Sqrt(3);
            for (var i = 0; i < noise.Length; i++)
                noise[i] = (short)Math.Round((random.NextDouble() * 2 - 1) * amplitude);
        }

        G711.Encode(AudioCodec.Pcmu, noise, _pcmu);
        G711.Encode(AudioCodec.Pcma, noise, _pcma);
    }

    /// <summary>160 encoded samples; another stretch for every tick.</summary>
    public ReadOnlySpan<byte> Frame(AudioCodec codec, long tick) =>
        (codec == AudioCodec.Pcmu ? _pcmu : _pcma).AsSpan((int)(tick % Frames) * FrameSamples, FrameSamples);
}

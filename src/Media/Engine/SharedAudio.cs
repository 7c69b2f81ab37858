using OCPlatform.Media.Codecs;
using OCPlatform.Media.Dsp;

namespace OCPlatform.Media.Engine;

/// <summary>
/// Audio that many calls play, such as a prompt: converted to a session's rate and encoded once for all of them, then only
/// copied. Of G.711 the payloads are kept; other codecs have a state for each stream, and encode their own.
/// </summary>
public sealed class SharedAudio
{
    private const int FramesPerSecond = 50;

    private readonly Lazy<short[]> _narrow;
    private readonly Lazy<short[]> _wide;
    private readonly Lazy<byte[]> _pcmu;
    private readonly Lazy<byte[]> _pcma;

    /// <param name="pcm">Mono; filled up with silence to whole 20 ms.</param>
    /// <param name="sampleRateHz">8000, 16000, 24000 or 48000.</param>
    /// <exception cref="ArgumentException">No samples.</exception>
    public SharedAudio(short[] pcm, int sampleRateHz)
    {
        if (pcm.Length == 0)
            throw new ArgumentException("There is no audio.", nameof(pcm));
        Frames = (int)(((long)pcm.Length * FramesPerSecond + sampleRateHz - 1) / sampleRateHz);
        _narrow = new(() => Convert(pcm, sampleRateHz, 8000, Frames));
        _wide = new(() => Convert(pcm, sampleRateHz, 16_000, Frames));
        _pcmu = new(() => Encode(AudioCodec.Pcmu));
        _pcma = new(() => Encode(AudioCodec.Pcma));
    }

    /// <summary>Its length in 20 ms.</summary>
    public int Frames { get; }

    /// <summary>Converts and encodes what a session will need, so that the clock thread finds it done.</summary>
    internal void Prepare(AudioCodec codec, int sampleRateHz)
    {
        _ = Pcm(sampleRateHz, 0);
        if (sampleRateHz == 8000 && codec is AudioCodec.Pcmu or AudioCodec.Pcma)
            _ = Encoded(codec, 0);
    }

    internal ReadOnlySpan<short> Pcm(int sampleRateHz, int frame)
    {
        var samples = sampleRateHz / FramesPerSecond;
        return (sampleRateHz == 8000 ? _narrow : _wide).Value.AsSpan(frame * samples, samples);
    }

    /// <summary>160 bytes of G.711.</summary>
    internal ReadOnlySpan<byte> Encoded(AudioCodec codec, int frame) =>
        (codec == AudioCodec.Pcmu ? _pcmu : _pcma).Value.AsSpan(frame * 160, 160);

    private static short[] Convert(short[] pcm, int fromHz, int toHz, int frames)
    {
        var converted = new short[frames * toHz / FramesPerSecond];
        if (fromHz == toHz)
        {
            pcm.CopyTo(converted, 0);
            return converted;
        }

        var resampler = new Resampler(fromHz, toHz);
        var room = new short[resampler.MaxOutput(pcm.Length)];
        var count = resampler.Process(pcm, room);
        room.AsSpan(0, Math.Min(count, converted.Length)).CopyTo(converted);
        return converted;
    }

    private byte[] Encode(AudioCodec codec)
    {
        var encoded = new byte[_narrow.Value.Length];
        G711.Encode(codec, _narrow.Value, encoded);
        return encoded;
    }
}

using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace OCPlatform.Media.Codecs;

/// <summary>16 bit PCM in network byte order (RFC 3551 §4.5.11): without state, shared by all streams of a rate.</summary>
internal sealed class L16Decoder : IAudioDecoder
{
    public static readonly L16Decoder Wide = new(16_000);
    public static readonly L16Decoder Narrow = new(8_000);

    private L16Decoder(int sampleRateHz) => SampleRateHz = sampleRateHz;

    public int SampleRateHz { get; }

    public int SamplesOf(ReadOnlySpan<byte> payload) => (payload.Length & 1) == 0 ? payload.Length / 2 : 0;

    public int Decode(ReadOnlySpan<byte> payload, Span<short> pcm)
    {
        var samples = SamplesOf(payload);
        if (samples > pcm.Length)
            return 0;
        L16.FromNetwork(MemoryMarshal.Cast<byte, short>(payload[..(samples * 2)]), pcm);
        return samples;
    }

    public void Dispose() { }
}

/// <summary>The way back of <see cref="L16Decoder"/>.</summary>
internal sealed class L16Encoder : IAudioEncoder
{
    public static readonly L16Encoder Wide = new(16_000);
    public static readonly L16Encoder Narrow = new(8_000);

    private L16Encoder(int sampleRateHz) => SampleRateHz = sampleRateHz;

    public int SampleRateHz { get; }

    public int MaxBytes(int ptimeMs) => SampleRateHz / 1000 * ptimeMs * 2;

    public int Encode(ReadOnlySpan<short> pcm, Span<byte> payload)
    {
        L16.FromNetwork(pcm, MemoryMarshal.Cast<byte, short>(payload[..(pcm.Length * 2)]));
        return pcm.Length * 2;
    }

    public void Dispose() { }
}

file static class L16
{
    /// <summary>Between host and network order; the same both ways.</summary>
    public static void FromNetwork(ReadOnlySpan<short> source, Span<short> destination)
    {
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(source, destination);
        else
            source.CopyTo(destination);
    }
}

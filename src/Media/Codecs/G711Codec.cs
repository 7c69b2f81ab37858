namespace OCPlatform.Media.Codecs;

/// <summary><see cref="G711"/> as a decoder: without state, so that all streams share one per law.</summary>
internal sealed class G711Decoder : IAudioDecoder
{
    public static readonly G711Decoder Ulaw = new(AudioCodec.Pcmu);
    public static readonly G711Decoder Alaw = new(AudioCodec.Pcma);
    private readonly AudioCodec _codec;

    private G711Decoder(AudioCodec codec) => _codec = codec;

    public int SampleRateHz => 8000;

    public int SamplesOf(ReadOnlySpan<byte> payload) => payload.Length;

    public int Decode(ReadOnlySpan<byte> payload, Span<short> pcm)
    {
        if (payload.Length > pcm.Length)
            return 0;
        G711.Decode(_codec, payload, pcm);
        return payload.Length;
    }

    public void Dispose() { }
}

/// <summary><see cref="G711"/> as an encoder: without state, so that all streams share one per law.</summary>
internal sealed class G711Encoder : IAudioEncoder
{
    public static readonly G711Encoder Ulaw = new(AudioCodec.Pcmu);
    public static readonly G711Encoder Alaw = new(AudioCodec.Pcma);
    private readonly AudioCodec _codec;

    private G711Encoder(AudioCodec codec) => _codec = codec;

    public int SampleRateHz => 8000;

    public int MaxBytes(int ptimeMs) => ptimeMs * 8;

    public int Encode(ReadOnlySpan<short> pcm, Span<byte> payload)
    {
        G711.Encode(_codec, pcm, payload);
        return pcm.Length;
    }

    public void Dispose() { }
}

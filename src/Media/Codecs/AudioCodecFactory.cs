namespace OCPlatform.Media.Codecs;

/// <summary>
/// Decoders and encoders by codec and session rate. Codecs without state (G.711, L16) are shared instances and cost no
/// memory per call; their Dispose does nothing.
/// </summary>
public static class AudioCodecFactory
{
    /// <summary>Whether the codec can be offered here.</summary>
    public static bool IsAvailable(AudioCodec codec) =>
        codec switch
        {
            AudioCodec.Pcmu or AudioCodec.Pcma or AudioCodec.G722 or AudioCodec.L16 or AudioCodec.L16Narrow => true,
            AudioCodec.Opus => OpusLibrary.IsPresent,
            _ => false,
        };

    /// <param name="codec">What the payloads hold.</param>
    /// <param name="sampleRateHz">Rate of the session's PCM, 8000 or 16000; converted to where the codec's differs.</param>
    /// <exception cref="NotSupportedException">The codec is not available.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Another rate.</exception>
    public static IAudioDecoder CreateDecoder(AudioCodec codec, int sampleRateHz)
    {
        Check(sampleRateHz);
        IAudioDecoder decoder = codec switch
        {
            AudioCodec.Pcmu => G711Decoder.Ulaw,
            AudioCodec.Pcma => G711Decoder.Alaw,
            AudioCodec.G722 => new G722Decoder(),
            AudioCodec.Opus when OpusLibrary.IsPresent => new OpusDecoder(sampleRateHz),
            AudioCodec.L16 => L16Decoder.Wide,
            AudioCodec.L16Narrow => L16Decoder.Narrow,
            _ => throw NotAvailable(codec),
        };
        return decoder.SampleRateHz == sampleRateHz ? decoder : new ConvertingDecoder(decoder, sampleRateHz);
    }

    /// <inheritdoc cref="CreateDecoder"/>
    public static IAudioEncoder CreateEncoder(AudioCodec codec, int sampleRateHz)
    {
        Check(sampleRateHz);
        IAudioEncoder encoder = codec switch
        {
            AudioCodec.Pcmu => G711Encoder.Ulaw,
            AudioCodec.Pcma => G711Encoder.Alaw,
            AudioCodec.G722 => new G722Encoder(),
            AudioCodec.Opus when OpusLibrary.IsPresent => new OpusEncoder(sampleRateHz),
            AudioCodec.L16 => L16Encoder.Wide,
            AudioCodec.L16Narrow => L16Encoder.Narrow,
            _ => throw NotAvailable(codec),
        };
        return encoder.SampleRateHz == sampleRateHz ? encoder : new ConvertingEncoder(encoder, sampleRateHz);
    }

    private static void Check(int sampleRateHz)
    {
        if (sampleRateHz is not (8000 or 16_000))
            throw new ArgumentOutOfRangeException(nameof(sampleRateHz), sampleRateHz, "8000 or 16000 Hz.");
    }

    private static NotSupportedException NotAvailable(AudioCodec codec) => new($"{codec} is not available here.");
}

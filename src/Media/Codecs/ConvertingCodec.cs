using OCPlatform.Media.Dsp;

namespace OCPlatform.Media.Codecs;

/// <summary>
/// A decoder whose PCM is brought from the codec's rate to the session's, 8 to 16 kHz or back. Adds the group delay of
/// <see cref="Resampler"/>: 4.5 ms. Only for codecs without concealment of their own.
/// </summary>
internal sealed class ConvertingDecoder(IAudioDecoder codec, int sampleRateHz) : IAudioDecoder
{
    // 120 ms at 16 kHz: the longest packet that is taken.
    private const int MaxSamples = 1920;
    private readonly Resampler _resampler = new(codec.SampleRateHz, sampleRateHz);

    public int SampleRateHz => sampleRateHz;

    public int SamplesOf(ReadOnlySpan<byte> payload) => Converted(codec.SamplesOf(payload));

    public int Decode(ReadOnlySpan<byte> payload, Span<short> pcm)
    {
        var count = codec.SamplesOf(payload);
        var converted = Converted(count);
        if (converted == 0 || converted > pcm.Length)
            return 0;
        Span<short> decoded = stackalloc short[count];
        codec.Decode(payload, decoded);
        // Pairs only, so that the resampler stays in phase; an odd sample at the end is nothing one hears.
        var usable = sampleRateHz < codec.SampleRateHz ? count & ~1 : count;
        _resampler.Process(decoded[..usable], pcm);
        return converted;
    }

    public void Reset()
    {
        codec.Reset();
        _resampler.Reset();
    }

    public void Dispose() => codec.Dispose();

    private int Converted(int samples) =>
        samples > MaxSamples ? 0
        : sampleRateHz < codec.SampleRateHz ? samples / 2
        : samples * 2;
}

/// <summary>An encoder that takes PCM at the session's rate for a codec of another. See <see cref="ConvertingDecoder"/>.</summary>
internal sealed class ConvertingEncoder(IAudioEncoder codec, int sampleRateHz) : IAudioEncoder
{
    private readonly Resampler _resampler = new(sampleRateHz, codec.SampleRateHz);

    public int SampleRateHz => sampleRateHz;

    public bool Supports(int ptimeMs) => codec.Supports(ptimeMs);

    public int MaxBytes(int ptimeMs) => codec.MaxBytes(ptimeMs);

    public int Encode(ReadOnlySpan<short> pcm, Span<byte> payload)
    {
        Span<short> converted = stackalloc short[_resampler.MaxOutput(pcm.Length)];
        var count = _resampler.Process(pcm, converted);
        return codec.Encode(converted[..count], payload);
    }

    public void OnPeerLoss(float fraction) => codec.OnPeerLoss(fraction);

    public void Dispose() => codec.Dispose();
}

namespace OCPlatform.Media.Codecs;

/// <summary>
/// Turns one stream's payloads into mono PCM at <see cref="SampleRateHz"/>. Allocates at construction only; used by one
/// thread at a time. Hostile payloads cost at most silence: no member throws for what a payload holds.
/// </summary>
public interface IAudioDecoder : IDisposable
{
    /// <summary>Rate of the PCM it gives, in Hz.</summary>
    int SampleRateHz { get; }

    /// <summary>Samples that <see cref="Decode"/> would give for this payload, without decoding; 0 when it is malformed.</summary>
    int SamplesOf(ReadOnlySpan<byte> payload);

    /// <summary>Decodes a payload; returns the samples written, 0 when it is malformed or does not fit.</summary>
    int Decode(ReadOnlySpan<byte> payload, Span<short> pcm);

    /// <summary>
    /// Makes up <paramref name="pcm"/> for audio that is missing, with the codec's own means, and keeps its state in
    /// step; false when it has none (G.711, G.722, L16: the receiver's waveform substitution does it).
    /// </summary>
    bool Conceal(Span<short> pcm) => false;

    /// <summary>
    /// Restores the packet before <paramref name="next"/> from redundancy that <paramref name="next"/> carries (Opus in-band
    /// FEC); false when there is none. <paramref name="next"/> must be decoded afterwards.
    /// </summary>
    bool Recover(ReadOnlySpan<byte> next, Span<short> pcm) => false;

    /// <summary>A stretch of audio ended (new source, a pause): what was learned from it is forgotten.</summary>
    void Reset() { }
}

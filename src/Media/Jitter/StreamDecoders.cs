using OCPlatform.Media.Codecs;

namespace OCPlatform.Media.Jitter;

/// <summary>
/// The decoder of a stream, and the one before it as long as packets for it may wait: a codec changes without a gap.
/// </summary>
internal sealed class StreamDecoders : IDisposable
{
    private IAudioDecoder? _present;
    private IAudioDecoder? _former;

    /// <summary>Marks packets to come as the present decoder's.</summary>
    public byte Tag { get; private set; }

    public void Use(IAudioDecoder decoder)
    {
        _former?.Dispose();
        (_present, _former) = (decoder, _present);
        Tag ^= 1;
    }

    /// <summary>Samples that the present decoder would make of a payload; 0 when it is malformed.</summary>
    public int SamplesOf(ReadOnlySpan<byte> payload) => _present?.SamplesOf(payload) ?? 0;

    public int Decode(in StoredPacket packet, Span<short> pcm) =>
        (packet.Facts.Tag == Tag ? _present : _former)?.Decode(packet.Payload, pcm) ?? 0;

    public bool Conceal(Span<short> pcm) => _present?.Conceal(pcm) ?? false;

    /// <summary>Restores what was lost before a packet out of that packet.</summary>
    public bool Recover(in StoredPacket next, Span<short> pcm) =>
        next.Facts.Tag == Tag && _present is { } decoder && decoder.Recover(next.Payload, pcm);

    public void Reset() => _present?.Reset();

    public void Dispose()
    {
        _present?.Dispose();
        _former?.Dispose();
        (_present, _former) = (null, null);
    }
}

using OCPlatform.Media.Codecs;

namespace OCPlatform.Media.Jitter;

/// <summary>
/// The decoders of a stream: the present one, and those of payloads that came before or may come again. Packets are tagged
/// with theirs, so that a codec changes without a gap, as often as the peer likes. Each is made when its first payload
/// comes, and kept.
/// </summary>
internal sealed class StreamDecoders : IDisposable
{
    /// <summary>More than there are codecs.</summary>
    public const int MostSlots = 8;

    private Slot[] _slots = new Slot[1];
    private int _count;

    /// <summary>The present decoder's.</summary>
    public byte Tag { get; private set; }

    /// <summary>The present decoder's; null when there is none, or it was given without.</summary>
    public AudioCodec? Codec => _count == 0 ? null : _slots[Tag].Codec;

    /// <summary>The tag that the next decoder gets in place of the oldest one's; null while there is room.</summary>
    public byte? Replaced => _count < MostSlots ? null : (byte)((Tag + 1) % MostSlots);

    public bool TryFind(AudioCodec codec, out byte tag)
    {
        for (tag = 0; tag < _count; tag++)
        {
            if (_slots[tag].Codec == codec)
                return true;
        }

        return false;
    }

    public byte Add(IAudioDecoder decoder, AudioCodec? codec)
    {
        var tag = Replaced ?? (byte)_count;
        if (tag == _count)
        {
            if (_count++ == _slots.Length)
                Array.Resize(ref _slots, MostSlots);
        }
        else
        {
            _slots[tag].Decoder.Dispose();
        }

        _slots[tag] = new Slot(decoder, codec);
        return tag;
    }

    public void Select(byte tag) => Tag = tag;

    /// <summary>Samples that a decoder would make of a payload; 0 when it is malformed.</summary>
    public int SamplesOf(byte tag, ReadOnlySpan<byte> payload) =>
        tag < _count ? _slots[tag].Decoder.SamplesOf(payload) : 0;

    public int Decode(in StoredPacket packet, Span<short> pcm) =>
        packet.Facts.Tag < _count ? _slots[packet.Facts.Tag].Decoder.Decode(packet.Payload, pcm) : 0;

    public bool Conceal(Span<short> pcm) => _count > 0 && _slots[Tag].Decoder.Conceal(pcm);

    /// <summary>Restores what was lost before a packet out of that packet.</summary>
    public bool Recover(in StoredPacket next, Span<short> pcm) =>
        next.Facts.Tag == Tag && _count > 0 && _slots[Tag].Decoder.Recover(next.Payload, pcm);

    public void Reset()
    {
        if (_count > 0)
            _slots[Tag].Decoder.Reset();
    }

    public void Dispose()
    {
        for (var i = 0; i < _count; i++)
            _slots[i].Decoder.Dispose();
        _count = 0;
    }

    private readonly record struct Slot(IAudioDecoder Decoder, AudioCodec? Codec);
}

using OCPlatform.Media.Quality;
using OCPlatform.Media.Rtp;

namespace OCPlatform.Media.Jitter;

/// <summary>
/// What became of each packet, told to the burst metrics (RFC 3611 §4.7.2) in sequence order. A packet that is missing
/// when it is due may still come, so the verdict waits until 96 newer ones were expected. A mutable struct inside its
/// stream.
/// </summary>
internal struct PacketFates
{
    private const int Verdict = 96;

    private BurstMeter _meter = new();
    private long _next;

    // Bit = sequence number modulo 128: came too late, or was dropped.
    private UInt128 _discarded;

    public PacketFates() { }

    /// <summary>Packets that came and were not played.</summary>
    public long Discarded { get; private set; }

    /// <summary>A source begins with this packet.</summary>
    public void Begin(long sequence)
    {
        _next = sequence;
        _discarded = UInt128.Zero;
    }

    /// <summary>The packet came, but is not played.</summary>
    public void Discard(long sequence)
    {
        Discarded++;
        if (sequence >= _next)
            _discarded |= UInt128.One << (int)(sequence & 127);
    }

    /// <summary>Tells what is certain by now.</summary>
    public void Advance(in RtpSource source) => Tell(source, source.ExtendedHighest - Verdict);

    /// <summary>The source ends: tells what is left.</summary>
    public void End(in RtpSource source) => Tell(source, source.ExtendedHighest);

    /// <summary>Everything up to now, as if the source ended here.</summary>
    public readonly BurstMetrics Metrics(in RtpSource source)
    {
        var ended = this;
        ended.End(source);
        return ended._meter.Metrics;
    }

    private void Tell(in RtpSource source, long last)
    {
        for (; _next <= last; _next++)
        {
            var bit = UInt128.One << (int)(_next & 127);
            if (!source.HasReceived(_next))
                _meter.OnLost();
            else if ((_discarded & bit) != UInt128.Zero)
                _meter.OnDiscarded();
            else
                _meter.OnReceived();
            _discarded &= ~bit;
        }
    }
}

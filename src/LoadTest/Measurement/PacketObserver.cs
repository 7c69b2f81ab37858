using System.Runtime.InteropServices;

namespace OCPlatform.LoadTest;

/// <summary>What one call's received packets were like. Times in ms.</summary>
public sealed record PacketMeasurement
{
    public long Received { get; init; }
    public long Lost { get; init; }

    /// <summary>More than 20 ms later than the call's fastest packet, those that missed the jitter buffer included.</summary>
    public long Late { get; init; }
    public long OutOfOrder { get; init; }
    public long Duplicate { get; init; }

    /// <summary>Places where the RTP timestamp left the sender's own time line.</summary>
    public int TimestampJumps { get; init; }

    /// <summary>Lateness over the call's packets; null when none came.</summary>
    public Summary? Lateness { get; init; }

    /// <summary>Interarrival jitter (RFC 3550 A.8) at the end of the call.</summary>
    public double JitterMs { get; init; }
    public long Sent { get; init; }
}

/// <summary>
/// Watches a call's received packets: how much later than the fastest one each came, in which order, and whether the RTP
/// timestamps run on as they should. One frame is one packet at 20 ms. Not thread-safe.
/// </summary>
/// <remarks>
/// Lateness is the packet's arrival less its RTP timestamp, compared with the call's smallest such difference. It needs no
/// common clock; but clocks that drift apart by 50 ppm add 3 ms a minute, so over an hour between two machines read
/// percentiles with that in mind.
/// </remarks>
public sealed class PacketObserver
{
    /// <summary>A packet is late beyond this.</summary>
    public const int LateMicros = 20_000;

    // Between two packets that came within 200 ms, half a second of difference is no delay but another time line.
    private const long JumpMicros = 500_000;
    private const long StallMicros = 200_000;
    private const int MicrosPerTimestamp = 125;

    private readonly List<int> _lateness = [];
    private readonly List<int> _transit = [];
    private bool _any;
    private uint _lastTimestamp;
    private long _extended;
    private long _lastArrival;
    private long _lastTransit;
    private long _base;
    private long _fastest;
    private int _jumps;
    private long _outOfOrder;

    /// <summary>Takes a packet, in the order of the sender.</summary>
    public void OnPacket(long arrivalMicros, uint rtpTimestamp)
    {
        if (!_any)
        {
            Begin(arrivalMicros, rtpTimestamp);
            return;
        }
        _extended += unchecked((int)(rtpTimestamp - _lastTimestamp));
        var transit = arrivalMicros - _extended * MicrosPerTimestamp;
        var sinceLast = arrivalMicros - _lastArrival;
        if (transit - _fastest < -JumpMicros || (transit - _lastTransit > JumpMicros && sinceLast < StallMicros))
        {
            _jumps++;
            Settle();
            Begin(arrivalMicros, rtpTimestamp);
            return;
        }
        if (sinceLast < 0)
        {
            _outOfOrder++;
        }
        _lastTimestamp = rtpTimestamp;
        _lastArrival = Math.Max(_lastArrival, arrivalMicros);
        _lastTransit = transit;
        _fastest = Math.Min(_fastest, transit);
        _transit.Add((int)Math.Clamp(transit - _base, int.MinValue, int.MaxValue));
    }

    /// <summary>Sums up; afterwards begins anew.</summary>
    /// <param name="lost">By sequence number, from the media session.</param>
    /// <param name="missed">Too late for the jitter buffer of <paramref name="missedMicros"/>: counted as late by as much.</param>
    /// <param name="missedMicros">The jitter buffer's depth in µs.</param>
    /// <param name="duplicate">From the media session.</param>
    /// <param name="sent">From the media session.</param>
    /// <param name="jitterMs">From the media session.</param>
    /// <param name="histogram">Takes every packet's lateness too; null: nobody.</param>
    public PacketMeasurement Finish(
        long lost,
        long missed,
        int missedMicros,
        long duplicate,
        long sent,
        double jitterMs,
        LatenessHistogram? histogram = null
    )
    {
        Settle();
        for (long i = 0; i < missed; i++)
        {
            _lateness.Add(missedMicros);
        }
        var lateness = CollectionsMarshal.AsSpan(_lateness);
        histogram?.Add(lateness);
        long late = 0;
        foreach (var micros in lateness)
        {
            late += micros > LateMicros ? 1 : 0;
        }
        var result = new PacketMeasurement
        {
            Received = _lateness.Count,
            Lost = lost,
            Late = late,
            OutOfOrder = _outOfOrder,
            Duplicate = duplicate,
            TimestampJumps = _jumps,
            Lateness = Summary.Of(_lateness.Select(micros => micros / 1000.0)),
            JitterMs = jitterMs,
            Sent = sent,
        };
        _lateness.Clear();
        _any = false;
        _jumps = 0;
        _outOfOrder = 0;
        return result;
    }

    private void Begin(long arrivalMicros, uint rtpTimestamp)
    {
        _any = true;
        _lastTimestamp = rtpTimestamp;
        _extended = 0;
        _lastArrival = arrivalMicros;
        _base = arrivalMicros;
        _lastTransit = arrivalMicros;
        _fastest = arrivalMicros;
        _transit.Add(0);
    }

    /// <summary>Turns the transit times of one time line into lateness behind the fastest of them.</summary>
    private void Settle()
    {
        var fastest = (int)(_fastest - _base);
        foreach (var transit in _transit)
        {
            _lateness.Add(transit - fastest);
        }
        _transit.Clear();
    }
}

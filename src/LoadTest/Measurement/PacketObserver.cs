using System.Runtime.InteropServices;

namespace OCPlatform.LoadTest;

/// <summary>What one call's received packets were like. Times in ms.</summary>
public sealed record PacketMeasurement
{
    /// <summary>Different packets; those that came twice count once.</summary>
    public long Received { get; init; }

    /// <summary>Missing between the first and the last sequence number.</summary>
    public long Lost { get; init; }

    /// <summary>More than 20 ms later than the call's fastest packet.</summary>
    public long Late { get; init; }

    /// <summary>Overtaken by a packet sent after them.</summary>
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
/// Watches a call's packets as they arrive: how much later than the fastest one each came, which are missing, doubled or
/// out of order, and whether the RTP timestamps run on as they should. Not thread-safe.
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

    // How far back a packet is known again when it comes a second time: 20 s.
    private const int Memory = 1024;

    private readonly List<int> _lateness = [];
    private readonly long[] _seen = new long[Memory];
    private long _received;
    private long _lost;
    private long _duplicate;
    private long _outOfOrder;
    private int _jumps;

    // The present source.
    private bool _any;
    private uint _ssrc;
    private ushort _lastSequence;
    private long _sequence;
    private long _lowest;
    private long _highest;
    private long _unique;

    // The present time line; transit times are kept against its first packet until the fastest is known.
    private readonly List<int> _transit = [];
    private bool _timed;
    private uint _lastTimestamp;
    private long _extended;
    private long _lastArrival;
    private long _lastTransit;
    private long _base;
    private long _fastest;

    /// <summary>Takes a packet in the order of arrival.</summary>
    /// <param name="audio">False: a telephone-event, whose timestamp says when the digit began.</param>
    public void OnPacket(uint ssrc, ushort sequenceNumber, uint rtpTimestamp, long arrivalMicros, bool audio = true)
    {
        if (!_any || ssrc != _ssrc)
        {
            BeginSource(ssrc, sequenceNumber);
        }
        else if (!IsNew(sequenceNumber))
        {
            _duplicate++;
            return;
        }
        _unique++;
        if (audio)
        {
            Time(arrivalMicros, rtpTimestamp);
        }
    }

    /// <summary>Sums up.</summary>
    /// <param name="sent">Packets sent, from the media session.</param>
    /// <param name="jitterMs">From the media session.</param>
    /// <param name="histogram">Takes every packet's lateness too; null: nobody.</param>
    public PacketMeasurement Finish(long sent, double jitterMs, LatenessHistogram? histogram = null)
    {
        EndSource();
        var lateness = CollectionsMarshal.AsSpan(_lateness);
        histogram?.Add(lateness);
        long late = 0;
        foreach (var micros in lateness)
        {
            late += micros > LateMicros ? 1 : 0;
        }
        return new PacketMeasurement
        {
            Received = _received,
            Lost = _lost,
            Late = late,
            OutOfOrder = _outOfOrder,
            Duplicate = _duplicate,
            TimestampJumps = _jumps,
            Lateness = Summary.Of(_lateness.Select(micros => micros / 1000.0)),
            JitterMs = jitterMs,
            Sent = sent,
        };
    }

    private void BeginSource(uint ssrc, ushort sequenceNumber)
    {
        EndSource();
        _any = true;
        _ssrc = ssrc;
        _lastSequence = sequenceNumber;
        // Far from 0, so that packets before the first one have a number too.
        _sequence = _lowest = _highest = 1 << 20;
        Array.Clear(_seen);
        _seen[_sequence % Memory] = _sequence;
    }

    /// <summary>Extends the sequence number, notes the packet, and says whether it comes for the first time.</summary>
    private bool IsNew(ushort sequenceNumber)
    {
        _sequence += unchecked((short)(sequenceNumber - _lastSequence));
        _lastSequence = sequenceNumber;
        ref var seen = ref _seen[_sequence % Memory];
        if (seen == _sequence)
        {
            return false;
        }
        seen = _sequence;
        if (_sequence < _highest)
        {
            _outOfOrder++;
        }
        _highest = Math.Max(_highest, _sequence);
        _lowest = Math.Min(_lowest, _sequence);
        return true;
    }

    private void Time(long arrivalMicros, uint rtpTimestamp)
    {
        if (!_timed)
        {
            BeginTimeLine(arrivalMicros, rtpTimestamp);
            return;
        }
        _extended += unchecked((int)(rtpTimestamp - _lastTimestamp));
        _lastTimestamp = rtpTimestamp;
        var transit = arrivalMicros - _extended * MicrosPerTimestamp;
        if (
            transit - _fastest < -JumpMicros
            || (transit - _lastTransit > JumpMicros && arrivalMicros - _lastArrival < StallMicros)
        )
        {
            _jumps++;
            EndTimeLine();
            BeginTimeLine(arrivalMicros, rtpTimestamp);
            return;
        }
        _lastArrival = arrivalMicros;
        _lastTransit = transit;
        _fastest = Math.Min(_fastest, transit);
        _transit.Add((int)Math.Clamp(transit - _base, int.MinValue, int.MaxValue));
    }

    private void BeginTimeLine(long arrivalMicros, uint rtpTimestamp)
    {
        _timed = true;
        _lastTimestamp = rtpTimestamp;
        _extended = 0;
        _lastArrival = arrivalMicros;
        _base = _lastTransit = _fastest = arrivalMicros;
        _transit.Add(0);
    }

    /// <summary>Turns the transit times of one time line into lateness behind the fastest of them.</summary>
    private void EndTimeLine()
    {
        var fastest = (int)(_fastest - _base);
        foreach (var transit in _transit)
        {
            _lateness.Add(transit - fastest);
        }
        _transit.Clear();
        _timed = false;
    }

    private void EndSource()
    {
        EndTimeLine();
        if (_any)
        {
            _received += _unique;
            // The first packet seen need not be the first one sent.
            _lost += Math.Max(0, _highest - _lowest + 1 - _unique);
        }
        _any = false;
        _unique = 0;
    }
}

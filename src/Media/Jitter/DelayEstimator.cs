namespace OCPlatform.Media.Jitter;

/// <summary>
/// Decides how long after the fastest packet speech is to be played. It weighs the harm of delay against the harm of
/// packets that come too late for it, both by the E-model (ITU-T G.107), over the packets of the last ten to twenty
/// seconds; rising is a matter of a few late packets, falling one of their being forgotten. Sans-IO. Transit is arrival
/// minus position, both in samples; only differences count.
/// </summary>
internal sealed class DelayEstimator
{
    // Buckets of 2.5 ms, 640 ms in all.
    private const int BucketsPerSecond = 400;
    private const int Buckets = 256;

    /// <summary>Later than this is not told apart.</summary>
    public const int MaxDelayMs = Buckets * 1000 / BucketsPerSecond;

    // A packet weighs 16 at first and half as much after every 384 packets: gone after five halvings.
    private const int PacketWeight = 16;
    private const int HalveAfter = 384;

    // The base is the fastest packet of the last 10–20 s, so that it follows drifting clocks (200 ppm: 4 ms in 20 s).
    private const int BaseWindowMs = 10_000;

    // So many packets in a row beyond the greatest delay: the path has become longer for good.
    private const int BeyondInARow = 8;

    // Looked at again after so many packets even if none was late, and more often at first.
    private const int ReviseAfter = 16;

    // At most this share of packets may be late, whatever the harm of the delay that catches them.
    private const double MostLate = 0.004;

    private const double UsuallyLate = 0.05;

    // A change of delay is audible: it must gain something (in R).
    private const double GainToRise = 0.05;
    private const double GainToFall = 0.2;

    // Mouth to ear besides this buffer: packetisation, the network, the other end.
    private const double OtherDelayMs = 60;

    private readonly ushort[] _histogram = new ushort[Buckets];
    private readonly int _perMs;
    private readonly int _bucket;
    private readonly int _minDelay;
    private readonly int _maxDelay;
    private long _origin;
    private int _weight;
    private int _sinceHalving;
    private int _sinceRevision;
    private int _beyond;
    private long _beyondBase;
    private long _windowStart;
    private long _previousBase;
    private long _currentBase;

    /// <param name="minDelayMs">Least delay behind the fastest packet, in ms.</param>
    /// <param name="maxDelayMs">Greatest delay, in ms; at most <see cref="MaxDelayMs"/>.</param>
    /// <param name="sampleRateHz">Of the positions.</param>
    public DelayEstimator(int minDelayMs, int maxDelayMs, int sampleRateHz)
    {
        _perMs = sampleRateHz / 1000;
        _bucket = sampleRateHz / BucketsPerSecond;
        _minDelay = minDelayMs * _perMs;
        _maxDelay = Math.Min(maxDelayMs, MaxDelayMs) * _perMs;
    }

    /// <summary>The fastest packet's transit.</summary>
    public long Base => Math.Min(_previousBase, _currentBase);

    public bool HasBase { get; private set; }

    /// <summary>The transit that only one packet in fifty exceeds.</summary>
    public long Usual { get; private set; }

    /// <summary>The greatest transit that may be waited for.</summary>
    public long Limit => Base + _maxDelay;

    /// <summary>The delay does not follow the network: least and greatest are the same.</summary>
    public bool IsFixed => _minDelay >= _maxDelay;

    /// <summary>Set when <see cref="Choose"/> may come to another result than before; cleared by it.</summary>
    public bool Revised { get; private set; }

    /// <summary>Packets of a greater transit are late at present: each is a reason to choose again.</summary>
    public long Covered { get; set; } = long.MaxValue;

    public void Reset()
    {
        Array.Clear(_histogram);
        _weight = 0;
        _sinceHalving = 0;
        _beyond = 0;
        HasBase = false;
        Covered = long.MaxValue;
    }

    /// <summary>Takes note of a packet.</summary>
    public void Update(long transit, long arrival)
    {
        if (!HasBase)
            Start(transit, arrival);
        else if (transit > Limit)
            Beyond(transit, arrival);
        else
            _beyond = 0;

        if (arrival - _windowStart > BaseWindowMs * _perMs)
        {
            _previousBase = _currentBase;
            _currentBase = transit;
            _windowStart = arrival;
            Follow();
        }
        else if (transit < _currentBase)
        {
            _currentBase = transit;
            if (transit < _origin)
                Follow();
        }

        _histogram[BucketOf(transit)] += PacketWeight;
        _weight += PacketWeight;
        if (++_sinceHalving == HalveAfter)
            Halve();
        if (transit > Covered || ++_sinceRevision >= Math.Min(ReviseAfter, 1 + _weight / (4 * PacketWeight)))
        {
            _sinceRevision = 0;
            Revised = true;
        }
    }

    /// <summary>
    /// The transit at which to play: the one of least harm out of those that differ from <paramref name="aligned"/> by
    /// whole <paramref name="step"/>s. With packets of 20 ms and frames of 20 ms only those make sense at which frames
    /// begin where packets begin.
    /// </summary>
    /// <param name="aligned">One of those to choose from.</param>
    /// <param name="step">In samples.</param>
    /// <param name="slack">A packet must be there so long before its own transit is up, because a frame needs its end.</param>
    /// <param name="present">The one chosen last, which is kept unless another is clearly better; null: none yet.</param>
    public long Choose(long aligned, int step, int slack, long? present)
    {
        Revised = false;
        var least = Base + _minDelay + slack;
        var first = least + Modulo(aligned - least, step);
        if (IsFixed)
            return present is { } kept && kept >= least - _bucket && kept < first + step ? kept : first;

        // From the greatest delay down; the harm of the present one is what the others are measured against.
        var steps = (int)Math.Max(0, (Limit + slack - first) / step);
        var tail = new Tail(this);
        var best = first + (long)steps * step;
        var bestHarm = double.MaxValue;
        var presentHarm = double.MaxValue;
        for (var x = best; x >= first; x -= step)
        {
            var harm = Harm(x - Base, tail.LateAt(x - slack));
            if (harm <= bestHarm)
                (best, bestHarm) = (x, harm);
            if (x == present)
                presentHarm = harm;
        }

        Usual = _origin + (long)(BucketBelow(UsuallyLate) + 1) * _bucket;
        var gain = best > present ? GainToRise : GainToFall;
        return presentHarm - bestHarm < gain ? present!.Value : best;
    }

    /// <summary>
    /// In points of R: Id of the whole delay (G.107's curve as two straight lines, Cole and Rosenbluth 2001) and Ie-eff of
    /// the late packets (G.711 with concealment: Bpl 25.1, ITU-T G.113 Appendix I).
    /// </summary>
    private double Harm(long delay, double late)
    {
        var delayMs = OtherDelayMs + (double)delay / _perMs;
        var percent = 100 * late;
        return 0.024 * delayMs
            + 0.11 * Math.Max(0, delayMs - 177.3)
            + 95 * percent / (percent + 25.1)
            + 1000 * Math.Max(0, late - MostLate);
    }

    private void Start(long transit, long arrival)
    {
        HasBase = true;
        Revised = true;
        _previousBase = transit;
        _currentBase = transit;
        _windowStart = arrival;
        _origin = transit - 2 * _bucket;
    }

    private void Beyond(long transit, long arrival)
    {
        _beyondBase = _beyond++ == 0 ? transit : Math.Min(transit, _beyondBase);
        if (_beyond < BeyondInARow)
            return;
        Reset();
        Start(_beyondBase, arrival);
    }

    private int BucketOf(long transit) => (int)Math.Clamp((transit - _origin) / _bucket, 0, Buckets - 1);

    /// <summary>Keeps the fastest packet near the histogram's beginning.</summary>
    private void Follow()
    {
        var shift = (int)Math.Clamp((Base - _origin) / _bucket - 2, -Buckets, Buckets);
        if (shift is >= 0 and < Buckets / 4)
            return;
        Span<ushort> old = stackalloc ushort[Buckets];
        _histogram.CopyTo(old);
        Array.Clear(_histogram);
        for (var i = 0; i < Buckets; i++)
            _histogram[Math.Clamp(i - shift, 0, Buckets - 1)] += old[i];
        _origin += (long)shift * _bucket;
    }

    private void Halve()
    {
        _sinceHalving = 0;
        _weight = 0;
        foreach (ref var count in _histogram.AsSpan())
        {
            count >>= 1;
            _weight += count;
        }
    }

    /// <summary>The bucket above which this share of packets lies, or less.</summary>
    private int BucketBelow(double share)
    {
        var most = (int)(_weight * share);
        var bucket = Buckets;
        for (var late = 0; bucket > 0 && late <= most; )
            late += _histogram[--bucket];
        return bucket;
    }

    private static long Modulo(long value, long divisor)
    {
        var rest = value % divisor;
        return rest < 0 ? rest + divisor : rest;
    }

    /// <summary>The share of packets later than a transit; asked from the greatest transit down.</summary>
    private ref struct Tail(DelayEstimator owner)
    {
        private int _bucket = Buckets;
        private int _late;

        public double LateAt(long transit)
        {
            var offset = Math.Max(0, transit - owner._origin);
            var bucket = (int)Math.Min(offset / owner._bucket, Buckets - 1);
            while (_bucket > bucket + 1)
                _late += owner._histogram[--_bucket];
            // Within a bucket packets are taken to be spread evenly.
            var covered = Math.Min(1, (double)(offset - (long)bucket * owner._bucket) / owner._bucket);
            var late = _late + owner._histogram[bucket] * (1 - covered);
            return late / Math.Max(1, owner._weight);
        }
    }
}

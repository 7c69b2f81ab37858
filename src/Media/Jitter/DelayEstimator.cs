namespace OCPlatform.Media.Jitter;

/// <summary>
/// How late packets are against the fastest ones, and the delay that catches all but a few of them. Transit is arrival
/// time minus timestamp, both in samples; only differences count. Sans-IO.
/// </summary>
internal sealed class DelayEstimator
{
    // 5 ms buckets up to 640 ms; older packets lose half their weight every 256 (≈ 5 s at 20 ms).
    private const int BucketSamples = 40;
    private const int Buckets = 128;
    private const int HalveAfter = 256;

    // The delay covers 99.7 % of packets: with the frames made up while it grows, the buffer adds about half a per cent to
    // the network's own loss.
    private const int LatePerMille = 3;

    // The base is the fastest packet of the last 5–10 s, so that it follows drifting clocks (200 ppm: 2 ms in 10 s).
    private const long BaseWindow = 5 * 8000;

    private readonly ushort[] _histogram = new ushort[Buckets];
    private readonly int _minDelay;
    private readonly int _maxDelay;
    private int _weight;
    private int _sinceHalving;
    private int _sinceQuantile;
    private long _windowStart;
    private long _previousBase;
    private long _currentBase;

    /// <param name="minDelay">Least target, in samples.</param>
    /// <param name="maxDelay">Greatest target, in samples.</param>
    public DelayEstimator(int minDelay, int maxDelay)
    {
        _minDelay = minDelay;
        _maxDelay = Math.Min(maxDelay, Buckets * BucketSamples);
        Reset();
    }

    /// <summary>The delay wanted behind the fastest packet, in samples.</summary>
    public int Target { get; private set; }

    /// <summary>The fastest packet's transit, in samples.</summary>
    public long Base => Math.Min(_previousBase, _currentBase);

    public bool HasBase { get; private set; }

    public void Reset()
    {
        Array.Clear(_histogram);
        _weight = 0;
        _sinceHalving = 0;
        _sinceQuantile = 0;
        HasBase = false;
        // Before anything is known: one packet's worth, or what the options ask for.
        Target = Math.Clamp(160, _minDelay, _maxDelay);
    }

    /// <summary>Takes note of a packet; returns how much later than the base it is, in samples.</summary>
    public long Update(long transit, long arrival)
    {
        if (!HasBase)
        {
            HasBase = true;
            _previousBase = transit;
            _currentBase = transit;
            _windowStart = arrival;
        }
        else if (arrival - _windowStart > BaseWindow)
        {
            _previousBase = _currentBase;
            _currentBase = transit;
            _windowStart = arrival;
        }
        else if (transit < _currentBase)
        {
            _currentBase = transit;
        }

        var late = transit - Base;
        Count((int)Math.Min(late / BucketSamples, Buckets - 1));
        return late;
    }

    private void Count(int bucket)
    {
        _histogram[bucket]++;
        _weight++;
        if (++_sinceHalving == HalveAfter)
            Halve();
        // A packet beyond the target may be the first of many; otherwise every 16 packets is soon enough.
        if (bucket * BucketSamples >= Target || ++_sinceQuantile >= 16)
        {
            _sinceQuantile = 0;
            Target = Math.Clamp(Quantile(), _minDelay, _maxDelay);
        }
    }

    private int Quantile()
    {
        var mayBeLate = _weight * LatePerMille / 1000;
        for (var bucket = Buckets - 1; bucket > 0; bucket--)
        {
            mayBeLate -= _histogram[bucket];
            if (mayBeLate < 0)
                return (bucket + 1) * BucketSamples;
        }

        return BucketSamples;
    }

    private void Halve()
    {
        _sinceHalving = 0;
        _weight = 0;
        for (var i = 0; i < Buckets; i++)
        {
            _histogram[i] >>= 1;
            _weight += _histogram[i];
        }
    }
}

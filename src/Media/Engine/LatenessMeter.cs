namespace OCPlatform.Media.Engine;

/// <summary>
/// How late slots end and how busy the thread is, over the last 5–10 s. Written by the clock thread, read by anyone; a
/// reader may see a slot more or less.
/// </summary>
internal sealed class LatenessMeter
{
    private const long WindowNs = 5_000_000_000;
    private const int BucketMicros = 100;
    private const int Buckets = 1000;

    private Window _current = new();
    private Window _previous = new();
    private long _workSince;

    public void Work(long nowNs)
    {
        if (_current.Start == 0)
            _current.Start = nowNs;
        _workSince = nowNs;
    }

    public void Done(long nowNs, long deadlineNs)
    {
        _current.Add((int)Math.Min((nowNs - deadlineNs) / 1000, int.MaxValue), nowNs - _workSince);
        if (nowNs - _current.Start < WindowNs)
            return;
        _current.End = nowNs;
        var old = _previous;
        Volatile.Write(ref _previous, _current);
        old.Clear(nowNs);
        Volatile.Write(ref _current, old);
    }

    public (int P99Micros, int MaxMicros, double Busy) Read()
    {
        var (current, previous) = (Volatile.Read(ref _current), Volatile.Read(ref _previous));
        var count = current.Count + previous.Count;
        if (count == 0)
            return (0, 0, 0);
        var beyond = count / 100;
        var p99 = 0;
        for (var bucket = Buckets - 1; bucket >= 0; bucket--)
        {
            beyond -= current.Histogram[bucket] + previous.Histogram[bucket];
            if (beyond < 0)
            {
                p99 = (bucket + 1) * BucketMicros;
                break;
            }
        }

        var max = Math.Max(current.MaxMicros, previous.MaxMicros);
        var span = previous.Count > 0 ? previous.End - previous.Start : MonotonicClock.NowNs() - current.Start;
        var busy = previous.Count > 0 ? previous.BusyNs : current.BusyNs;
        return (Math.Min(p99, max), max, span <= 0 ? 0 : Math.Min(1, (double)busy / span));
    }

    private sealed class Window
    {
        public readonly int[] Histogram = new int[Buckets];
        public long Start;
        public long End;
        public long BusyNs;
        public long Count;
        public int MaxMicros;

        public void Add(int micros, long busyNs)
        {
            Histogram[Math.Clamp(micros / BucketMicros, 0, Buckets - 1)]++;
            MaxMicros = Math.Max(MaxMicros, micros);
            BusyNs += busyNs;
            Count++;
        }

        public void Clear(long start)
        {
            Array.Clear(Histogram);
            (Start, End, BusyNs, Count, MaxMicros) = (start, 0, 0, 0, 0);
        }
    }
}

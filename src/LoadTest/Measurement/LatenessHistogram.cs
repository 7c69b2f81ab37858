namespace OCPlatform.LoadTest;

/// <summary>
/// How late packets came, over any number of packets in constant memory: counts in steps of 0.1 ms up to 2 s. A
/// percentile is the upper edge of its step, so never too good. Not thread-safe.
/// </summary>
public sealed class LatenessHistogram
{
    private const int StepMicros = 100;
    private const int Steps = 20_000;

    private readonly int[] _counts = new int[Steps + 1];
    private double _sumMs;
    private int _maxMicros;
    private int _minMicros = int.MaxValue;

    public long Count { get; private set; }

    public void Add(int micros)
    {
        micros = Math.Max(0, micros);
        _counts[Math.Min(micros / StepMicros, Steps)]++;
        _sumMs += micros / 1000.0;
        _maxMicros = Math.Max(_maxMicros, micros);
        _minMicros = Math.Min(_minMicros, micros);
        Count++;
    }

    public void Add(ReadOnlySpan<int> micros)
    {
        foreach (var value in micros)
        {
            Add(value);
        }
    }

    /// <summary>In ms; null when no packet was counted.</summary>
    public Summary? Summarize() =>
        Count == 0
            ? null
            : new Summary(
                (int)Math.Min(Count, int.MaxValue),
                _minMicros / 1000.0,
                _sumMs / Count,
                PercentileMs(50),
                PercentileMs(90),
                PercentileMs(95),
                PercentileMs(99),
                _maxMicros / 1000.0
            );

    private double PercentileMs(double percent)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(percent / 100 * Count));
        long seen = 0;
        for (var step = 0; step <= Steps; step++)
        {
            seen += _counts[step];
            if (seen >= rank)
            {
                return step == Steps ? _maxMicros / 1000.0 : Math.Min(_maxMicros, (step + 1) * StepMicros) / 1000.0;
            }
        }
        return _maxMicros / 1000.0;
    }
}

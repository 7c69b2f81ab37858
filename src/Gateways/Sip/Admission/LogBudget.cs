namespace OCPlatform.Gateways.Sip;

/// <summary>Lines that hostile traffic may cause: what is beyond is only counted. Thread-safe.</summary>
internal sealed class LogBudget
{
    private static readonly Rate Lines = new(1, 20);

    private readonly Lock _lock = new();
    private TokenBucket _bucket;
    private long _withheld;

    /// <summary>Whether a line may be written now, and how many were not since the last one that was.</summary>
    public bool TryTake(long nowMs, out long withheld)
    {
        lock (_lock)
        {
            if (!_bucket.TryTake(Lines, nowMs))
            {
                withheld = 0;
                _withheld++;
                return false;
            }
            (withheld, _withheld) = (_withheld, 0);
            return true;
        }
    }
}

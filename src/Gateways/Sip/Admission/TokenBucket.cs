namespace OCPlatform.Gateways.Sip;

/// <summary>How much of something is allowed: so many a second on average, so many at once.</summary>
internal readonly record struct Rate(double PerSecond, double Burst)
{
    public static Rate PerMinute(double count, double burst) => new(count / 60, burst);

    internal double IntervalMs => 1000 / PerSecond;
}

/// <summary>
/// A token bucket in one number: the moment at which it will be full again (the generic cell rate algorithm). A new one is
/// full.
/// </summary>
internal struct TokenBucket
{
    private double _fullAtMs;

    /// <summary>Whether a token is there, without taking it.</summary>
    public readonly bool HasToken(Rate rate, long nowMs) => _fullAtMs - nowMs <= (rate.Burst - 1) * rate.IntervalMs;

    /// <summary>Takes a token; false, and nothing taken, when there is none.</summary>
    public bool TryTake(Rate rate, long nowMs)
    {
        if (!HasToken(rate, nowMs))
        {
            return false;
        }
        _fullAtMs = Math.Max(_fullAtMs, nowMs) + rate.IntervalMs;
        return true;
    }
}

namespace OCPlatform.Gateways.Sip;

/// <summary>Whether calls are sent to a target.</summary>
public enum TargetState
{
    /// <summary>Nothing speaks against it.</summary>
    Up,

    /// <summary>It failed too often; no call goes there.</summary>
    Down,

    /// <summary>It was down, and is not asked by OPTIONS: the next call tells.</summary>
    OnTrial,
}

/// <summary>
/// Health of one target, sans-IO: successes and failures with their time go in, the state comes out. Alive is whoever answers: any
/// response but 503, which says that it cannot serve, and 408, which a proxy gives when whoever is behind it was silent.
/// </summary>
internal sealed class TargetHealth(TrunkHealthOptions options, DateTimeOffset now)
{
    /// <summary>A Retry-After beyond this is not taken at its word: a wrong one would cost the trunk.</summary>
    private static readonly TimeSpan LongestHold = TimeSpan.FromMinutes(5);

    private int _failures;
    private int _successes;
    private DateTimeOffset _heldUntil = DateTimeOffset.MinValue;
    private bool _isDown;

    /// <summary>When the state last changed between up and down.</summary>
    public DateTimeOffset Since { get; private set; } = now;

    /// <summary>The last failure's cause; null before any.</summary>
    public string? LastCause { get; private set; }

    public static bool IsAlive(int status) => status is not (503 or 408);

    public TargetState StateAt(DateTimeOffset now) =>
        now < _heldUntil ? TargetState.Down
        : !_isDown ? TargetState.Up
        : options.IntervalSeconds == 0 && now - Since >= DownInterval ? TargetState.OnTrial
        : TargetState.Down;

    /// <summary>How long until it is asked again; null when it is never asked.</summary>
    public TimeSpan? NextProbe =>
        options.IntervalSeconds == 0 ? null
        : _isDown ? DownInterval
        : TimeSpan.FromSeconds(options.IntervalSeconds);

    /// <summary>It answered. True when that brought it up.</summary>
    public bool OnSuccess(DateTimeOffset now)
    {
        _failures = 0;
        _successes++;
        var needed = options.IntervalSeconds == 0 ? 1 : options.UpAfter;
        if (!_isDown || _successes < needed)
        {
            return false;
        }
        _isDown = false;
        Since = now;
        return true;
    }

    /// <summary>It did not answer, or said that it cannot serve. True when that took it down.</summary>
    /// <param name="retryAfter">Of a 503 (RFC 3261 §21.5.4): nothing is sent there for that long.</param>
    public bool OnFailure(DateTimeOffset now, string cause, TimeSpan? retryAfter = null)
    {
        LastCause = cause;
        _successes = 0;
        _failures++;
        if (retryAfter is { } hold)
        {
            _heldUntil = now + (hold < LongestHold ? hold : LongestHold);
        }
        if (_isDown)
        {
            // A failed trial: as if it had gone down now.
            Since = options.IntervalSeconds == 0 ? now : Since;
            return false;
        }
        if (_failures < options.DownAfter)
        {
            return false;
        }
        _isDown = true;
        Since = now;
        return true;
    }

    private TimeSpan DownInterval => TimeSpan.FromSeconds(options.DownIntervalSeconds);
}

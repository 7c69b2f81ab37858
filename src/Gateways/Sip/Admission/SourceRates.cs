namespace OCPlatform.Gateways.Sip;

/// <summary>What each source may send, and how often it may fail to log in. Thread-safe; its memory is fixed.</summary>
internal sealed class SourceRates(SipRateOptions options)
{
    private readonly Rate _stranger = new(options.MessagesPerSecond, options.MessagesPerSecond * BurstSeconds);
    private readonly Rate _known = new(options.KnownRequestsPerSecond, options.KnownRequestsPerSecond * BurstSeconds);
    private readonly Rate _failure = Rate.PerMinute(options.FailedLoginsPerMinute, options.FailedLoginsPerMinute);
    private readonly Rate _dialog = new(options.StrayDialogRequestsPerSecond, options.StrayDialogRequestsPerSecond);
    private readonly SourceTable<Buckets> _sources = new(options.Sources);
    private readonly Lock _lock = new();
    private TokenBucket _strayDialogs;

    // A phone that starts sends REGISTER, SUBSCRIBE and their second tries for each of its lines within a second or two.
    private const int BurstSeconds = 4;

    private struct Buckets
    {
        public TokenBucket Messages;
        public TokenBucket Requests;
        public TokenBucket Failures;
    }

    public int Sources
    {
        get
        {
            lock (_lock)
            {
                return _sources.Count;
            }
        }
    }

    public int Capacity => _sources.Capacity;

    /// <summary>A message of a source that nobody knows.</summary>
    public bool TakesMessage(SourceKey source, long nowMs)
    {
        lock (_lock)
        {
            return _sources.Take(source, nowMs).Messages.TryTake(_stranger, nowMs);
        }
    }

    /// <summary>A request outside a dialog of a source with users of ours.</summary>
    public bool TakesRequest(SourceKey source, long nowMs)
    {
        lock (_lock)
        {
            return _sources.Take(source, nowMs).Requests.TryTake(_known, nowMs);
        }
    }

    /// <summary>Whether one more password may be tried from there.</summary>
    public bool TakesPassword(SourceKey source, long nowMs)
    {
        lock (_lock)
        {
            return _sources.Look(source, nowMs).Failures.HasToken(_failure, nowMs);
        }
    }

    public void CountFailure(SourceKey source, long nowMs)
    {
        lock (_lock)
        {
            _sources.Take(source, nowMs).Failures.TryTake(_failure, nowMs);
        }
    }

    /// <summary>
    /// A request in a dialog that this node does not know, from a source that it does not know: one bucket for them all,
    /// because each may wake an actor and its tag can be made up.
    /// </summary>
    public bool TakesStrayDialogRequest(long nowMs)
    {
        lock (_lock)
        {
            return _strayDialogs.TryTake(_dialog, nowMs);
        }
    }
}

namespace OCPlatform.AiAdapters.Resilience;

/// <summary>
/// Leaves a failing endpoint alone. Closed: every request may go. After <see cref="SpeechBreakerOptions.FailuresToOpen"/>
/// failures in a row it is open: none may go. After <see cref="SpeechBreakerOptions.OpenMs"/> one request may try; its
/// success closes the breaker, its failure opens it for twice as long. Thread-safe.
/// </summary>
public sealed class CircuitBreaker(SpeechBreakerOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private int _failures;
    private TimeSpan _openFor;
    private long _openedAt;
    private bool _open;
    private bool _trialUnderWay;

    /// <summary>Whether requests are being refused, trials apart.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_lock)
                return _open;
        }
    }

    /// <summary>Asks leave for one request; who gets it must report <see cref="Success"/>, <see cref="Failure"/> or <see cref="Abandon"/>.</summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (!_open)
                return true;
            // The trial's own time limit: a request that never reports must not keep the breaker open for ever.
            if (time.GetElapsedTime(_openedAt) < _openFor)
                return false;
            _trialUnderWay = true;
            _openedAt = time.GetTimestamp();
            return true;
        }
    }

    public void Success()
    {
        lock (_lock)
        {
            _failures = 0;
            _open = false;
            _trialUnderWay = false;
            _openFor = TimeSpan.Zero;
        }
    }

    public void Failure()
    {
        lock (_lock)
        {
            _failures++;
            if (!_open && _failures < options.FailuresToOpen)
                return;
            // Requests that were already under way when the breaker opened do not lengthen the pause.
            if (_open && !_trialUnderWay)
                return;
            var doubled = _openFor == TimeSpan.Zero ? options.OpenMs : _openFor.TotalMilliseconds * 2;
            _openFor = TimeSpan.FromMilliseconds(Math.Min(doubled, options.MaxOpenMs));
            _open = true;
            _trialUnderWay = false;
            _openedAt = time.GetTimestamp();
        }
    }

    /// <summary>The request ended without a verdict on the endpoint, such as when its caller gave up.</summary>
    public void Abandon()
    {
        lock (_lock)
        {
            if (!_trialUnderWay)
                return;
            _trialUnderWay = false;
            // Let the next request be the trial.
            _openedAt = time.GetTimestamp() - (long)(_openFor.TotalSeconds * time.TimestampFrequency);
        }
    }
}

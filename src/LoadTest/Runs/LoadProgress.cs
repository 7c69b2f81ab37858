namespace OCPlatform.LoadTest;

/// <summary>Where a run stands; thread-safe, read once a second.</summary>
public sealed class LoadProgress
{
    private readonly Lock _lock = new();
    private readonly List<double> _voiceToVoiceMs = [];
    private readonly List<double> _setupMs = [];
    private readonly Dictionary<string, int> _failures = [];
    private int _started;
    private int _active;
    private int _peak;
    private int _answered;
    private int _ended;
    private int _failed;
    private int _turns;
    private int _heldBack;

    /// <param name="Active">Calls under way, ringing ones included.</param>
    /// <param name="Answered">Calls in conversation now or before.</param>
    /// <param name="Setup">In ms, of the calls that ended.</param>
    /// <param name="VoiceToVoice">In ms, of all turns so far.</param>
    /// <param name="HeldBack">Calls that had to wait for room.</param>
    public sealed record Snapshot(
        int Started,
        int Active,
        int Peak,
        int Answered,
        int Ended,
        int Failed,
        int Turns,
        int HeldBack,
        Summary? Setup,
        Summary? VoiceToVoice,
        IReadOnlyDictionary<string, int> Failures
    );

    public Snapshot Read()
    {
        lock (_lock)
        {
            return new(
                _started,
                _active,
                _peak,
                _answered,
                _ended,
                _failed,
                _turns,
                _heldBack,
                Summary.Of(_setupMs),
                Summary.Of(_voiceToVoiceMs),
                new Dictionary<string, int>(_failures)
            );
        }
    }

    internal void OnStarted()
    {
        lock (_lock)
        {
            _started++;
            _active++;
            _peak = Math.Max(_peak, _active);
        }
    }

    internal void OnAnswered() => Interlocked.Increment(ref _answered);

    internal void OnHeldBack() => Interlocked.Increment(ref _heldBack);

    internal void OnTurn(TurnMeasurement turn)
    {
        lock (_lock)
        {
            _turns++;
            if (turn.VoiceToVoice is { } time)
            {
                _voiceToVoiceMs.Add(time.TotalMilliseconds);
            }
        }
    }

    internal void OnEnded(CallMeasurement call)
    {
        lock (_lock)
        {
            _active--;
            _ended++;
            if (call.Setup is { } setup)
            {
                _setupMs.Add(setup.TotalMilliseconds);
            }
            if (call.Failed)
            {
                _failed++;
                var cause = call.Cause ?? call.Outcome.ToString();
                _failures[cause] = _failures.GetValueOrDefault(cause) + 1;
            }
        }
    }
}

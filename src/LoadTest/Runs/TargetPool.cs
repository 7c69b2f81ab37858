namespace OCPlatform.LoadTest;

/// <summary>
/// The targets of a run as a carrier treats them: calls go round, and a target that did not take one is left to the last for a while.
/// Thread-safe.
/// </summary>
public sealed class TargetPool(IReadOnlyList<CallTarget> targets, TimeProvider time)
{
    /// <summary>How long a target that failed is tried only after the others.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly long?[] _failedAt = new long?[targets.Count];
    private int _next;

    /// <summary>All targets in the order in which the next call is to try them.</summary>
    public IReadOnlyList<CallTarget> Next()
    {
        lock (_gate)
        {
            var first = _next++ % targets.Count;
            return
            [
                .. Enumerable
                    .Range(0, targets.Count)
                    .Select(n => (first + n) % targets.Count)
                    .OrderBy(n => _failedAt[n] is { } at && time.GetElapsedTime(at) < Rest)
                    .Select(n => targets[n]),
            ];
        }
    }

    /// <summary>The target did not take a call.</summary>
    public void OnFailed(CallTarget target)
    {
        lock (_gate)
        {
            for (var n = 0; n < targets.Count; n++)
            {
                _failedAt[n] = targets[n] == target ? time.GetTimestamp() : _failedAt[n];
            }
        }
    }
}

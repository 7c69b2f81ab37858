using OCPlatform.Contracts.Calls;

namespace OCPlatform.CallActors;

/// <summary>
/// Calls that were to be taken up and of which the journal holds nothing. They are asked for again and again, by more than one
/// node; each is told of once. Thread-safe.
/// </summary>
internal sealed class CallsWithoutPast
{
    /// <summary>Beyond it the oldest is forgotten, and may be told of again.</summary>
    private const int MostCalls = 4_096;

    private readonly HashSet<CallId> _calls = [];
    private readonly Queue<CallId> _order = new();
    private readonly Lock _lock = new();

    /// <summary>True for the first time.</summary>
    public bool Note(CallId call)
    {
        lock (_lock)
        {
            if (!_calls.Add(call))
            {
                return false;
            }
            _order.Enqueue(call);
            if (_order.Count > MostCalls)
            {
                _calls.Remove(_order.Dequeue());
            }
            return true;
        }
    }
}

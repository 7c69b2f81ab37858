namespace OCPlatform.Sip;

/// <summary>A pending callback on an endpoint's loop.</summary>
internal sealed class LoopTimer(TimeSpan at, Action action)
{
    public TimeSpan At { get; } = at;

    public Action Action { get; } = action;

    public bool IsCancelled { get; private set; }

    /// <summary>On the loop only.</summary>
    public void Cancel() => IsCancelled = true;
}

/// <summary>Deadlines of the cores above an endpoint: one queue on its loop, instead of a timer for each.</summary>
internal sealed class LoopTimers
{
    private readonly PriorityQueue<LoopTimer, TimeSpan> _queue = new();

    public TimeSpan NextDeadline
    {
        get
        {
            while (_queue.TryPeek(out var timer, out var at))
            {
                if (!timer.IsCancelled)
                {
                    return at;
                }
                _queue.Dequeue();
            }
            return TimeSpan.MaxValue;
        }
    }

    public LoopTimer Add(TimeSpan at, Action action)
    {
        var timer = new LoopTimer(at, action);
        _queue.Enqueue(timer, at);
        return timer;
    }

    public Action? TakeDue(TimeSpan now) => NextDeadline <= now ? _queue.Dequeue().Action : null;
}

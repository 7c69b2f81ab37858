using OCPlatform.Sip.Transactions;

namespace OCPlatform.Sip;

/// <summary>A pending callback on an endpoint's loop.</summary>
internal sealed class LoopTimer(DeadlineQueue<LoopTimer> queue, Action action) : IDeadlined
{
    public Action Action { get; } = action;

    int IDeadlined.QueueIndex { get; set; } = -1;

    TimeSpan IDeadlined.QueuedAt { get; set; }

    /// <summary>On the loop only.</summary>
    public void Cancel() => queue.Remove(this);
}

/// <summary>Deadlines of the cores above an endpoint: one queue on its loop, instead of a timer for each.</summary>
internal sealed class LoopTimers
{
    private readonly DeadlineQueue<LoopTimer> _queue = new();

    public TimeSpan NextDeadline => _queue.Next;

    public LoopTimer Add(TimeSpan at, Action action)
    {
        var timer = new LoopTimer(_queue, action);
        _queue.Set(timer, at);
        return timer;
    }

    public Action? TakeDue(TimeSpan now) => _queue.TakeDue(now)?.Action;
}

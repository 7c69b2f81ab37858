namespace OCPlatform.Sip.Transactions;

/// <summary>Something with a place in a <see cref="DeadlineQueue{T}"/>. Both members are the queue's.</summary>
internal interface IDeadlined
{
    /// <summary>Place in the heap; -1 when not in it.</summary>
    int QueueIndex { get; set; }

    TimeSpan QueuedAt { get; set; }
}

/// <summary>
/// Deadlines in order, with change and removal in place: a binary heap whose items know their place. The framework's PriorityQueue would keep
/// every superseded deadline, and what hangs on it, until its time comes: ten minutes for an answered INVITE.
/// </summary>
internal sealed class DeadlineQueue<T>
    where T : class, IDeadlined
{
    private readonly List<T> _heap = [];

    public int Count => _heap.Count;

    /// <summary><see cref="TimeSpan.MaxValue"/> when empty.</summary>
    public TimeSpan Next => _heap.Count == 0 ? TimeSpan.MaxValue : _heap[0].QueuedAt;

    /// <summary>Puts the item at its deadline, wherever it was before; <see cref="TimeSpan.MaxValue"/> takes it out.</summary>
    public void Set(T item, TimeSpan deadline)
    {
        if (deadline == TimeSpan.MaxValue)
        {
            Remove(item);
            return;
        }
        item.QueuedAt = deadline;
        if (item.QueueIndex < 0)
        {
            item.QueueIndex = _heap.Count;
            _heap.Add(item);
        }
        Settle(item);
    }

    public void Remove(T item)
    {
        var hole = item.QueueIndex;
        if (hole < 0)
        {
            return;
        }
        item.QueueIndex = -1;
        var last = _heap[^1];
        _heap.RemoveAt(_heap.Count - 1);
        if (!ReferenceEquals(last, item))
        {
            Place(last, hole);
            Settle(last);
        }
    }

    /// <summary>Takes out the first item when it is due.</summary>
    public T? TakeDue(TimeSpan now)
    {
        if (Next > now || _heap.Count == 0)
        {
            return null;
        }
        var due = _heap[0];
        Remove(due);
        return due;
    }

    public void Clear()
    {
        foreach (var item in _heap)
        {
            item.QueueIndex = -1;
        }
        _heap.Clear();
    }

    private void Settle(T item)
    {
        var index = item.QueueIndex;
        while (index > 0 && _heap[(index - 1) / 2] is var parent && parent.QueuedAt > item.QueuedAt)
        {
            Place(parent, index);
            index = (index - 1) / 2;
        }
        while (true)
        {
            var child = index * 2 + 1;
            if (child + 1 < _heap.Count && _heap[child + 1].QueuedAt < _heap[child].QueuedAt)
            {
                child++;
            }
            if (child >= _heap.Count || _heap[child].QueuedAt >= item.QueuedAt)
            {
                break;
            }
            Place(_heap[child], index);
            index = child;
        }
        Place(item, index);
    }

    private void Place(T item, int index)
    {
        _heap[index] = item;
        item.QueueIndex = index;
    }
}

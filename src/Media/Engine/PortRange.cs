namespace OCPlatform.Media.Engine;

/// <summary>
/// The even ports of a range, handed out in turn. A port given back rests before it is handed out again, so that a late
/// packet of the old call meets nobody; one that is in use is never handed out.
/// </summary>
internal sealed class PortRange
{
    private readonly Lock _gate = new();
    private readonly Queue<int> _fresh = new();
    private readonly Queue<(int Port, long At)> _resting = new();
    private readonly HashSet<int> _taken = [];
    private readonly TimeProvider _time;
    private readonly TimeSpan _rest;

    public PortRange(int first, int last, TimeSpan rest, Random random, TimeProvider time)
    {
        _time = time;
        _rest = rest;
        var ports = new List<int>();
        for (var port = first + (first & 1); port + 1 <= last; port += 2)
            ports.Add(port);
        Total = ports.Count;
        // Begin anywhere: a restarted process does not meet the packets of its former calls.
        var start = ports.Count == 0 ? 0 : random.Next(ports.Count);
        for (var i = 0; i < ports.Count; i++)
            _fresh.Enqueue(ports[(start + i) % ports.Count]);
    }

    public int Total { get; }

    public int InUse
    {
        get
        {
            lock (_gate)
                return _taken.Count;
        }
    }

    /// <summary>The next port, or null when all are in use or resting.</summary>
    public int? TryTake()
    {
        lock (_gate)
        {
            if (!_fresh.TryDequeue(out var port))
            {
                if (!_resting.TryPeek(out var oldest) || _time.GetElapsedTime(oldest.At) < _rest)
                    return null;
                port = _resting.Dequeue().Port;
            }

            _taken.Add(port);
            return port;
        }
    }

    /// <exception cref="InvalidOperationException">The port is not taken: a programming error that would end in two owners.</exception>
    public void Release(int port)
    {
        lock (_gate)
        {
            if (!_taken.Remove(port))
                throw new InvalidOperationException($"Port {port} was not taken.");
            _resting.Enqueue((port, _time.GetTimestamp()));
        }
    }
}

namespace OCPlatform.Gateways.Sip;

/// <summary>A place that a call out holds in its trunk's limits until it is over.</summary>
internal sealed record CallLease(SpendCall Call)
{
    public bool IsAnswered { get; init; }
}

/// <summary>
/// Holds the guards of all trunks against the calls that are under way. Time is passed in; nothing is sent. Its state is
/// bounded by the leases given out.
/// </summary>
/// <param name="callsOut">Told of a trunk's calls out whenever they change.</param>
internal sealed class OutboundGuards(ISpendGuard spend, Action<string, int>? callsOut = null)
{
    private readonly Dictionary<string, CallLease> _leases = [];
    private readonly Dictionary<string, SecondWindow> _windows = [];

    public int CallsOver(TrunkSettings trunk) => _leases.Values.Count(lease => lease.Call.Trunk == trunk);

    /// <summary>Takes a place for the call, or tells which guard has none.</summary>
    /// <param name="id">What <see cref="End"/> is called with; a call that goes on elsewhere leaves its earlier place.</param>
    public GuardRefusal? Enter(
        string id,
        TrunkSettings trunk,
        DialledNumber? number,
        string dialled,
        string caller,
        DateTimeOffset now
    )
    {
        var stays = _leases.TryGetValue(id, out var earlier) && earlier.Call.Trunk == trunk;
        End(id, now);
        if (trunk.Guards.Match(number, dialled, out var refusal) < 0)
        {
            return refusal;
        }
        var limits = trunk.Guards.Options;
        if (limits.MaxCalls > 0 && CallsOver(trunk) >= limits.MaxCalls)
        {
            return new GuardRefusal(GuardReason.TooManyCalls, $"has all its {limits.MaxCalls} calls out");
        }
        if (limits.MaxCallsPerCaller > 0 && CallsOf(trunk, caller) >= limits.MaxCallsPerCaller)
        {
            return new GuardRefusal(
                GuardReason.TooManyCallsOfCaller,
                $"has all the {limits.MaxCallsPerCaller} calls out that '{caller}' may have"
            );
        }
        var call = new SpendCall(id, trunk, number?.ToString() ?? dialled, caller);
        if (spend.Refuse(call, now) is { } cause)
        {
            return new GuardRefusal(GuardReason.SpendLimit, cause);
        }
        // A call that was redirected within its trunk is no new one.
        if (!stays && limits.MaxCallsPerSecond > 0 && !WindowOf(trunk).TryTake(limits.MaxCallsPerSecond, now))
        {
            return new GuardRefusal(
                GuardReason.TooManyCallsPerSecond,
                $"has had its {limits.MaxCallsPerSecond} calls out of this second"
            );
        }
        _leases[id] = new CallLease(call);
        callsOut?.Invoke(trunk.Name, CallsOver(trunk));
        return null;
    }

    public void Answered(string id, DateTimeOffset now)
    {
        if (_leases.TryGetValue(id, out var lease) && !lease.IsAnswered)
        {
            _leases[id] = lease with { IsAnswered = true };
            spend.Answered(lease.Call, now);
        }
    }

    public void End(string id, DateTimeOffset now)
    {
        if (_leases.Remove(id, out var lease))
        {
            spend.Ended(lease.Call, now);
            callsOut?.Invoke(lease.Call.Trunk.Name, CallsOver(lease.Call.Trunk));
        }
    }

    private int CallsOf(TrunkSettings trunk, string caller) =>
        _leases.Values.Count(lease =>
            lease.Call.Trunk == trunk && string.Equals(lease.Call.Caller, caller, StringComparison.OrdinalIgnoreCase)
        );

    private SecondWindow WindowOf(TrunkSettings trunk)
    {
        if (!_windows.TryGetValue(trunk.Name, out var window))
        {
            _windows[trunk.Name] = window = new SecondWindow();
        }
        return window;
    }

    /// <summary>The calls of the last second.</summary>
    private sealed class SecondWindow
    {
        private readonly Queue<DateTimeOffset> _taken = [];

        public bool TryTake(int limit, DateTimeOffset now)
        {
            while (_taken.TryPeek(out var oldest) && now - oldest >= TimeSpan.FromSeconds(1))
            {
                _taken.Dequeue();
            }
            if (_taken.Count >= limit)
            {
                return false;
            }
            _taken.Enqueue(now);
            return true;
        }
    }
}

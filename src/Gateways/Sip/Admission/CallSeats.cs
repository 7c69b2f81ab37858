using System.Globalization;

namespace OCPlatform.Gateways.Sip;

/// <summary>
/// Places for calls: those of the node and those of each trunk, and how fast they may be taken. A place is taken by the
/// judgement of an INVITE and given back when its call is over. Thread-safe.
/// </summary>
internal sealed class CallSeats(int maxCalls)
{
    private readonly Dictionary<string, Seats> _trunks = [];
    private readonly Lock _lock = new();
    private int _taken;

    private sealed class Seats
    {
        public int Taken;
        public TokenBucket Rate;
    }

    public int Taken
    {
        get
        {
            lock (_lock)
            {
                return _taken;
            }
        }
    }

    /// <summary>Takes a place; else tells why there is none, and takes nothing.</summary>
    /// <param name="trunk">Its name; trunks are few, so each is remembered.</param>
    /// <param name="trunkCalls">The trunk's calls at once; 0 for no limit.</param>
    /// <param name="trunkPerSecond">The trunk's calls a second; 0 for no limit.</param>
    public bool TryTake(
        string trunk,
        int trunkCalls,
        int trunkPerSecond,
        long nowMs,
        out AdmissionReason reason,
        out string cause
    )
    {
        lock (_lock)
        {
            if (!_trunks.TryGetValue(trunk, out var seats))
            {
                seats = _trunks[trunk] = new Seats();
            }
            (reason, cause) =
                _taken >= maxCalls ? (AdmissionReason.Full, Invariant($"all {maxCalls} calls of this node are taken"))
                : trunkCalls > 0 && seats.Taken >= trunkCalls
                    ? (AdmissionReason.TrunkFull, Invariant($"all {trunkCalls} calls of trunk {trunk} are taken"))
                : trunkPerSecond > 0 && !seats.Rate.TryTake(new Rate(trunkPerSecond, trunkPerSecond), nowMs)
                    ? (
                        AdmissionReason.TrunkTooFast,
                        Invariant($"more than {trunkPerSecond} calls a second over trunk {trunk}")
                    )
                : (AdmissionReason.Admitted, "");
            if (reason != AdmissionReason.Admitted)
            {
                return false;
            }
            _taken++;
            seats.Taken++;
            return true;
        }
    }

    public void Release(string trunk)
    {
        lock (_lock)
        {
            // A call that was seated before the gateway started over has no seat here.
            if (_trunks.TryGetValue(trunk, out var seats) && seats.Taken > 0)
            {
                _taken--;
                seats.Taken--;
            }
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

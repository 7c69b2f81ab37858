using System.Globalization;
using OCPlatform.Sip.Transactions;

namespace OCPlatform.Sip.Sessions;

/// <summary>The value of a RAck header: which reliable provisional response a PRACK acknowledges (RFC 3262 §7.2).</summary>
internal readonly record struct RAck(uint RSeq, uint CSeq, string Method)
{
    public static RAck? TryParse(string? text)
    {
        var parts = text?.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return
            parts?.Length == 3
            && uint.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var rseq)
            && uint.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var cseq)
            ? new RAck(rseq, cseq, parts[2])
            : null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{RSeq} {CSeq} {Method}");
}

internal enum ReliableAction
{
    None,
    Retransmit,

    /// <summary>64*T1 without PRACK: the INVITE is refused with a 5xx (RFC 3262 §3).</summary>
    GiveUp,
}

/// <summary>
/// The callee's reliable provisional responses (RFC 3262 §3): one under way at a time, sent again after T1, doubling, until its PRACK comes;
/// later ones queue behind it.
/// </summary>
internal sealed class ReliableProvisionals(SipSessionOptions options)
{
    /// <summary>A callee rings, is forwarded, queued, has early media: more than this waits for no reason.</summary>
    private const int MaxQueued = 4;

    private readonly Queue<(int Status, ReadOnlyMemory<byte> Body)> _queued = new();
    private readonly SipTimers _timers = options.Timers;
    private TimeSpan _interval;
    private TimeSpan _retransmitAt = TimeSpan.MaxValue;
    private TimeSpan _giveUpAt = TimeSpan.MaxValue;

    private SipResponse? _overtaken;

    /// <summary>The response that waits for PRACK; null when none does.</summary>
    public SipResponse? Waiting { get; private set; }

    /// <summary>The first number is random (RFC 3262 §3), from the lower half so that counting up stays below 2^31.</summary>
    public uint LastRSeq { get; private set; }

    /// <summary>It carries a description, so that a 2xx must not overtake its PRACK.</summary>
    public bool HoldsAnswer => Waiting is { Body.IsEmpty: false } || _queued.Any(q => !q.Body.IsEmpty);

    public TimeSpan Deadline => _retransmitAt < _giveUpAt ? _retransmitAt : _giveUpAt;

    public void Restore(uint lastRSeq, SipResponse? waiting, TimeSpan now)
    {
        LastRSeq = lastRSeq;
        if (waiting is not null)
        {
            Wait(waiting, now);
        }
    }

    /// <summary>False when too many wait already.</summary>
    public bool TryQueue(int status, ReadOnlyMemory<byte> body)
    {
        if (_queued.Count >= MaxQueued)
        {
            return false;
        }
        _queued.Enqueue((status, body));
        return true;
    }

    public bool TryDequeue(out (int Status, ReadOnlyMemory<byte> Body) next)
    {
        next = default;
        return Waiting is null && _queued.TryDequeue(out next);
    }

    /// <summary>Numbers the response, and waits for its PRACK once it is sent.</summary>
    public void Number(SipResponse response, TimeSpan now)
    {
        LastRSeq = LastRSeq == 0 ? (uint)options.Random.Next(1, 1 << 30) : LastRSeq + 1;
        response.Headers.Add(SipHeaderId.Require, "100rel");
        response.Headers.Add(SipHeaderId.RSeq, LastRSeq.ToString(CultureInfo.InvariantCulture));
        Wait(response, now);
    }

    /// <summary>True when the PRACK is for the response that waits.</summary>
    public bool Matches(RAck rack) => IsFor(rack, Waiting);

    /// <summary>True when the PRACK is for a response that a final one overtook; it is answered all the same (RFC 3262 §3).</summary>
    public bool TakeOvertaken(RAck rack)
    {
        var matches = IsFor(rack, _overtaken);
        _overtaken = matches ? null : _overtaken;
        return matches;
    }

    public void Acknowledge()
    {
        Waiting = null;
        _retransmitAt = _giveUpAt = TimeSpan.MaxValue;
    }

    /// <summary>A final response was sent: nothing is repeated any more.</summary>
    public void Stop()
    {
        _overtaken = Waiting;
        Acknowledge();
        _queued.Clear();
    }

    public ReliableAction OnDeadline(TimeSpan now)
    {
        if (now >= _giveUpAt)
        {
            return ReliableAction.GiveUp;
        }
        if (now < _retransmitAt)
        {
            return ReliableAction.None;
        }
        _interval *= 2;
        _retransmitAt = now + _interval;
        return ReliableAction.Retransmit;
    }

    private bool IsFor(RAck rack, SipResponse? response) =>
        response is not null
        && rack.RSeq == LastRSeq
        && rack.CSeq == response.CSeq.Number
        && rack.Method == response.CSeq.Method;

    private void Wait(SipResponse response, TimeSpan now)
    {
        Waiting = response;
        _interval = _timers.T1;
        _retransmitAt = now + _interval;
        _giveUpAt = now + _timers.Timeout;
    }
}

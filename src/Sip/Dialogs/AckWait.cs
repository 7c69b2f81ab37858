using OCPlatform.Sip.Transactions;

namespace OCPlatform.Sip.Dialogs;

/// <summary>What is due while a 2xx waits for its ACK.</summary>
public enum AckWaitAction
{
    None,

    /// <summary>Send the 2xx again.</summary>
    Retransmit,

    /// <summary>64*T1 went by without an ACK: the session is ended with BYE (RFC 3261 §13.3.1.4).</summary>
    GiveUp,
}

/// <summary>
/// Repeats a 2xx of an INVITE until its ACK comes: after T1, doubling up to T2, for 64*T1, over every transport
/// (RFC 3261 §13.3.1.4). Sans-IO; times are offsets from any fixed point of a monotone clock.
/// </summary>
/// <param name="timers">T1 and T2.</param>
/// <param name="sentAt">When the 2xx was first sent.</param>
/// <param name="cseq">CSeq number of the INVITE, which its ACK carries.</param>
public sealed class AckWait(SipTimers timers, TimeSpan sentAt, uint cseq)
{
    private readonly TimeSpan _giveUpAt = sentAt + timers.Timeout;
    private TimeSpan _interval = timers.T1;
    private TimeSpan _retransmitAt = sentAt + timers.T1;

    public bool IsDone { get; private set; }

    /// <summary>When <see cref="OnDeadline"/> is needed next; <see cref="TimeSpan.MaxValue"/> when never.</summary>
    public TimeSpan Deadline =>
        IsDone ? TimeSpan.MaxValue
        : _retransmitAt < _giveUpAt ? _retransmitAt
        : _giveUpAt;

    /// <summary>What is due now.</summary>
    public AckWaitAction OnDeadline(TimeSpan now)
    {
        if (IsDone || now < Deadline)
        {
            return AckWaitAction.None;
        }
        if (now >= _giveUpAt)
        {
            IsDone = true;
            return AckWaitAction.GiveUp;
        }
        _interval = _interval * 2 < timers.T2 ? _interval * 2 : timers.T2;
        _retransmitAt = now + _interval;
        return AckWaitAction.Retransmit;
    }

    /// <summary>True when the ACK is the one waited for.</summary>
    public bool OnAck(SipRequest ack)
    {
        if (IsDone || ack.CSeq.Number != cseq)
        {
            return false;
        }
        IsDone = true;
        return true;
    }
}

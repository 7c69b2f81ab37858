namespace OCPlatform.Sip.Transactions;

using static TransactionActions;
using static TransactionInput;
using static TransactionState;

/// <summary>INVITE client transaction: RFC 3261 §17.1.1 with figure 5, Accepted of RFC 6026 §7.2.</summary>
public sealed class InviteClientTransaction(SipTimers timers, bool reliable) : SipTransaction(timers, reliable)
{
    private bool _cancelled;

    public override TransactionActions Step(TransactionInput input, TimeSpan now)
    {
        switch (State, input)
        {
            case (Calling, Start):
                Interval = Timers.T1;
                return Enter(Calling, Reliable ? Never : now + Interval, now + Timers.Timeout, Send);
            case (Calling, RetransmitTimer):
                // Timer A doubles without a cap: timer B ends it.
                Interval *= 2;
                RetransmitAt = now + Interval;
                return Send;
            case (Calling or Proceeding, TimeoutTimer):
                return Finish(SipTransactionEnd.Timeout);
            case (Calling or Proceeding, Provisional):
                // Once cancelled, no 1xx may hold up the end.
                return Enter(Proceeding, Never, _cancelled ? TimeoutAt : now + Timers.InviteProceeding, Deliver);
            case (Calling or Proceeding, Success):
                return Enter(Accepted, Never, now + Timers.Timeout, Deliver);
            case (Calling or Proceeding, Failure):
                return EnterWait(Completed, Timers.D, now, SendAck | Deliver);
            case (Accepted, Success):
                // A retransmission, or the 2xx of another fork: the core sends the ACK.
                return Deliver;
            case (Completed, Failure):
                return SendAck;
            case (Accepted or Completed, TimeoutTimer):
                return Finish(SipTransactionEnd.Completed);
            case (Calling or Proceeding or Completed, TransactionInput.TransportError):
                return Finish(SipTransactionEnd.TransportError);
            default:
                return None;
        }
    }

    /// <summary>After CANCEL the final response must come within 64*T1 (RFC 3261 §9.1).</summary>
    public void OnCancelSent(TimeSpan now)
    {
        if (State is Calling or Proceeding)
        {
            _cancelled = true;
            TimeoutAt = now + Timers.Timeout;
        }
    }
}

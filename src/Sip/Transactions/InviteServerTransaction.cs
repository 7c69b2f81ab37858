namespace OCPlatform.Sip.Transactions;

using static TransactionActions;
using static TransactionInput;
using static TransactionState;

/// <summary>INVITE server transaction: RFC 3261 §17.2.1 with figure 7, Accepted of RFC 6026 §7.1.</summary>
public sealed class InviteServerTransaction : SipTransaction
{
    private bool _answered;
    private bool _gaveUp;

    public InviteServerTransaction(SipTimers timers, bool reliable)
        : base(timers, reliable) => State = Proceeding;

    public override TransactionActions Step(TransactionInput input, TimeSpan now)
    {
        switch (State, input)
        {
            case (Proceeding, Start):
                return Enter(Proceeding, now + Timers.TryingAfter, now + Timers.InviteUnanswered, Deliver);
            case (Proceeding, RetransmitTimer):
                RetransmitAt = Never;
                _answered = true;
                return SendTrying;
            case (Proceeding, Request):
                // Before any response the 100 that is due answers the retransmission too.
                return _answered ? Send : None;
            case (Proceeding, Provisional):
                _answered = true;
                RetransmitAt = Never;
                return Send;
            case (Proceeding, Success):
                return Enter(Accepted, Never, now + Timers.Absorb, Send);
            case (Proceeding, Failure):
                Interval = Timers.T1;
                return Enter(Completed, Reliable ? Never : now + Interval, now + Timers.Timeout, Send);
            case (Proceeding, TimeoutTimer):
                return Finish(SipTransactionEnd.Timeout);
            case (Accepted, Success):
                // Retransmissions of the 2xx are the core's (RFC 3261 §13.3.1.4).
                return Send;
            case (Accepted, Ack):
                return Deliver;
            case (Accepted, TimeoutTimer):
                return Finish(SipTransactionEnd.Completed);
            case (Completed, Request):
                return Send;
            case (Completed, RetransmitTimer):
                Interval = Interval * 2 < Timers.T2 ? Interval * 2 : Timers.T2;
                RetransmitAt = now + Interval;
                return Send;
            case (Completed, Ack):
                return EnterWait(Confirmed, Timers.T4, now, None);
            case (Completed, TimeoutTimer) when !_gaveUp && !Reliable:
                // Timer H. The client's last INVITE may still be in the network and must not count as a new one; see SipTimers.Absorb.
                _gaveUp = true;
                return Enter(Completed, Never, now + Timers.T4, None);
            case (Completed, TimeoutTimer):
                return Finish(SipTransactionEnd.Timeout);
            case (Confirmed, TimeoutTimer):
                return Finish(SipTransactionEnd.Completed);
            case (Proceeding or Completed, TransactionInput.TransportError):
                return Finish(SipTransactionEnd.TransportError);
            default:
                return None;
        }
    }
}

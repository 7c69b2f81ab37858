namespace OCPlatform.Sip.Transactions;

using static TransactionActions;
using static TransactionInput;
using static TransactionState;

/// <summary>Non-INVITE client transaction: RFC 3261 §17.1.2 with figure 6.</summary>
public sealed class NonInviteClientTransaction : SipTransaction
{
    public NonInviteClientTransaction(SipTimers timers, bool reliable)
        : base(timers, reliable) => State = Trying;

    public override TransactionActions Step(TransactionInput input, TimeSpan now)
    {
        switch (State, input)
        {
            case (Trying, Start):
                Interval = Timers.T1;
                return Enter(Trying, Reliable ? Never : now + Interval, now + Timers.Timeout, Send);
            case (Trying, RetransmitTimer):
                Interval = Interval * 2 < Timers.T2 ? Interval * 2 : Timers.T2;
                RetransmitAt = now + Interval;
                return Send;
            case (Proceeding, RetransmitTimer):
                RetransmitAt = now + Timers.T2;
                return Send;
            case (Trying, Provisional):
                return Enter(Proceeding, Reliable ? Never : now + Timers.T2, TimeoutAt, Deliver);
            case (Proceeding, Provisional):
                return Deliver;
            case (Trying or Proceeding, Success or Failure):
                return EnterWait(Completed, Timers.T4, now, Deliver);
            case (Trying or Proceeding, TimeoutTimer):
                return Finish(SipTransactionEnd.Timeout);
            case (Completed, TimeoutTimer):
                return Finish(SipTransactionEnd.Completed);
            case (Trying or Proceeding, TransactionInput.TransportError):
                return Finish(SipTransactionEnd.TransportError);
            default:
                return None;
        }
    }
}

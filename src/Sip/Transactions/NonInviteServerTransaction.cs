namespace OCPlatform.Sip.Transactions;

using static TransactionActions;
using static TransactionInput;
using static TransactionState;

/// <summary>Non-INVITE server transaction: RFC 3261 §17.2.2 with figure 8.</summary>
public sealed class NonInviteServerTransaction : SipTransaction
{
    public NonInviteServerTransaction(SipTimers timers, bool reliable)
        : base(timers, reliable) => State = Trying;

    public override TransactionActions Step(TransactionInput input, TimeSpan now)
    {
        switch (State, input)
        {
            case (Trying, Start):
                // The client gives up after 64*T1 (timer F), so an answer after that helps nobody; what it sent last still must not count as new.
                return Enter(Trying, Never, now + (Reliable ? Timers.Timeout : Timers.Absorb), Deliver);
            case (Trying or Proceeding, Provisional):
                return Enter(Proceeding, Never, TimeoutAt, Send);
            case (Trying or Proceeding, Success or Failure):
                return EnterWait(Completed, Timers.Absorb, now, Send);
            case (Proceeding or Completed, Request):
                return Send;
            case (Trying or Proceeding, TimeoutTimer):
                return Finish(SipTransactionEnd.Timeout);
            case (Completed, TimeoutTimer):
                return Finish(SipTransactionEnd.Completed);
            case (Proceeding or Completed, TransactionInput.TransportError):
                return Finish(SipTransactionEnd.TransportError);
            default:
                return None;
        }
    }
}

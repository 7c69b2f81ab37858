namespace OCPlatform.Sip.Transactions;

/// <summary>
/// One transaction machine, sans-IO: an input and the time go in; the new state, actions and the next deadline come out.
/// Times are offsets from any fixed point of a monotone clock.
/// </summary>
public abstract class SipTransaction(SipTimers timers, bool reliable)
{
    protected static readonly TimeSpan Never = TimeSpan.MaxValue;

    protected SipTimers Timers { get; } = timers;

    protected bool Reliable { get; } = reliable;

    public TransactionState State { get; protected set; }

    public SipTransactionEnd End { get; protected set; }

    /// <summary>The time of the next <see cref="OnDeadline"/>; <see cref="TimeSpan.MaxValue"/> when none is due.</summary>
    public TimeSpan Deadline => RetransmitAt < TimeoutAt ? RetransmitAt : TimeoutAt;

    protected TimeSpan RetransmitAt { get; set; } = Never;

    protected TimeSpan TimeoutAt { get; set; } = Never;

    protected TimeSpan Interval { get; set; }

    /// <summary>One input; tells what to do, in order.</summary>
    public abstract TransactionActions Step(TransactionInput input, TimeSpan now);

    /// <summary>Runs whichever timer is due; nothing when it is too early.</summary>
    public TransactionActions OnDeadline(TimeSpan now)
    {
        if (State == TransactionState.Terminated)
        {
            return TransactionActions.None;
        }
        if (now >= TimeoutAt)
        {
            return Step(TransactionInput.TimeoutTimer, now);
        }
        return now >= RetransmitAt ? Step(TransactionInput.RetransmitTimer, now) : TransactionActions.None;
    }

    protected TransactionActions Enter(
        TransactionState state,
        TimeSpan retransmitAt,
        TimeSpan timeoutAt,
        TransactionActions actions
    )
    {
        State = state;
        RetransmitAt = retransmitAt;
        TimeoutAt = timeoutAt;
        return actions;
    }

    /// <summary>Enters a state that only waits; over a reliable transport that wait is zero, so the transaction is over.</summary>
    protected TransactionActions EnterWait(
        TransactionState state,
        TimeSpan wait,
        TimeSpan now,
        TransactionActions actions
    ) => Reliable ? actions | Finish(SipTransactionEnd.Completed) : Enter(state, Never, now + wait, actions);

    protected TransactionActions Finish(SipTransactionEnd end)
    {
        End = end;
        return Enter(TransactionState.Terminated, Never, Never, TransactionActions.Terminate);
    }
}

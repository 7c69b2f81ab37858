namespace OCPlatform.Sip;

/// <summary>Monotone counts of an endpoint since its start, and the transactions open now.</summary>
public sealed class SipEndpointCounters
{
    internal long ReceivedCount;
    internal long DroppedCount;
    internal long MalformedCount;
    internal long BarredCount;
    internal long RefusedCommandCount;
    internal long LateResponseCount;
    internal long HandlerExceptionCount;
    internal long LoopExceptionCount;
    internal volatile int TransactionsNow;

    /// <summary>Messages that came, keep-alives not counted.</summary>
    public long Received => Interlocked.Read(ref ReceivedCount);

    /// <summary>Messages dropped because the loop's channel was full.</summary>
    public long Dropped => Interlocked.Read(ref DroppedCount);

    /// <summary>Messages that the gatekeeper did not want read.</summary>
    public long Barred => Interlocked.Read(ref BarredCount);

    /// <summary>Messages that the parser refused.</summary>
    public long Malformed => Interlocked.Read(ref MalformedCount);

    /// <summary>Commands refused because the channel was full or the endpoint stopped.</summary>
    public long RefusedCommands => Interlocked.Read(ref RefusedCommandCount);

    /// <summary>Responses of the core to transactions that were over.</summary>
    public long LateResponses => Interlocked.Read(ref LateResponseCount);

    public long HandlerExceptions => Interlocked.Read(ref HandlerExceptionCount);

    /// <summary>Exceptions within the endpoint itself: each one is a defect of this library.</summary>
    public long LoopExceptions => Interlocked.Read(ref LoopExceptionCount);

    public int Transactions => TransactionsNow;
}

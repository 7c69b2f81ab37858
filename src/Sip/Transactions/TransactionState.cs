namespace OCPlatform.Sip.Transactions;

/// <summary>The states of the four machines of RFC 3261 §17 and RFC 6026.</summary>
public enum TransactionState
{
    /// <summary>INVITE client: no response yet.</summary>
    Calling,

    /// <summary>Non-INVITE: no response yet.</summary>
    Trying,

    /// <summary>A provisional response was seen or may be sent.</summary>
    Proceeding,

    /// <summary>INVITE, 2xx: the transaction stays to absorb or pass on retransmissions (RFC 6026 §7).</summary>
    Accepted,
    Completed,

    /// <summary>INVITE server: the ACK of a final response other than 2xx came.</summary>
    Confirmed,
    Terminated,
}

/// <summary>What may happen to a transaction.</summary>
public enum TransactionInput
{
    Start,

    /// <summary>Server: the request came again. </summary>
    Request,

    /// <summary>INVITE server: an ACK that belongs to this transaction.</summary>
    Ack,

    /// <summary>1xx, from the network on a client, from the core on a server.</summary>
    Provisional,

    /// <summary>2xx.</summary>
    Success,

    /// <summary>3xx to 6xx.</summary>
    Failure,

    /// <summary>A, E or G is due; on a new INVITE server the 100.</summary>
    RetransmitTimer,

    /// <summary>B, D, F, H, I, J, K, L or M is due.</summary>
    TimeoutTimer,
    TransportError,
}

/// <summary>What the shell has to do after a step, in this order.</summary>
[Flags]
public enum TransactionActions
{
    None = 0,

    /// <summary>Send the request (client) or the last response (server), first time or again.</summary>
    Send = 1,

    /// <summary>INVITE client: send the ACK for a final response other than 2xx.</summary>
    SendAck = 2,

    /// <summary>INVITE server: send 100 Trying.</summary>
    SendTrying = 4,

    /// <summary>Pass the message to the core.</summary>
    Deliver = 8,

    /// <summary>Remove the transaction; <see cref="SipTransaction.End"/> says why.</summary>
    Terminate = 16,
}

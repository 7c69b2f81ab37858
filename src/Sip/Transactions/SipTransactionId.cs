namespace OCPlatform.Sip.Transactions;

/// <summary>Names a transaction of one endpoint: an opaque string that may cross actors and be kept.</summary>
public readonly record struct SipTransactionId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>How a transaction ended.</summary>
public enum SipTransactionEnd
{
    /// <summary>It ran its course; a final response was sent or received.</summary>
    Completed,

    /// <summary>No (further) response came in time, or no ACK for a final response other than 2xx.</summary>
    Timeout,

    /// <summary>A message could not be sent.</summary>
    TransportError,

    /// <summary>The endpoint's table was full, or it stopped.</summary>
    Refused,
}

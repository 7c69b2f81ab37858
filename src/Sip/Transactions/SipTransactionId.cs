namespace OCPlatform.Sip.Transactions;

/// <summary>
/// Names a transaction of one endpoint. Within the process a plain value; <see cref="Value"/> makes the opaque text that may cross actors and be
/// kept, and the constructor reads it back.
/// </summary>
public readonly struct SipTransactionId : IEquatable<SipTransactionId>
{
    /// <param name="value">From <see cref="Value"/>; any other text names no transaction.</param>
    public SipTransactionId(string value) => Key = TransactionKey.Parse(value);

    internal SipTransactionId(TransactionKey key) => Key = key;

    internal TransactionKey Key { get; }

    /// <summary>Made anew each time.</summary>
    public string Value => Key.ToString();

    public bool Equals(SipTransactionId other) => Key.Equals(other.Key);

    public override bool Equals(object? obj) => obj is SipTransactionId other && Equals(other);

    public override int GetHashCode() => Key.GetHashCode();

    public static bool operator ==(SipTransactionId left, SipTransactionId right) => left.Equals(right);

    public static bool operator !=(SipTransactionId left, SipTransactionId right) => !left.Equals(right);

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

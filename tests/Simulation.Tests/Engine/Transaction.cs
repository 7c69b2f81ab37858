using OCPlatform.Sip.Transactions;

namespace OCPlatform.Simulation.Tests.Engine;

/// <summary>One transaction as the core of a host knows it; the same object in everything that checkers are told of it.</summary>
internal sealed record Transaction(Host Host, SipTransactionId Id, bool IsClient, string Method, string Branch)
{
    public bool IsInvite => Method == SipMethod.Invite;

    public bool Equals(Transaction? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    public override string ToString() => $"{Host.Name}'s {(IsClient ? "own" : "incoming")} {Method} ({Branch})";
}

using Akka.Actor;
using OCPlatform.Sip;
using OCPlatform.Sip.Transactions;

namespace OCPlatform.Gateways.Sip;

/// <summary>Who a request was admitted as.</summary>
/// <param name="User">The user of <c>sip.users</c> that authenticated; null when a trunk's address or credentials admitted it.</param>
/// <param name="Trunk">The trunk, or the group that users belong to.</param>
internal sealed record RequestIdentity(string? User, string Trunk)
{
    /// <summary>Whose share of rates and places the request counts against.</summary>
    public string Account => User is null ? $"trunk {Trunk}" : $"user {User}";
}

/// <summary>A request outside any call that was let in, on its way to the actor that answers it.</summary>
internal sealed record AdmittedRequest(
    SipServerRequest Received,
    SipTransactionId Transaction,
    RequestIdentity Identity
) : INoSerializationVerificationNeeded
{
    public SipRequest Request => Received.Request;
}

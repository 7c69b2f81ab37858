using Akka.Actor;
using OCPlatform.Sip;
using OCPlatform.Sip.Transactions;

namespace OCPlatform.Gateways.Sip;

/// <summary>Who a request was admitted as.</summary>
/// <param name="User">The user of <c>sip.users</c> that authenticated; null when a trunk's address, certificate or credentials admitted it.</param>
/// <param name="Trunk">The trunk, or <see cref="Users"/>.</param>
internal sealed record RequestIdentity(string? User, string Trunk)
{
    /// <summary>What the users of <c>sip.users</c> are called together, where a trunk would be named.</summary>
    public const string Users = "users";

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

    public SipRequestKind Kind => SipRequestKinds.Of(Request);
}

/// <summary>A request inside a call's SIP dialog, or the ACK of a 2xx; whose it is says the To tag.</summary>
internal sealed record DialogRequest(SipServerRequest Received) : INoSerializationVerificationNeeded
{
    public SipRequest Request => Received.Request;
}

using OCPlatform.Sip;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip.Registrar;

/// <summary>Where a registered phone can be reached.</summary>
/// <param name="Uri">Its Contact: the Request-URI for it.</param>
/// <param name="Destination">The flow or address to send to; null: where the first of Route, or Uri, points (RFC 3263).</param>
/// <param name="Route">Route values, from the Path it registered through (RFC 3327 §5.4); usually none.</param>
/// <param name="Q">Its preference, 0 to 1.</param>
/// <param name="InstanceId">The device; several flows of one device share it (RFC 5626 §7), and only one should ring.</param>
public sealed record RegisteredContact(
    SipUri Uri,
    SipDestination? Destination,
    IReadOnlyList<string> Route,
    double Q,
    string? InstanceId,
    DateTimeOffset ExpiresAt
);

/// <summary>The registrations of this node. Thread-safe, without a round trip through an actor.</summary>
public interface IRegistrations
{
    /// <summary>The contacts of a user that can be reached now, best first; empty when it has none.</summary>
    IReadOnlyList<RegisteredContact> Find(SipUri aor);
}

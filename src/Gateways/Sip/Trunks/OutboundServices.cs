using OCPlatform.Gateways.Sip.Listeners;
using OCPlatform.Gateways.Sip.Registrar;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip;

/// <summary>What the gateway needs from elsewhere for the requests that it sends.</summary>
/// <param name="Registrations">Finds registered phones.</param>
/// <param name="Resolve">RFC 3263.</param>
/// <param name="Spend">Caps what calls cost.</param>
public sealed record OutboundServices(IRegistrations Registrations, SipTargetResolver Resolve, ISpendGuard Spend)
{
    /// <summary>No phones, minutes by the trunks' rates.</summary>
    public static OutboundServices Default(SipListeners listeners) =>
        new(new NoRegistrations(), SipTargetResolvers.By(listeners.CreateLocator()), new RatedSpendGuard());

    private sealed class NoRegistrations : IRegistrations
    {
        public IReadOnlyList<RegisteredContact> Find(SipUri aor) => [];
    }
}

using OCPlatform.Gateways.Sip.Registrar;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip;

/// <summary>What the gateway needs from elsewhere for the requests that it sends.</summary>
/// <param name="Registrations">Finds registered phones.</param>
/// <param name="Resolve">Null: by the gateway's own name servers and transports.</param>
/// <param name="Spend">Caps what calls cost.</param>
public sealed record OutboundServices(IRegistrations Registrations, SipTargetResolver? Resolve, ISpendGuard Spend)
{
    /// <summary>No phones, and minutes by the trunks' rates.</summary>
    public static OutboundServices Default() => new(new NoRegistrations(), null, new RatedSpendGuard());

    private sealed class NoRegistrations : IRegistrations
    {
        public IReadOnlyList<RegisteredContact> Find(SipUri aor) => [];
    }
}

using OCPlatform.Gateways.Sip.Registrar;
using OCPlatform.Sip;
using OCPlatform.Sip.Sessions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip;

/// <summary>One way that a call out may take.</summary>
/// <param name="Trunk">Null for a phone or an address called directly.</param>
/// <param name="RequestUri">Whom to call, before a trunk writes it its way.</param>
/// <param name="NextHop">Where to send it, resolved by RFC 3263, when Destination does not say.</param>
/// <param name="Destination">The flow of a registered phone.</param>
/// <param name="Route">Route headers, from the Path of a registration (RFC 3327 §5.4).</param>
internal sealed record OutboundRoute(
    TrunkSettings? Trunk,
    SipUri RequestUri,
    SipUri NextHop,
    SipDestination? Destination,
    IReadOnlyList<string> Route
)
{
    public string Name => Trunk is null ? RequestUri.ToString() : $"trunk '{Trunk.Name}'";
}

/// <summary>The ways in the order they are tried; without any, why there is none, and which trunk's guard refused.</summary>
internal sealed record RoutePlan(
    IReadOnlyList<OutboundRoute> Routes,
    string? NoRoute,
    IReadOnlyList<(string Trunk, GuardReason Reason)> Refusals
)
{
    public static RoutePlan None(string cause, params IReadOnlyList<(string Trunk, GuardReason Reason)> refusals) =>
        new([], cause, refusals);
}

/// <summary>
/// Decides where a call out may go: the named trunk; else the registered phone; else the trunks that may call the number, the longest
/// allowed prefix first, then by priority and weight, without those that are down; else, when that is allowed, the address itself. Pure.
/// </summary>
internal sealed class OutboundRoutes(
    IReadOnlyList<TrunkSettings> trunks,
    OutboundOptions options,
    IRegistrations registrations,
    Func<TrunkSettings, string?> downCause,
    Random random
)
{
    public RoutePlan Plan(SipUri target, string? named)
    {
        if (named is not null)
        {
            return ByName(target, named);
        }
        if (target.IsSip && registrations.Find(target) is { Count: > 0 } contacts)
        {
            return Limited(contacts.Select(ToPhone));
        }
        var outbound = trunks.Where(trunk => trunk.IsOutbound).ToList();
        var number = DialledNumber.Of(target);
        if (number is null && CanBeCalledDirectly(target))
        {
            return Limited([ToAddress(target)]);
        }
        var causes = new List<string>();
        var refusals = new List<(string, GuardReason)>();
        var candidates = new List<(TrunkSettings Trunk, int Match)>();
        foreach (var trunk in outbound)
        {
            var match = trunk.Guards.Match(number, target.User ?? target.ToString(), out var refusal);
            var cause = match < 0 ? refusal!.Cause : downCause(trunk);
            if (cause is null)
            {
                candidates.Add((trunk, match));
            }
            else
            {
                causes.Add($"trunk '{trunk.Name}' {cause}");
            }
            if (refusal is not null)
            {
                refusals.Add((trunk.Name, refusal.Reason));
            }
        }
        if (candidates.Count > 0)
        {
            return Limited(
                candidates
                    .GroupBy(candidate => (candidate.Match, candidate.Trunk.Options.Priority))
                    .OrderByDescending(group => group.Key.Match)
                    .ThenBy(group => group.Key.Priority)
                    .SelectMany(group => ByWeight(group.Select(c => c.Trunk), trunk => trunk.Options.Weight))
                    .SelectMany(trunk => Over(trunk, target))
            );
        }
        return CanBeCalledDirectly(target)
            ? Limited([ToAddress(target)])
            : RoutePlan.None(NoRoute(target, causes), refusals);
    }

    /// <summary>The connection by which a registered phone can be reached; null when it has none of this transport.</summary>
    public SipDestination? FlowOf(SipUri phone, string transport) =>
        registrations
            .Find(phone)
            .Select(contact => contact.Destination)
            .FirstOrDefault(flow => flow is not null && flow.Transport == transport);

    private RoutePlan ByName(SipUri target, string name)
    {
        var trunk = trunks.FirstOrDefault(trunk => trunk.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (trunk is null)
        {
            return RoutePlan.None($"there is no trunk '{name}'");
        }
        if (!trunk.IsOutbound)
        {
            return RoutePlan.None($"trunk '{trunk.Name}' is for calls in alone");
        }
        if (trunk.Guards.Match(DialledNumber.Of(target), target.User ?? target.ToString(), out var refusal) < 0)
        {
            return RoutePlan.None($"trunk '{trunk.Name}' {refusal!.Cause}", (trunk.Name, refusal.Reason));
        }
        return downCause(trunk) is { } down
            ? RoutePlan.None($"trunk '{trunk.Name}' {down}")
            : Limited(Over(trunk, target));
    }

    private RoutePlan Limited(IEnumerable<OutboundRoute> routes) =>
        new([.. routes.Take(options.MaxAttempts)], null, []);

    private IEnumerable<OutboundRoute> Over(TrunkSettings trunk, SipUri target) =>
        trunk
            .Targets.GroupBy(place => place.Priority)
            .OrderBy(group => group.Key)
            .SelectMany(group => ByWeight(group, place => place.Weight))
            .Select(place => new OutboundRoute(trunk, target, place.Uri, null, []));

    private static OutboundRoute ToPhone(RegisteredContact contact)
    {
        var hop =
            contact.Route is [var first, ..] && NameAddress.TryParse(first, out var path) ? path.Uri : contact.Uri;
        return new OutboundRoute(null, contact.Uri, hop, contact.Destination, contact.Route);
    }

    private static OutboundRoute ToAddress(SipUri target) => new(null, target, target, null, []);

    private bool CanBeCalledDirectly(SipUri target) =>
        options.AllowDirect && target.IsSip && target.Host != SipSession.PlaceholderHost;

    /// <summary>RFC 2782: drawn one by one, each with the chance that its weight has among those left.</summary>
    private IEnumerable<T> ByWeight<T>(IEnumerable<T> items, Func<T, int> weightOf)
    {
        var left = items.ToList();
        while (left.Count > 0)
        {
            var draw = random.Next(left.Sum(weightOf) + 1);
            var at = 0;
            while (at < left.Count - 1 && (draw -= weightOf(left[at])) > 0)
            {
                at++;
            }
            yield return left[at];
            left.RemoveAt(at);
        }
    }

    private static string NoRoute(SipUri target, List<string> causes) =>
        causes.Count == 0
            ? $"no trunk is for calls out, and no phone is registered as {target.User ?? target.ToString()}"
            : $"no trunk can call {target.User ?? target.ToString()}: {string.Join("; ", causes)}";
}

using OCPlatform.Gateways.Sip;
using OCPlatform.Host.Configuration;

namespace OCPlatform.Host.Http;

/// <summary>What the SIP gateway of this node is doing. Counters since its start.</summary>
public sealed record SipStatus(
    string Node,
    bool Bound,
    string? Local,
    int LiveCalls,
    int MaxCalls,
    int Transactions,
    long MessagesReceived,
    long MessagesDropped,
    long MessagesMalformed,
    IReadOnlyDictionary<string, long> RefusedInvites,
    IReadOnlyDictionary<string, long> RefusedOthers,
    IReadOnlyDictionary<string, long> Silenced,
    long BansBegun,
    IReadOnlyList<SipBan> Bans,
    SipOverload Overload,
    IReadOnlyList<string> Trunks,
    IReadOnlyList<SipTrunk> TrunkDetails
);

/// <summary>A trunk: where its calls go, whether they can, and whether it is registered.</summary>
/// <param name="Direction">inbound, outbound or both.</param>
/// <param name="CallsOut">Calls out over it now.</param>
/// <param name="RefusedByGuard">Calls out that a guard refused, by reason.</param>
public sealed record SipTrunk(
    string Name,
    string Direction,
    int CallsOut,
    IReadOnlyList<SipTrunkTarget> Targets,
    SipTrunkRegistration? Registration,
    IReadOnlyDictionary<string, long> RefusedByGuard
);

/// <summary>One address of a trunk.</summary>
/// <param name="State">up, down or onTrial.</param>
/// <param name="Since">When it last went up or down.</param>
/// <param name="LastCause">Its last failure; null before any.</param>
public sealed record SipTrunkTarget(string Address, string State, DateTimeOffset Since, string? LastCause);

/// <summary>A trunk's registration at its carrier.</summary>
/// <param name="State">registering, registered, failed or unregistered.</param>
public sealed record SipTrunkRegistration(
    string State,
    string? Registrar,
    DateTimeOffset Since,
    DateTimeOffset? ExpiresAt,
    string? LastCause
);

/// <summary>How busy the node is, and which share of new calls it turns away for it.</summary>
/// <param name="Level">0 to 1.</param>
/// <param name="Cause">What is too much; null when nothing is.</param>
/// <param name="ClockLatenessMs">Media clock, p99 of the last seconds.</param>
/// <param name="CpuShare">Of the allowed cores, niced work left out, 0 to 1.</param>
public sealed record SipOverload(double Level, string? Cause, double ClockLatenessMs, double CpuShare);

/// <summary>`/sip/status`.</summary>
public static class SipStatusApi
{
    private const int MaxBansShown = 100;

    public static IEndpointRouteBuilder MapSipStatus(this IEndpointRouteBuilder routes)
    {
        routes
            .MapGet("/sip/status", Status)
            .WithTags("SIP")
            .WithName("GetSipStatus")
            .WithSummary("What the SIP gateway of this node is doing.");
        return routes;
    }

    private static SipStatus Status(SipGatewayStatus status, PlatformOptions options) =>
        new(
            options.Node.EffectiveName,
            status.IsBound,
            status.Local?.ToString(),
            status.LiveCalls,
            options.Sip.MaxCalls,
            status.Counters?.Transactions ?? 0,
            status.Counters?.Received ?? 0,
            status.Counters?.Dropped ?? 0,
            status.Counters?.Malformed ?? 0,
            ByName(status.Admission.RefusedInvites),
            ByName(status.Admission.RefusedOthers),
            ByName(status.Admission.Silenced),
            status.Admission.BansBegun,
            [.. status.Admission.Bans.Take(MaxBansShown)],
            new SipOverload(
                status.Admission.OverloadLevel,
                status.Admission.OverloadCause,
                status.Admission.Load.ClockLatenessMs,
                status.Admission.Load.CpuShare
            ),
            [.. options.Sip.Trunks.Select(trunk => trunk.Name)],
            [.. status.TrunkStatuses.Select(TrunkOf)]
        );

    private static SipTrunk TrunkOf(TrunkStatus trunk) =>
        new(
            trunk.Name,
            Word(trunk.Direction),
            trunk.CallsOut,
            [
                .. trunk.Targets.Select(target => new SipTrunkTarget(
                    target.Target,
                    Word(target.State),
                    target.Since,
                    target.LastCause
                )),
            ],
            trunk.Registration is { } registration
                ? new SipTrunkRegistration(
                    Word(registration.State),
                    registration.Registrar,
                    registration.Since,
                    registration.ExpiresAt,
                    registration.LastCause
                )
                : null,
            trunk.RefusedByGuard.ToDictionary(pair => Word(pair.Key), pair => pair.Value)
        );

    private static string Word(Enum value) => KeyNames.Camel(value.ToString());

    private static Dictionary<string, long> ByName(IReadOnlyDictionary<AdmissionReason, long> counts) =>
        counts.ToDictionary(pair => KeyNames.Camel(pair.Key.ToString()), pair => pair.Value);
}

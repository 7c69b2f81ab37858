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
    IReadOnlyList<string> Trunks
);

/// <summary>`/sip/status`.</summary>
public static class SipStatusApi
{
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
            status.Refused.ToDictionary(pair => KeyNames.Camel(pair.Key.ToString()), pair => pair.Value),
            [.. options.Sip.Trunks.Select(trunk => trunk.Name)]
        );
}

using System.ComponentModel.DataAnnotations;

namespace OCPlatform.Gateways.Sip;

/// <summary>Calls that the platform places.</summary>
public sealed class OutboundOptions
{
    /// <summary>
    /// Calls a SIP address that belongs to no trunk and no registered phone directly (RFC 3263). Off, since whoever can make
    /// us call then chooses the host.
    /// </summary>
    public bool AllowDirect { get; set; }

    /// <summary>Targets that one call may try, over all trunks and redirections.</summary>
    [Range(1, 50)]
    public int MaxAttempts { get; set; } = 8;

    /// <summary>Redirections (3xx) that one call may follow where a trunk allows them.</summary>
    [Range(0, 10)]
    public int MaxRedirects { get; set; } = 3;

    /// <summary>A host name that is not resolved within this time counts as a failed target, in ms.</summary>
    [Range(100, 32_000)]
    public int ResolveMs { get; set; } = 4_000;

    /// <summary>A phone or a direct address that says nothing at all to an INVITE for this long is given up, in ms.</summary>
    [Range(100, 32_000)]
    public int AnswerFirstResponseMs { get; set; } = 10_000;

    /// <summary>Requests of calls and of the gateway itself that may be under way at once; one more fails at once.</summary>
    [Range(1, 1_000_000)]
    public int MaxPending { get; set; } = 20_000;
}

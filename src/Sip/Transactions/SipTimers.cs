using System.ComponentModel.DataAnnotations;

namespace OCPlatform.Sip.Transactions;

/// <summary>Transaction timers with the defaults of RFC 3261 §17 table 4, in milliseconds.</summary>
public sealed class SipTimers
{
    /// <summary>Round-trip estimate, milliseconds.</summary>
    [Range(1, 10_000)]
    public int T1Ms { get; set; } = 500;

    /// <summary>Longest retransmission interval of non-INVITE requests and INVITE responses, milliseconds.</summary>
    [Range(1, 60_000)]
    public int T2Ms { get; set; } = 4_000;

    /// <summary>How long a message may stay in the network, milliseconds.</summary>
    [Range(1, 60_000)]
    public int T4Ms { get; set; } = 5_000;

    /// <summary>Timer D: how long an INVITE client waits for response retransmissions over UDP, milliseconds (at least 32 s).</summary>
    [Range(1, 600_000)]
    public int TimerDMs { get; set; } = 32_000;

    /// <summary>An INVITE that the core has not answered by then gets a 100, milliseconds (RFC 3261 §17.2.1).</summary>
    [Range(1, 10_000)]
    public int TryingAfterMs { get; set; } = 200;

    /// <summary>
    /// Longest silence after a provisional response before an INVITE counts as lost, milliseconds; each provisional starts
    /// it anew. Proxies give up after 3 minutes (timer C); a little more leaves the word to them.
    /// </summary>
    [Range(1, 3_600_000)]
    public int InviteProceedingMs { get; set; } = 200_000;

    /// <summary>Longest time the core may leave an incoming INVITE without a final response, milliseconds.</summary>
    [Range(1, 3_600_000)]
    public int InviteUnansweredMs { get; set; } = 600_000;

    internal TimeSpan T1 => TimeSpan.FromMilliseconds(T1Ms);

    internal TimeSpan T2 => TimeSpan.FromMilliseconds(T2Ms);

    internal TimeSpan T4 => TimeSpan.FromMilliseconds(T4Ms);

    /// <summary>Timers B, F, H and M: 64*T1.</summary>
    internal TimeSpan Timeout => 64 * T1;

    /// <summary>
    /// Timers J and L. The RFCs say 64*T1, but a client sends its last retransmission just before that is over, and it may be in the network
    /// for T4: without the T4 on top it would count as a new request (seen in simulation with delays of 3 s).
    /// </summary>
    internal TimeSpan Absorb => Timeout + T4;

    internal TimeSpan D => TimeSpan.FromMilliseconds(TimerDMs);

    internal TimeSpan TryingAfter => TimeSpan.FromMilliseconds(TryingAfterMs);

    internal TimeSpan InviteProceeding => TimeSpan.FromMilliseconds(InviteProceedingMs);

    internal TimeSpan InviteUnanswered => TimeSpan.FromMilliseconds(InviteUnansweredMs);
}

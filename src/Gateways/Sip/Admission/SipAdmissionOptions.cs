using System.ComponentModel.DataAnnotations;
using OCPlatform.Sip.Authentication;

namespace OCPlatform.Gateways.Sip;

/// <summary>What the door lets in, and how often.</summary>
public sealed class SipAdmissionOptions
{
    /// <summary>
    /// Users (of the Request-URI) that this node serves, such as `frontdesk` or `+4989*`; others get 404. Empty: any.
    /// </summary>
    public List<string> ServedUsers { get; set; } = [];

    /// <summary>
    /// Digest algorithms offered, best first; a phone should take the first that it knows (RFC 8760). `md5` alone by
    /// default: baresip 1.0 and SIPp 3.6 give up when SHA-256 stands beside it.
    /// </summary>
    [MinLength(1)]
    public List<DigestAlgorithm> DigestAlgorithms { get; set; } = [DigestAlgorithm.Md5];

    /// <summary>Longest body taken, in bytes; a longer one gets 413.</summary>
    [Range(1_024, 65_535)]
    public int MaxBodyBytes { get; set; } = 32_768;

    /// <summary>How much may come from one source. An IPv6 /64 is one source.</summary>
    public SipRateOptions Rates { get; set; } = new();

    /// <summary>Which sources are not heard at all.</summary>
    public SipBanOptions Bans { get; set; } = new();

    /// <summary>When the node is too busy for new calls.</summary>
    public SipOverloadOptions Overload { get; set; } = new();
}

/// <summary>Rates by source. A trunk that is known by its addresses has limits of its own instead.</summary>
public sealed class SipRateOptions
{
    /// <summary>Messages a second from a source that nobody has logged in from; what is beyond (four seconds' worth at once) gets silence.</summary>
    [Range(1, 100_000)]
    public int MessagesPerSecond { get; set; } = 20;

    /// <summary>Requests outside calls a second from a source with logged-in users; what is beyond gets 503.</summary>
    [Range(1, 100_000)]
    public int KnownRequestsPerSecond { get; set; } = 200;

    /// <summary>Wrong passwords a minute from one source; beyond that none is checked.</summary>
    [Range(1, 10_000)]
    public int FailedLoginsPerMinute { get; set; } = 10;

    /// <summary>
    /// Requests a second, from all unknown sources together, for calls that this node does not know; each may have to be
    /// asked for in the cluster.
    /// </summary>
    [Range(1, 10_000)]
    public int StrayDialogRequestsPerSecond { get; set; } = 20;

    /// <summary>Sources whose rates are remembered; the memory for them is taken at the start.</summary>
    [Range(64, 1_000_000)]
    public int Sources { get; set; } = 16_384;
}

/// <summary>
/// Bans. Addresses of trunks are never banned, and sources with logged-in users only lose their further attempts.
/// </summary>
public sealed class SipBanOptions
{
    /// <summary>How long a ban lasts, in minutes; what comes meanwhile makes it no longer. 0 bans nobody.</summary>
    [Range(0, 100_000)]
    public int Minutes { get; set; } = 60;

    /// <summary>Parts of User-Agent or From that only scanners have, upper and lower case alike.</summary>
    public List<string> Scanners { get; set; } =
    [
        "friendly-scanner",
        "friendly-request",
        "sipvicious",
        "sundayddr",
        "sipcli",
        "pplsip",
        "VaxSIPUserAgent",
        "VaxIPUserAgent",
        "iWar",
        "sip-scan",
        "sipscan",
        "siparmyknife",
        "smap",
        "SIVuS",
        "Gulp",
        "nm@nm",
    ];

    /// <summary>Wrong passwords within ten minutes that ban a source.</summary>
    [Range(1, 100_000)]
    public int FailedLogins { get; set; } = 20;

    /// <summary>Different users, called or claimed without success within ten minutes, that ban a source. An estimate, good to a few.</summary>
    [Range(2, 100)]
    public int Targets { get; set; } = 16;

    /// <summary>Messages that cannot be read, within ten minutes, that ban a source.</summary>
    [Range(1, 100_000)]
    public int Malformed { get; set; } = 100;

    /// <summary>Bans at once; beyond, the one that is quietest is lifted.</summary>
    [Range(64, 1_000_000)]
    public int Sources { get; set; } = 8_192;
}

/// <summary>
/// Above the upper marks a growing share of new calls gets 503 with Retry-After; below the lower ones the share falls
/// again. Requests in calls are never refused for it.
/// </summary>
public sealed class SipOverloadOptions : IValidatableObject
{
    /// <summary>Lateness of the media clock, p99, that is too much, in ms. Callers hear more than 20.</summary>
    [Range(1, 1000)]
    public int LatenessHighMs { get; set; } = 20;

    /// <summary>Lateness at which calls are taken again, in ms.</summary>
    [Range(0, 1000)]
    public int LatenessLowMs { get; set; } = 10;

    /// <summary>Share of the allowed cores that is too much, in percent; the niced speech engines are not counted.</summary>
    [Range(1, 100)]
    public int CpuHighPercent { get; set; } = 90;

    /// <summary>Share of the cores at which calls are taken again, in percent.</summary>
    [Range(0, 100)]
    public int CpuLowPercent { get; set; } = 75;

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        if (LatenessLowMs >= LatenessHighMs)
        {
            yield return new ValidationResult("must be below latenessHighMs.", [nameof(LatenessLowMs)]);
        }
        if (CpuLowPercent >= CpuHighPercent)
        {
            yield return new ValidationResult("must be below cpuHighPercent.", [nameof(CpuLowPercent)]);
        }
    }
}

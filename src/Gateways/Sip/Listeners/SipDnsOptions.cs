using System.ComponentModel.DataAnnotations;

namespace OCPlatform.Gateways.Sip.Listeners;

/// <summary>How domains of SIP URIs are looked up (RFC 3263).</summary>
public sealed class SipDnsOptions
{
    /// <summary>Name servers: "192.0.2.53" or "192.0.2.53:5353". Empty: those of the system, and its hosts file.</summary>
    public List<string> Servers { get; set; } = [];

    /// <summary>How long one question to one server may take, in ms.</summary>
    [Range(100, 30_000)]
    public int QueryTimeoutMs { get; set; } = 2_000;

    /// <summary>How long all questions for one URI may take together, in ms.</summary>
    [Range(100, 60_000)]
    public int TimeoutMs { get; set; } = 5_000;

    /// <summary>Answers are kept as long as they say, but no longer than this, in s.</summary>
    [Range(1, 86_400)]
    public int MaxCacheSeconds { get; set; } = 3_600;
}

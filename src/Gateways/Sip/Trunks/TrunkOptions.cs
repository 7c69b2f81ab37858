using System.ComponentModel.DataAnnotations;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Gateways.Sip;

/// <summary>Which carrier's published ways a trunk starts from.</summary>
public enum TrunkPresetName
{
    Generic,
    Twilio,
    Vonage,
    Telnyx,
}

/// <summary>Which way calls go over a trunk.</summary>
public enum TrunkDirection
{
    Inbound,
    Outbound,
    Both,
}

/// <summary>How a trunk's SIP is carried.</summary>
public enum TrunkTransport
{
    Udp,
    Tcp,
    Tls,
}

/// <summary>How numbers are written for a trunk.</summary>
public enum NumberFormat
{
    /// <summary>As the call has them.</summary>
    AsGiven,

    /// <summary>With a plus before the country code: +15551234.</summary>
    Plus,

    /// <summary>Digits alone: 15551234.</summary>
    Digits,
}

/// <summary>Reliable provisional responses (RFC 3262) on calls that leave over a trunk.</summary>
public enum HundredRelPolicy
{
    Off,
    Supported,
    Required,
}

/// <summary>One carrier, PBX or group of phones.</summary>
public sealed class TrunkOptions : IValidatableObject
{
    /// <summary>Its name in logs, records and metrics.</summary>
    [Required]
    public string Name { get; set; } = "";

    /// <summary>Carrier whose published addresses, domain, transport, codecs and habits fill what is not set here.</summary>
    public TrunkPresetName Preset { get; set; }

    /// <summary>Which way calls go. Not set: both when there is somewhere to call (domain or targets), else inbound.</summary>
    public TrunkDirection? Direction { get; set; }

    /// <summary>
    /// Addresses it calls from: "203.0.113.7" or "203.0.113.0/24". Empty: the preset's, or from anywhere, and then
    /// credentials or a registration are needed.
    /// </summary>
    public List<string> Addresses { get; set; } = [];

    /// <summary>
    /// User name of its digest credentials; empty when addresses alone admit. Callers of an inbound trunk must give it;
    /// on a trunk that we call over, we give it.
    /// </summary>
    public string Username { get; set; } = "";

    /// <summary>Password of its digest credentials. Secret: prefer the environment.</summary>
    public string Password { get; set; } = "";

    /// <summary>User name inside our digest when it differs from `username`, which then only names the account.</summary>
    public string AuthUser { get; set; } = "";

    /// <summary>Callers must give the credentials too. Not set: only on a trunk that is inbound alone.</summary>
    public bool? AskCredentials { get; set; }

    /// <summary>Host in From and Request-URI of calls out, such as `example.pstn.twilio.com`. Empty: the preset's, or the first target's host.</summary>
    public string Domain { get; set; } = "";

    /// <summary>Where calls out are sent. Empty: to the domain.</summary>
    public List<TrunkTargetOptions> Targets { get; set; } = [];

    /// <summary>Transport of targets that name none. Not set: the preset's, or what DNS says (RFC 3263).</summary>
    public TrunkTransport? Transport { get; set; }

    /// <summary>Order among trunks that may carry the same number; the lowest is tried first.</summary>
    [Range(0, 65535)]
    public int Priority { get; set; } = 10;

    /// <summary>Share of calls among trunks of the same priority.</summary>
    [Range(0, 65535)]
    public int Weight { get; set; } = 10;

    /// <summary>
    /// Codecs offered on calls out and taken on calls in, best first, such as `PCMU`. Empty: the preset's, or all of
    /// `calls.codecs`, and on calls in then the caller's order counts.
    /// </summary>
    public List<string> Codecs { get; set; } = [];

    /// <summary>
    /// Encryption of media (SRTP): never; allowed, which takes it when a call in offers it, and offers it on calls out over
    /// TLS; or required, which refuses calls in without it (488) and offers nothing else.
    /// </summary>
    public SrtpPolicy Srtp { get; set; } = SrtpPolicy.Allowed;

    /// <summary>Headers added to every INVITE out, by name.</summary>
    public Dictionary<string, string> Headers { get; set; } = [];

    /// <summary>How numbers are written in Request-URI, From and P-Asserted-Identity. Not set: the preset's, or as given.</summary>
    public NumberFormat? Numbers { get; set; }

    /// <summary>Number shown to the called party when the call names none of its own.</summary>
    public string CallerId { get; set; } = "";

    /// <summary>
    /// Says who calls in P-Asserted-Identity (RFC 3325), also when the caller withholds the number. Not set: the preset's, or no.
    /// </summary>
    public bool? AssertIdentity { get; set; }

    /// <summary>
    /// Believes P-Asserted-Identity, Diversion and History-Info of its calls in; else they are removed. Not set: the preset's, or no.
    /// </summary>
    public bool? TrustIdentity { get; set; }

    /// <summary>Takes REFER from this trunk, which makes us call where it says.</summary>
    public bool AllowReferrals { get; set; }

    /// <summary>Reliable provisional responses on calls out. Not set: as the call has it.</summary>
    public HundredRelPolicy? HundredRel { get; set; }

    /// <summary>Session timer offered on calls out, in s (RFC 4028); 0 offers none. Not set: as the call has it.</summary>
    [Range(0, 86_400)]
    public int? SessionTimerSeconds { get; set; }

    /// <summary>Calls in at once over this trunk; 0 for no limit but the node's.</summary>
    [Range(0, 100_000)]
    public int MaxCalls { get; set; }

    /// <summary>Calls in a second over this trunk; 0 for no limit.</summary>
    [Range(0, 10_000)]
    public int MaxCallsPerSecond { get; set; }

    /// <summary>Names, one of which a TLS client's verified certificate must carry. Empty: none is asked for.</summary>
    public List<string> CertificateNames { get; set; } = [];

    /// <summary>Its calls are taken even when the node is too busy for others, such as emergency calls.</summary>
    public bool NeverShed { get; set; }

    /// <summary>
    /// Final statuses after which the next target or trunk is tried. Empty: 408, 430 and all 5xx but 501, 505, 513 and 580.
    /// </summary>
    public List<int> FailoverOn { get; set; } = [];

    /// <summary>A target that says nothing at all to an INVITE for this long is given up for the next, in ms.</summary>
    [Range(100, 32_000)]
    public int AnswerFirstResponseMs { get; set; } = 4_000;

    /// <summary>Follows 3xx from this trunk to other numbers and addresses; the guards hold for each of them.</summary>
    public bool FollowRedirects { get; set; }

    /// <summary>Registers at the carrier, so that it knows where to call us. Not set: the preset's, or no.</summary>
    public bool? Register { get; set; }

    /// <summary>How it registers.</summary>
    public TrunkRegistrationOptions Registration { get; set; } = new();

    /// <summary>What calls out may cost at worst.</summary>
    public TrunkGuardOptions Guards { get; set; } = new();

    /// <summary>How its targets are watched.</summary>
    public TrunkHealthOptions Health { get; set; } = new();

    public IEnumerable<ValidationResult> Validate(ValidationContext context) =>
        TrunkSettings.FaultsOf(this).Select(fault => new ValidationResult(fault.Message, [fault.Key]));
}

/// <summary>One place to send a trunk's calls to.</summary>
public sealed class TrunkTargetOptions
{
    /// <summary>Host and what else is needed: `sip:gw1.example.com`, `sip:192.0.2.1:5080;transport=tcp`. Names are resolved by RFC 3263.</summary>
    public string Uri { get; set; } = "";

    /// <summary>The lowest is tried first.</summary>
    [Range(0, 65535)]
    public int Priority { get; set; } = 10;

    /// <summary>Share of calls among targets of the same priority.</summary>
    [Range(0, 65535)]
    public int Weight { get; set; } = 10;
}

/// <summary>REGISTER as a client (RFC 3261 §10.2).</summary>
public sealed class TrunkRegistrationOptions
{
    /// <summary>Registrar, such as `sip:sip.example.com`. Empty: the trunk's domain by way of its targets.</summary>
    public string Registrar { get; set; } = "";

    /// <summary>Expiry asked for, in s. The registrar may grant less.</summary>
    [Range(30, 86_400)]
    public int ExpirySeconds { get; set; } = 600;

    /// <summary>Registers with `reg-id` and `+sip.instance` (RFC 5626), so that a restart replaces the old binding.</summary>
    public bool Outbound { get; set; }

    /// <summary>An attempt that gets no answer is given up for the next registrar, in ms.</summary>
    [Range(500, 32_000)]
    public int AnswerMs { get; set; } = 8_000;

    /// <summary>First wait after all registrars failed, in s; doubles with each failure (RFC 5626 §4.5).</summary>
    [Range(1, 3_600)]
    public int RetrySeconds { get; set; } = 30;

    /// <summary>Longest wait between attempts, in s.</summary>
    [Range(1, 86_400)]
    public int RetryMaxSeconds { get; set; } = 1_800;
}

/// <summary>
/// Guards against toll fraud. A trunk allows no number until `allow` is set. Prefixes are compared digit by digit, a
/// leading plus ignored; the longest match of `allow` and `deny` decides, and `deny` wins a tie.
/// </summary>
public sealed class TrunkGuardOptions
{
    /// <summary>Prefixes that may be called, such as `+49`; `*` allows everything, names included. Empty: none.</summary>
    public List<string> Allow { get; set; } = [];

    /// <summary>Prefixes that may not be called, such as `+1900`.</summary>
    public List<string> Deny { get; set; } = [];

    /// <summary>Calls out at once; 0 for no limit.</summary>
    [Range(0, 100_000)]
    public int MaxCalls { get; set; } = 10;

    /// <summary>Calls out a second; 0 for no limit.</summary>
    [Range(0, 10_000)]
    public int MaxCallsPerSecond { get; set; } = 1;

    /// <summary>Calls out at once that show the same caller; 0 for no limit.</summary>
    [Range(0, 100_000)]
    public int MaxCallsPerCaller { get; set; }

    /// <summary>What calls cost a minute, by prefix. Needed for the caps: with one set, a number without a rate is refused.</summary>
    public List<CallRateOptions> Rates { get; set; } = [];

    /// <summary>What calls of one clock hour (UTC) may cost, in the unit of the rates; 0 for no cap.</summary>
    [Range(0d, 1e9)]
    public double MaxSpendPerHour { get; set; }

    /// <summary>What calls of one day (UTC) may cost, in the unit of the rates; 0 for no cap.</summary>
    [Range(0d, 1e9)]
    public double MaxSpendPerDay { get; set; }
}

/// <summary>The price of a destination.</summary>
public sealed class CallRateOptions
{
    /// <summary>Numbers it holds for, such as `+44`. The longest match counts.</summary>
    public string Prefix { get; set; } = "";

    /// <summary>Price of a minute; every minute begun counts.</summary>
    [Range(0d, 1e6)]
    public double PerMinute { get; set; }
}

/// <summary>OPTIONS towards a trunk's targets, and what counts as down.</summary>
public sealed class TrunkHealthOptions
{
    /// <summary>How often each target is asked by OPTIONS, in s; 0 asks never, and only failed calls count.</summary>
    [Range(0, 3_600)]
    public int IntervalSeconds { get; set; } = 30;

    /// <summary>A target that does not answer OPTIONS for this long has failed once, in ms.</summary>
    [Range(100, 32_000)]
    public int AnswerMs { get; set; } = 5_000;

    /// <summary>Failures in a row, of OPTIONS or calls, after which a target is down.</summary>
    [Range(1, 100)]
    public int DownAfter { get; set; } = 3;

    /// <summary>Successes in a row after which it is up again.</summary>
    [Range(1, 100)]
    public int UpAfter { get; set; } = 2;

    /// <summary>How often a target that is down is asked, in s; without OPTIONS, when one call may try it again.</summary>
    [Range(1, 3_600)]
    public int DownIntervalSeconds { get; set; } = 10;
}

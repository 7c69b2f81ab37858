using System.ComponentModel.DataAnnotations;
using System.Net;
using OCPlatform.AiAdapters;
using OCPlatform.CallActors;
using OCPlatform.CallActors.Recording;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Dialog;
using OCPlatform.Gateways.Chat;
using OCPlatform.Gateways.Sip;
using OCPlatform.Media.Engine;

namespace OCPlatform.Host.Configuration;

/// <summary>Every setting of the platform: one section per module, each module's class is its section.</summary>
public sealed class PlatformOptions : IValidatableObject
{
    /// <summary>What this process is called and does.</summary>
    public NodeOptions Node { get; set; } = new();

    /// <summary>The web side: API, chat, metrics and the page.</summary>
    public HttpOptions Http { get; set; } = new();

    /// <summary>The gRPC services of nodes with role `ai`: the embedded speech and dialogue engines.</summary>
    public AiOptions Ai { get; set; } = new();

    /// <summary>Phone calls in: where SIP is received, from whom, how many.</summary>
    public SipGatewayOptions Sip { get; set; } = new();

    /// <summary>RTP: ports, clocks, jitter buffer.</summary>
    public MediaOptions Media { get; set; } = new();

    /// <summary>How calls are answered and held.</summary>
    public CallOptions Calls { get; set; } = new();

    /// <summary>Recording of calls: which, how, where to, for how long.</summary>
    public RecordingOptions Recording { get; set; } = new();

    /// <summary>Speech recognition and synthesis.</summary>
    public SpeechOptions Speech { get; set; } = new();

    /// <summary>The agents and their conversations.</summary>
    public DialogOptions Dialog { get; set; } = new();

    /// <summary>Chat over WebSocket.</summary>
    public ChatOptions Chat { get; set; } = new();

    /// <summary>Where the journal, the call records and the agent's own tables live.</summary>
    public DatabaseOptions Database { get; set; } = new();

    /// <summary>How this node finds the others. One node alone needs nothing here.</summary>
    public ClusterOptions Cluster { get; set; } = new();

    /// <summary>What is logged, and how.</summary>
    public LogOptions Log { get; set; } = new();

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        if (Http.Port == Ai.Port)
        {
            yield return new ValidationResult("http.port and ai.port must differ.", [nameof(Http)]);
        }
        if (Cluster.HasOthers && Database.Provider == DatabaseProvider.Sqlite)
        {
            yield return new ValidationResult(
                "several nodes need one database that they all reach: set database.provider to postgres.",
                [nameof(Cluster)]
            );
        }
        foreach (var fault in SpeechOptionsValidator.Validate(Speech))
        {
            yield return new ValidationResult(fault, [nameof(Speech)]);
        }
        foreach (var fault in UserFaults())
        {
            yield return new ValidationResult(fault, [nameof(Sip)]);
        }
    }

    private IEnumerable<string> UserFaults()
    {
        try
        {
            _ = SipUsers.ByName(Sip);
            return [];
        }
        catch (ArgumentException e)
        {
            return [e.Message];
        }
    }
}

/// <summary>What a node does. One process does everything unless told otherwise.</summary>
public enum NodeRole
{
    Gateway,
    Call,
    Dialog,
    Ai,
    Web,
}

public sealed class NodeOptions
{
    /// <summary>Name of the node in call records and logs. Empty: the machine's name.</summary>
    public string Name { get; set; } = "";

    /// <summary>
    /// What the node does. `gateway`: SIP and chat in and out. `call`: holds calls and their media. `dialog`: holds
    /// conversations. `ai`: serves speech and the dialogue model over gRPC to the nodes whose `speech.stt.address`,
    /// `speech.tts.address` and `dialog.model.address` name it. `web`: API, console and chat. Health, metrics and
    /// `/cluster` are on every node.
    /// </summary>
    [MinLength(1)]
    public List<NodeRole> Roles { get; set; } =
    [NodeRole.Gateway, NodeRole.Call, NodeRole.Dialog, NodeRole.Ai, NodeRole.Web];

    /// <summary>The name in force.</summary>
    internal string EffectiveName => Name.Length > 0 ? Name : Environment.MachineName.ToLowerInvariant();

    internal bool Has(NodeRole role) => Roles.Contains(role);

    /// <summary>Calls or conversations live here, which write what they decide.</summary>
    internal bool Journals => Has(NodeRole.Call) || Has(NodeRole.Dialog);
}

public sealed class HttpOptions : IValidatableObject
{
    private const int LeastKeyLength = 16;

    /// <summary>Address to listen on. The default answers this machine only; `0.0.0.0` opens it to the network.</summary>
    [Required]
    public string BindAddress { get; set; } = "127.0.0.1";

    /// <summary>Port of API, chat WebSocket, metrics and page (HTTP/1.1).</summary>
    [Range(1, 65535)]
    public int Port { get; set; } = 8080;

    /// <summary>
    /// Keys that open `/api`, `/metrics`, `/sip` and `/cluster` to callers from beyond this machine, sent as `X-Api-Key` or as
    /// bearer token. Without any, such callers are refused. At least 16 characters each. Secret.
    /// </summary>
    public List<string> ApiKeys { get; set; } = [];

    /// <summary>Folder of the built web page; the platform runs without it.</summary>
    public string WebFolder { get; set; } = "web/dist";

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        if (ApiKeys.Any(key => key.Length < LeastKeyLength))
        {
            yield return new ValidationResult(
                $"each key needs at least {LeastKeyLength} characters.",
                [nameof(ApiKeys)]
            );
        }
    }
}

public sealed class AiOptions
{
    /// <summary>
    /// Address that the gRPC services listen on, with role `ai`. They ask for no key and speak HTTP/2 without TLS: beyond
    /// this machine they belong into a network of the nodes' own.
    /// </summary>
    [Required]
    public string BindAddress { get; set; } = "127.0.0.1";

    /// <summary>Port of the gRPC services.</summary>
    [Range(1, 65535)]
    public int Port { get; set; } = 8081;
}

/// <summary>How a node learns of the others.</summary>
public enum ClusterDiscovery
{
    Seeds,
    Dns,
}

public sealed class ClusterOptions : IValidatableObject
{
    /// <summary>Address at which the other nodes reach this one.</summary>
    [Required]
    public string Host { get; set; } = "127.0.0.1";

    /// <summary>Port for traffic between nodes; 0 takes any free one, which is right for a node alone.</summary>
    [Range(0, 65535)]
    public int Port { get; set; }

    /// <summary>
    /// `seeds`: the nodes that `seedNodes` names. `dns`: every address that `dnsName` has, as a Kubernetes headless service
    /// gives them.
    /// </summary>
    public ClusterDiscovery Discovery { get; set; } = ClusterDiscovery.Seeds;

    /// <summary>
    /// Nodes to join, as `host:port`, the same list on every node; the first one begins the cluster. Empty: this node forms
    /// a cluster of its own.
    /// </summary>
    public List<string> SeedNodes { get; set; } = [];

    /// <summary>
    /// With `discovery: dns`: the name whose A and AAAA records are the nodes. It is asked for each second until the node
    /// is a member. `host` must be this node's own address then, as DNS gives it.
    /// </summary>
    public string DnsName { get; set; } = "";

    /// <summary>With `discovery: dns`: `port` of the other nodes; 0: the same as this node's.</summary>
    [Range(0, 65535)]
    public int DnsPort { get; set; }

    /// <summary>
    /// With `discovery: dns`: how long the addresses must have stayed the same, with none that has a cluster, before the
    /// lowest one begins it. Seconds.
    /// </summary>
    [Range(1, 600)]
    public int BootstrapSeconds { get; set; } = 10;

    /// <summary>
    /// Takes a member for dead as soon as its host refuses connections to its port, instead of waiting for heartbeats. Turn
    /// it off where a firewall between the nodes answers with RST in place of a host.
    /// </summary>
    public bool CrashProof { get; set; } = true;

    /// <summary>
    /// How long the calls of this node may take to move to other nodes when it is being stopped, in seconds. A node alone
    /// does not wait: it says goodbye to its callers.
    /// </summary>
    [Range(1, 3600)]
    public int DrainSeconds { get; set; } = 30;

    /// <summary>Whether there are other nodes, or may be.</summary>
    internal bool HasOthers => Discovery == ClusterDiscovery.Dns || SeedNodes.Count > 1;

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        if (Discovery != ClusterDiscovery.Dns)
        {
            yield break;
        }
        if (DnsName.Length == 0)
        {
            yield return new ValidationResult("is missing; discovery by DNS needs it.", [nameof(DnsName)]);
        }
        if (Port == 0)
        {
            yield return new ValidationResult(
                "must be a fixed port when nodes find each other by DNS.",
                [nameof(Port)]
            );
        }
        if (!IPAddress.TryParse(Host, out _))
        {
            yield return new ValidationResult("must be this node's numeric address, as DNS gives it.", [nameof(Host)]);
        }
    }
}

public enum LogFormat
{
    Text,
    Json,
}

public enum LogLevel
{
    Debug,
    Information,
    Warning,
    Error,
}

public sealed class LogOptions
{
    /// <summary>Least level that is written.</summary>
    public LogLevel Level { get; set; } = LogLevel.Information;

    /// <summary>`text` for people, `json` (one compact object per line) for machines.</summary>
    public LogFormat Format { get; set; } = LogFormat.Text;
}

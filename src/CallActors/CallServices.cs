using OCPlatform.CallActors.Captures;
using OCPlatform.CallActors.Recording;
using OCPlatform.CallActors.Services;
using OCPlatform.CallActors.Voice;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Media.Engine;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.CallActors;

/// <summary>What the calls of a node share: one media engine, one set of speech clients, one pump.</summary>
public sealed record CallServices(
    string NodeName,
    CallOptions Options,
    MediaEngine Media,
    SpeechClients Speech,
    SpeechPump Pump,
    LiveCalls LiveCalls,
    CallMetrics Metrics,
    TimeProvider Time,
    RecordingDesk? Recordings = null
)
{
    /// <summary>Captures of calls; null: none are made.</summary>
    public CallCaptures? Captures { get; init; }

    /// <summary>When it has fallen, calls say and write nothing more.</summary>
    public NodeFence Fence { get; init; } = new();

    /// <summary>
    /// An INVITE younger than this begins its call without a question. The age is told by two clocks: the gateway's, in the
    /// INVITE, and ours. They need to agree to 3 s only, since no INVITE is refused before it is 5 s old; and one that looks
    /// older than it is, or is yet to be sent, costs no more than the question.
    /// </summary>
    public TimeSpan YoungInvite { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The nodes that are there; alone unless told otherwise.</summary>
    public IClusterView Cluster { get; init; } =
        new LoneNode(new NodeState(NodeName, "", [], Draining: false, Calls: 0, CpuShare: 0, SipGateway: null, ""));

    /// <summary>Keeps the audio of calls that have left this node going for a moment.</summary>
    public MediaGhosts Ghosts { get; init; } = new(Time);

    /// <summary>How long a 200 waits for the journal. A write takes some 5 ms; a tenth of a second more is heard by no caller.</summary>
    public TimeSpan SavedWithin { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether the database is there; nobody doubts it unless told otherwise.</summary>
    public IDatabaseHealth Database { get; init; } = PresentDatabase.Instance;

    internal CallsWithoutPast WithoutPast { get; init; } = new();

    /// <summary>What all SIP sessions of the node have in common.</summary>
    public SipSessionOptions Session { get; init; } = Options.Signalling.ToSessionOptions();

    /// <summary>The numbers that are answered by a service instead of an agent.</summary>
    public ServiceNumbers Numbers { get; init; } = new(Options.Services);
}

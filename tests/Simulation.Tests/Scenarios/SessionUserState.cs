using System.Text.Json;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.Simulation.Tests.Scenarios;

internal enum SessionVerb
{
    Call,
    Ring,
    Answer,
    Reject,
    HangUp,
    Reoffer,
    ReofferByUpdate,

    /// <summary>A re-INVITE without description: the peer shall offer.</summary>
    AskForOffer,
    AcceptOffer,
    RejectOffer,
    Refresh,
    Move,
    Info,
    Refer,
    ReportReferral,
}

/// <summary>What a <see cref="SessionUser"/> is going to do.</summary>
/// <param name="Status">For Ring, Reject, RejectOffer and ReportReferral.</param>
/// <param name="Id">For ReportReferral.</param>
internal sealed record SessionPlan(TimeSpan At, SessionVerb Verb, int Status = 0, string? Id = null);

/// <summary>The snapshot of a <see cref="SessionUser"/>, which goes through JSON as it would through a journal.</summary>
internal sealed record SessionUserState
{
    public List<SessionPlan> Plans { get; init; } = [];

    public string Peer { get; set; } = "";

    public string PeerDestination { get; set; } = "";

    /// <summary>The call we are going to place has no offer.</summary>
    public bool DelaysOffer { get; init; }

    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(60);

    public SipSessionState? Session { get; set; }

    public string? CallId { get; set; }

    public string? LocalTag { get; set; }

    /// <summary>The peer's offer that waits for an answer.</summary>
    public string? RemoteOffer { get; set; }

    /// <summary>The peer wants an offer of ours in its re-INVITE.</summary>
    public bool OfferWanted { get; set; }

    public int OffersMade { get; set; }

    /// <summary>Our address changed while the call was not up yet.</summary>
    public bool HasMoved { get; set; }

    public bool IsClosed { get; set; }

    public SessionUserState Copy() => JsonSerializer.Deserialize<SessionUserState>(JsonSerializer.Serialize(this))!;
}

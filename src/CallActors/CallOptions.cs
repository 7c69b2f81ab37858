using System.ComponentModel.DataAnnotations;
using OCPlatform.CallActors.Services;
using OCPlatform.CallActors.TurnTaking;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Media.Capture;
using OCPlatform.Media.Codecs;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.CallActors;

/// <summary>How calls are answered and held.</summary>
public sealed class CallOptions : IValidatableObject
{
    private IReadOnlyList<AudioCodec>? _audioCodecs;

    /// <summary>The agent that answers: the name of a file in the agents folder, without .yaml.</summary>
    [Required]
    public string Agent { get; set; } = "frontdesk";

    /// <summary>Calls are answered by themselves; when false they ring until a command answers or refuses them.</summary>
    public bool AutoAnswer { get; set; } = true;

    /// <summary>How long it rings before the call is answered by itself, in ms.</summary>
    [Range(0, 60_000)]
    public int RingMs { get; set; }

    /// <summary>How long a call that we place may ring, in s.</summary>
    [Range(1, 600)]
    public int PlacedRingSeconds { get; set; } = 60;

    /// <summary>Session timers, reliable provisional responses, referrals.</summary>
    public CallSignallingOptions Signalling { get; set; } = new();

    /// <summary>
    /// Codecs offered and accepted, best first: opus (where the system has libopus), g722, pcmu, pcma, l16 (16 kHz),
    /// l16narrow (8 kHz). Trunks may cut and reorder them.
    /// </summary>
    [MinLength(1)]
    public List<AudioCodec> Codecs { get; set; } = [AudioCodec.Opus, AudioCodec.G722, AudioCodec.Pcmu, AudioCodec.Pcma];

    /// <summary>Those of them that this machine has.</summary>
    internal IReadOnlyList<AudioCodec> AudioCodecs => _audioCodecs ??= [.. Codecs.Where(AudioCodecFactory.IsAvailable)];

    /// <summary>Recognition must end this long after the caller fell silent, in ms; else the agent asks again.</summary>
    [Range(100, 60_000)]
    public int RecognitionDeadlineMs { get; set; } = 3_000;

    /// <summary>Without an answer from the agent for this long the caller is told to wait, in ms.</summary>
    [Range(500, 60_000)]
    public int FillerAfterMs { get; set; } = 2_000;

    /// <summary>What the caller is told then.</summary>
    [Required]
    public string FillerPhrase { get; set; } = "One moment, please.";

    /// <summary>Without an answer for this long the call is ended with an apology, in ms.</summary>
    [Range(1_000, 300_000)]
    public int GiveUpAfterMs { get; set; } = 10_000;

    /// <summary>The apology.</summary>
    [Required]
    public string GiveUpPhrase { get; set; } =
        "I'm sorry, something went wrong on our side. Please call again later. Goodbye.";

    /// <summary>
    /// What the caller is told when a call was taken up after a crash and the agent owed nothing. Empty: nothing.
    /// </summary>
    public string ResumePhrase { get; set; } = "Sorry, there was a short interruption. Please go on.";

    /// <summary>Threads on which calls listen and speak; 0 for one per core.</summary>
    [Range(0, 256)]
    public int SpeechPumpThreads { get; set; }

    /// <summary>
    /// New calls while the database is away: `refuse` them with 503, so that the caller's side tries elsewhere; or `accept`
    /// them, their journal following when it is back. Live calls go on either way.
    /// </summary>
    public DatabaseAwayPolicy WhenDatabaseIsAway { get; set; } = DatabaseAwayPolicy.Refuse;

    /// <summary>Captures of single calls for Wireshark.</summary>
    public CaptureOptions Capture { get; set; } = new();

    /// <summary>When a caller counts as speaking, as done, and as silent.</summary>
    public TurnTakingOptions TurnTaking { get; set; } = new();

    /// <summary>Numbers that are answered by a service (echo, play, record) instead of an agent; none by default.</summary>
    public List<CallServiceOptions> Services { get; set; } = [];

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Codecs.Count > 0 && AudioCodecs.Count == 0)
        {
            yield return new ValidationResult(
                "names only codecs that this machine lacks (Opus needs libopus0).",
                [nameof(Codecs)]
            );
        }
    }
}

/// <summary>What calls negotiate about their SIP sessions.</summary>
public sealed class CallSignallingOptions
{
    /// <summary>Session interval to ask for, in s; a call that nobody refreshes in that time is over (RFC 4028). 0: no session timer of our own accord.</summary>
    [Range(0, 86_400)]
    public int SessionExpiresSeconds { get; set; } = 1800;

    /// <summary>Shortest session interval to accept, in s; a shorter one gets 422. 90 is the least that RFC 4028 allows.</summary>
    [Range(90, 86_400)]
    public int MinSessionExpiresSeconds { get; set; } = 90;

    /// <summary>Who sends the refreshes by preference: any, us, peer.</summary>
    public SipRefresher Refresher { get; set; } = SipRefresher.Any;

    /// <summary>Reliable provisional responses (RFC 3262): never, supported, required.</summary>
    public SipReliableProvisionals ReliableProvisionals { get; set; } = SipReliableProvisionals.Supported;

    /// <summary>
    /// Follow the other side's REFER: the conversation goes on with whom it names, called by the trunks' rules. False: 405.
    /// </summary>
    public bool AcceptReferrals { get; set; } = true;

    internal SipSessionOptions ToSessionOptions() =>
        new()
        {
            SessionExpiresS = SessionExpiresSeconds,
            MinSeS = MinSessionExpiresSeconds,
            Refresher = Refresher,
            ReliableProvisionals = ReliableProvisionals,
            AcceptReferrals = AcceptReferrals,
        };
}

using System.ComponentModel.DataAnnotations;
using System.Net;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Jitter;
using OCPlatform.Media.Sdp;
using OCPlatform.Sip;
using OCPlatform.Sip.Transports;

namespace OCPlatform.LoadTest;

/// <summary>Where synthetic callers call from.</summary>
public sealed class SyntheticCallerOptions
{
    /// <summary>Address for SIP and RTP; its port is SIP's, 0 takes a free one.</summary>
    public IPEndPoint Bind { get; set; } = new(IPAddress.Loopback, 0);

    /// <summary>First RTP port of the callers.</summary>
    [Range(1024, 65534)]
    public int RtpPortStart { get; set; } = 30000;

    /// <summary>Last RTP port of the callers (inclusive); each call takes two.</summary>
    [Range(1025, 65535)]
    public int RtpPortEnd { get; set; } = 39999;

    /// <summary>User name for digest challenges; null: a challenged call has failed.</summary>
    public string? User { get; set; }

    /// <summary>Password for digest challenges.</summary>
    public string? Password { get; set; }

    /// <summary>Makes SSRCs, first sequence numbers and first timestamps repeatable.</summary>
    public int? Seed { get; set; }

    /// <summary>
    /// Depth of the callers' jitter buffer in ms. Measured times are those of arrival, so it does not count in them; what is
    /// heard of packets later than this is lost.
    /// </summary>
    [Range(20, AudioReceiver.MaxDelayMs)]
    public int JitterBufferMs { get; set; } = 120;

    /// <summary>Calls at once.</summary>
    [Range(1, 100_000)]
    public int MaxCalls { get; set; } = 5000;
}

/// <summary>Whom to call, and where to send that.</summary>
/// <param name="Uri">Request-URI and To.</param>
/// <param name="Destination">Null: where the URI points, which then has an IP address.</param>
public sealed record CallTarget(SipUri Uri, SipDestination? Destination = null);

/// <summary>One call to make.</summary>
public sealed record CallerRequest
{
    public required SipUri Target { get; init; }

    /// <summary>Where the INVITE goes when <see cref="Target"/> holds a host name; null: to the target's address.</summary>
    public SipDestination? Destination { get; init; }

    /// <summary>Where else the call goes, in this order, when a target does not take it.</summary>
    public IReadOnlyList<CallTarget> Alternatives { get; init; } = [];

    /// <summary>
    /// A target that does not answer the INVITE at all within this is given up, where there is another one: as carriers do, which
    /// wait 2 to 5 s instead of the RFC's 32.
    /// </summary>
    public TimeSpan TryNextAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Told of a target that did not take the call.</summary>
    public Action<CallTarget>? OnTargetFailed { get; init; }

    /// <summary>User part of From.</summary>
    public string From { get; init; } = "caller";

    /// <summary>Codecs to offer, the preferred one first.</summary>
    public IReadOnlyList<AudioCodec> Codecs { get; init; } = [AudioCodec.Pcmu, AudioCodec.Pcma];

    /// <summary>Keep both sides' audio (960 kB a minute).</summary>
    public bool Record { get; init; }

    /// <summary>How long it may ring.</summary>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>0-based place in a run.</summary>
    public int Index { get; init; }

    /// <summary>Told of each turn as it ends, on the media clock: must return at once.</summary>
    public Action<TurnMeasurement>? OnTurn { get; init; }

    /// <summary>Told when the call is answered, on any thread.</summary>
    public Action<LiveCall>? OnAnswered { get; init; }

    /// <summary>Takes the lateness of the call's packets when it ends; shared by a run's calls, which lock it.</summary>
    public LatenessHistogram? Lateness { get; init; }
}

/// <summary>An answered call while it goes on. Thread-safe.</summary>
/// <param name="Index">The request's.</param>
/// <param name="CallId">SIP Call-ID.</param>
/// <param name="MediaAddress">Tells where the platform's media is now, as address and port.</param>
public sealed record LiveCall(int Index, string CallId, Func<string> MediaAddress);

/// <summary>What came of a call.</summary>
/// <param name="Measurement">All figures.</param>
/// <param name="AnsweredAt">
/// On the clock of the turns' times: sample 0 of the recording; null when it was not answered.
/// </param>
/// <param name="AgentSpeech">The stretches of speech heard from the agent, on the same clock.</param>
/// <param name="Recording">Both sides' audio, when asked for and answered.</param>
public sealed record CallerResult(
    CallMeasurement Measurement,
    TimeSpan? AnsweredAt,
    IReadOnlyList<SpeechSegment> AgentSpeech,
    CallRecording? Recording
)
{
    /// <summary>What was heard of the agent before the caller's first turn; null: not recorded.</summary>
    public short[]? HeardGreeting() =>
        Recording is not null && AnsweredAt is { } answered && Measurement.Greeting is not null
            ? Recording.AgentBetween(
                TimeSpan.Zero,
                Measurement.Turns is [var first, ..] ? first.CallerStart - answered : CallRecording.MaxLength
            )
            : null;

    /// <summary>What was heard of the agent's reply to a turn (0-based), with a little air around it; null: no reply or no recording.</summary>
    public short[]? HeardReply(int turn)
    {
        var air = TimeSpan.FromMilliseconds(200);
        return
            Recording is not null
            && AnsweredAt is { } answered
            && Measurement.Turns[turn] is { ReplyStart: { } start, ReplyEnd: { } end }
            ? Recording.AgentBetween(start - answered - air, end - answered + air)
            : null;
    }
}

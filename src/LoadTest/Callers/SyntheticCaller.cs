using System.Diagnostics;
using System.Net;
using System.Text;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Sdp;
using OCPlatform.Sip;
using OCPlatform.Sip.Authentication;
using OCPlatform.Sip.UserAgents;

namespace OCPlatform.LoadTest;

/// <summary>
/// Calls over real SIP and RTP, speaks by script, and measures what it hears. One instance makes any number of calls at
/// once over one SIP socket and one media engine; there is no thread and no timer per call.
/// </summary>
/// <example>
/// <code>
/// await using var caller = new SyntheticCaller(new());
/// var script = CallerScript.Speaking(TelephoneAudio.ReadLine("question.wav"));
/// var result = await caller.CallAsync(script, new() { Target = SipUri.Parse("sip:desk@127.0.0.1"), Record = true });
/// short[] greeting = result.Recording!.AgentBetween(TimeSpan.Zero, result.Measurement.Turns[0].CallerStart - result.AnsweredAt!.Value);
/// short[]? reply = result.HeardReply(0);
/// </code>
/// </example>
public sealed class SyntheticCaller : IAsyncDisposable
{
    private const int WarmUpCalls = 20;
    private static readonly TimeSpan HangUpDeadline = TimeSpan.FromSeconds(3);

    // A target that wakes up later than this is not ours any more.
    private static readonly TimeSpan AbandonDeadline = TimeSpan.FromSeconds(32);

    private readonly TimeProvider _time;
    private readonly SipUserAgent _agent;
    private readonly MediaEngine _media;
    private readonly long _epochTicks = Stopwatch.GetTimestamp();

    /// <exception cref="System.Net.Sockets.SocketException">The address cannot be bound.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public SyntheticCaller(SyntheticCallerOptions options, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _media = new MediaEngine(
            new MediaOptions
            {
                BindAddress = options.Bind.Address.ToString(),
                PortRangeStart = options.RtpPortStart,
                PortRangeEnd = options.RtpPortEnd,
                PortRestSeconds = 2,
                // One clock is enough for a thousand callers, and the platform needs the cores.
                ClockThreads = 1,
                JitterMinDelayMs = options.JitterBufferMs,
                JitterMaxDelayMs = options.JitterBufferMs,
                // What the caller sends between its lines must not be mistaken for a voice.
                ComfortNoiseDb = 0,
                MediaTimeoutSeconds = 0,
            },
            options.Seed is { } seed ? new Random(seed) : null
        );
        _agent = SipUserAgent.OverUdp(
            options.Bind,
            new SipUserAgentOptions
            {
                User = "caller",
                Product = "OCPlatform-load",
                MaxCalls = options.MaxCalls,
                Credentials = options.User is { } user ? new SipCredentials(user, options.Password ?? "") : null,
            }
        );
        _agent.Start();
    }

    /// <summary>The bound SIP address.</summary>
    public IPEndPoint LocalEndPoint => _agent.LocalEndPoint;

    /// <summary>Time since this instance was made: the clock of all times it tells.</summary>
    public TimeSpan Now => Stopwatch.GetElapsedTime(_epochTicks);

    /// <summary>The callers' own media clock: when it is late, so are the measurements.</summary>
    public MediaEngineStats MediaStats => _media.Stats;

    /// <summary>
    /// Lets the runtime compile the way of a call before it is measured: a few calls to itself, which it refuses. The
    /// first calls of a fresh process would otherwise show the harness' own start-up, some 300 ms of it.
    /// </summary>
    public async Task WarmUpAsync(CancellationToken stop = default)
    {
        var script = new CallerScript { Name = "warm-up" };
        var self = new CallerRequest { Target = SipUri.Create("warm-up", SelfEndPoint), AnswerWithin = HangUpDeadline };
        for (var i = 0; i < WarmUpCalls; i++)
        {
            await CallAsync(script, self, stop);
        }
    }

    private IPEndPoint SelfEndPoint =>
        LocalEndPoint.Address.Equals(IPAddress.Any) ? new(IPAddress.Loopback, LocalEndPoint.Port) : LocalEndPoint;

    /// <summary>Makes one call and returns when it is over. Faults only by a fault of the program.</summary>
    /// <param name="stop">Hangs up; the call's outcome is then <see cref="CallOutcome.Stopped"/>.</param>
    public async Task<CallerResult> CallAsync(
        CallerScript script,
        CallerRequest request,
        CancellationToken stop = default
    )
    {
        var recording = request.Record ? new CallRecording() : null;
        var leg = new CallerLeg(script, _epochTicks, recording) { OnTurn = request.OnTurn };
        var startedAt = Now;
        var capabilities = new MediaCapabilities { Codecs = request.Codecs };
        if (await InviteAsync(request, leg, capabilities, stop) is not { } attempt)
        {
            return NotMade(script, request, startedAt, "no RTP port is free for the caller");
        }
        using var session = attempt.Session;
        var (call, invited, offer) = (attempt.Call, attempt.Invited, attempt.Offer);
        var conversation = new AnsweredCall(script, request, attempt, leg, recording, startedAt);
        if (!invited.IsSuccess || stop.IsCancellationRequested)
        {
            await call.HangUpAsync(HangUpDeadline);
            return await FinishAsync(conversation, null, RefusalOf(invited, stop), CauseOf(invited));
        }
        var negotiated = Negotiate(offer, invited, capabilities);
        if (negotiated.Media is not { } media)
        {
            await call.HangUpAsync(HangUpDeadline);
            return await FinishAsync(conversation, null, CallOutcome.BadAnswer, $"answer: {negotiated.Refusal}");
        }
        return await ConverseAsync(conversation, media, capabilities, stop);
    }

    /// <summary>
    /// Goes from target to target until one takes the call, or refuses it for good; each has a port of its own, so that one which
    /// wakes up late is not heard. Null: there is no port.
    /// </summary>
    private async Task<Attempt?> InviteAsync(
        CallerRequest request,
        CallerLeg leg,
        MediaCapabilities capabilities,
        CancellationToken stop
    )
    {
        for (var attempt = 0; ; attempt++)
        {
            var target =
                attempt == 0 ? new CallTarget(request.Target, request.Destination) : request.Alternatives[attempt - 1];
            if (_media.TryOpenSession(leg) is not { } session)
            {
                return null;
            }
            var offer = OfferAnswer.Offer(capabilities, LocalMediaOf(session, target));
            var invitedAt = Now;
            var call = _agent.Call(
                new SipCallRequest
                {
                    Target = target.Uri,
                    Destination = target.Destination,
                    From = new NameAddress(SipUri.Create(request.From, _agent.LocalEndPoint)),
                    Offer = Encoding.UTF8.GetBytes(offer.ToString()),
                    AnswerWithin = request.AnswerWithin,
                }
            );
            await using var stopping = stop.Register(() => _ = call.HangUpAsync(HangUpDeadline));
            var isLast = attempt == request.Alternatives.Count;
            if (!isLast && await IsUnansweredAsync(call, request.TryNextAfter))
            {
                // Should it be answered later after all, its BYE goes with the ACK.
                _ = call.HangUpAsync(AbandonDeadline);
                session.Dispose();
                request.OnTargetFailed?.Invoke(target);
                continue;
            }
            var invited = await call.Answered;
            if (isLast || invited.IsSuccess || !IsTheTargetsFault(invited) || stop.IsCancellationRequested)
            {
                return new Attempt(call, invited, session, offer, invitedAt, attempt + 1);
            }
            session.Dispose();
            request.OnTargetFailed?.Invoke(target);
        }
    }

    /// <summary>No response of any kind came.</summary>
    private async Task<bool> IsUnansweredAsync(SipCall call, TimeSpan within)
    {
        try
        {
            await call.Answered.WaitAsync(within, _time);
            return false;
        }
        catch (TimeoutException)
        {
            return call.Times.Trying is null;
        }
    }

    private static bool IsTheTargetsFault(SipInviteResult invited) =>
        invited.Response is null || invited.StatusCode is SipStatus.RequestTimeout or (>= 500 and < 600);

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _media.DisposeAsync();
    }

    private sealed record AnsweredCall(
        CallerScript Script,
        CallerRequest Request,
        Attempt Attempt,
        CallerLeg Leg,
        CallRecording? Recording,
        TimeSpan StartedAt
    )
    {
        public SipCall Call => Attempt.Call;

        public MediaSession Session => Attempt.Session;

        public TimeSpan? AnsweredAt => Attempt.InvitedAt + Call.Times.Answered;
    }

    /// <param name="InvitedAt">When the INVITE to the target that had the last word was sent.</param>
    /// <param name="Number">1-based.</param>
    private sealed record Attempt(
        SipCall Call,
        SipInviteResult Invited,
        MediaSession Session,
        SessionDescription Offer,
        TimeSpan InvitedAt,
        int Number
    );

    private async Task<CallerResult> ConverseAsync(
        AnsweredCall answered,
        NegotiatedMedia media,
        MediaCapabilities capabilities,
        CancellationToken stop
    )
    {
        var (call, session, leg) = (answered.Call, answered.Session, answered.Leg);
        var current = media;
        leg.Answered(session, media, answered.AnsweredAt!.Value);
        session.Start(media);
        call.OnReinvite = offer =>
        {
            var before = current;
            var answer = Reanswer(offer, session, capabilities, ref current);
            if (!answer.IsEmpty)
            {
                leg.Changed(before, current);
            }
            return answer;
        };
        answered.Request.OnAnswered?.Invoke(
            new LiveCall(answered.Request.Index, call.CallId, () => CallerLeg.AddressOf(current))
        );

        await using var stopping = stop.Register(() => _ = call.HangUpAsync(HangUpDeadline));
        await Task.WhenAny(leg.Done, call.Ended);
        var ended = await call.HangUpAsync(HangUpDeadline);
        var (outcome, cause) = OutcomeOf(answered, ended, stop);
        return await FinishAsync(answered, media, outcome, cause);
    }

    private static (CallOutcome Outcome, string? Cause) OutcomeOf(
        AnsweredCall answered,
        SipCallEnd ended,
        CancellationToken stop
    )
    {
        var conversation = answered.Leg.Conversation;
        if (answered.Leg.Done.IsCompletedSuccessfully)
        {
            return answered.Leg.Done.Result switch
            {
                ScriptEnd.Done => (CallOutcome.Completed, null),
                ScriptEnd.HoldOver => (CallOutcome.HoldOver, null),
                ScriptEnd.NoAudio => (CallOutcome.NoAudio, "answered, but no audio came"),
                ScriptEnd.NoGreeting => (CallOutcome.NoGreeting, "no greeting"),
                ScriptEnd.AudioLost => (CallOutcome.AudioLost, "the audio stopped and did not come back"),
                ScriptEnd.NoReply => (CallOutcome.NoReply, $"no reply to “{conversation.Turns[^1].Text}”"),
                _ => (CallOutcome.AgentStayed, "the agent did not hang up"),
            };
        }
        if (stop.IsCancellationRequested)
        {
            return (CallOutcome.Stopped, null);
        }
        return conversation.AllLinesSaid
            ? (CallOutcome.AgentHungUp, null)
            : (CallOutcome.AgentHungUpEarly, $"hung up with lines left ({ended.Cause}: {ended.Reason})");
    }

    private async Task<CallerResult> FinishAsync(
        AnsweredCall call,
        NegotiatedMedia? media,
        CallOutcome outcome,
        string? cause
    )
    {
        var endedAt = Now;
        var stats = call.Session.Stats;
        call.Session.Dispose();
        await call.Session.Closed;
        call.Leg.Ended(endedAt);
        if (stats.SinkFaults > 0)
        {
            // The leg missed callbacks: whatever it measured is wrong.
            (outcome, cause) = (CallOutcome.HarnessFault, $"{stats.SinkFaults} faults in the caller's media callbacks");
        }
        var conversation = call.Leg.Conversation;
        var times = call.Call.Times;
        var before = call.Attempt.InvitedAt - call.StartedAt;
        var measurement = new CallMeasurement
        {
            Index = call.Request.Index,
            CallId = call.Call.CallId,
            Scenario = call.Script.Name,
            Outcome = outcome,
            Cause = cause,
            StartedAt = call.StartedAt,
            // With the targets that were tried before: it is the caller who waits.
            Trying = times.Trying + before,
            Ringing = times.Ringing + before,
            Answer = times.Answered + before,
            Duration = media is null ? null : endedAt - call.AnsweredAt,
            Codec = media?.CodecName,
            Greeting = conversation.GreetingWait,
            LongestWait = conversation.LongestWait,
            DeadAirs = conversation.DeadAirs,
            AgentHungUp =
                call.Call.Ended is { IsCompletedSuccessfully: true, Result.Cause: SipCallEndCause.RemoteHangUp },
            Turns = [.. conversation.Turns],
            Packets = media is null ? new() : PacketsOf(call, stats),
            Continuity = call.Leg.Continuity.Finish(endedAt, conversation.AgentSpeech),
            LinesRepeated = conversation.LinesRepeated,
            Attempts = call.Attempt.Number,
        };
        return media is null
            ? new CallerResult(measurement, null, [], null)
            : new CallerResult(measurement, call.AnsweredAt, conversation.AgentSpeech, call.Recording);
    }

    private static PacketMeasurement PacketsOf(AnsweredCall call, MediaStats stats)
    {
        if (call.Request.Lateness is not { } histogram)
        {
            return Finish(null);
        }
        // Calls end on many threads, and the histogram is the run's.
        lock (histogram)
        {
            return Finish(histogram);
        }

        PacketMeasurement Finish(LatenessHistogram? all) =>
            call.Leg.Packets.Finish(stats.PacketsSent, stats.JitterMs, all);
    }

    private static LocalMedia LocalMediaOf(MediaSession session, CallTarget target)
    {
        var peer = target.Destination?.EndPoint.Address;
        if (peer is null && IPAddress.TryParse(target.Uri.Host.Trim('[', ']'), out var host))
        {
            peer = host;
        }
        return new LocalMedia(session.AdvertisedAddress(peer), session.LocalPort, session.LocalPort, 1);
    }

    private static OfferAnswerResult Negotiate(
        SessionDescription offer,
        SipInviteResult invited,
        MediaCapabilities capabilities
    ) =>
        SessionDescription.TryParse(invited.Body.Span, out var answer, out _)
            ? OfferAnswer.AcceptAnswer(offer, answer, capabilities)
            : OfferAnswer.AcceptAnswer(offer, offer with { Media = [] }, capabilities);

    /// <summary>The platform moved or changed the call: follow it.</summary>
    private static ReadOnlyMemory<byte> Reanswer(
        ReadOnlyMemory<byte> body,
        MediaSession session,
        MediaCapabilities capabilities,
        ref NegotiatedMedia current
    )
    {
        if (!SessionDescription.TryParse(body.Span, out var offer, out _))
        {
            return default;
        }
        var answer = OfferAnswer.Answer(
            offer,
            capabilities,
            new LocalMedia(current.LocalAddress, current.LocalPort, current.SessionId, current.SessionVersion + 1)
        );
        if (answer.Media is not { } media)
        {
            return default;
        }
        current = media;
        session.Update(media);
        return Encoding.UTF8.GetBytes(answer.Description!.ToString());
    }

    private static CallOutcome RefusalOf(SipInviteResult invited, CancellationToken stop) =>
        stop.IsCancellationRequested ? CallOutcome.Stopped
        : invited.Response is null ? CallOutcome.NoAnswer
        : CallOutcome.Rejected;

    private static string CauseOf(SipInviteResult invited) => $"{invited.StatusCode} {invited.Reason}";

    private static CallerResult NotMade(CallerScript script, CallerRequest request, TimeSpan startedAt, string cause) =>
        new(
            new CallMeasurement
            {
                Index = request.Index,
                CallId = "",
                Scenario = script.Name,
                Outcome = CallOutcome.HarnessFault,
                Cause = cause,
                StartedAt = startedAt,
            },
            null,
            [],
            null
        );
}

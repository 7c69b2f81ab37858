using OCPlatform.Sip.Authentication;
using OCPlatform.Sip.Dialogs;
using OCPlatform.Sip.Sessions;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.UserAgents;

/// <summary>
/// One call of a <see cref="SipUserAgent"/>, either direction: a <see cref="SipSession"/> on the agent's loop. Its verbs are thread-safe;
/// what its session tells is in <c>SipCall.Events.cs</c>.
/// </summary>
public sealed partial class SipCall : IRequestOwner
{
    private readonly SipUserAgent _agent;
    private readonly TaskCompletionSource<SipInviteResult> _answered = NewTask<SipInviteResult>();
    private readonly TaskCompletionSource<SipCallEnd> _ended = NewTask<SipCallEnd>();
    private readonly SipDestination _destination;
    private readonly SipCallRequest? _request;
    private readonly DigestClient? _digest;
    private readonly long _startedAt;
    private readonly string _localTag;
    private SipInvitePlan? _plan;
    private SipSession? _session;
    private SipRequest _invite;
    private string? _inviteTransaction;
    private LoopTimer? _timer;
    private TimeSpan _armedFor = TimeSpan.MaxValue;
    private volatile SipCallState _state = SipCallState.Calling;
    private volatile SipCallTimes _times = new();
    private volatile SipDialogState? _dialogState;

    private SipCall(
        SipUserAgent agent,
        SipRequest invite,
        string localTag,
        SipDestination destination,
        SipCallRequest? request
    )
    {
        _agent = agent;
        _invite = invite;
        _localTag = localTag;
        _destination = destination;
        _request = request;
        _digest = (request?.Credentials ?? agent.Options.Credentials) is { } credentials
            ? new DigestClient(credentials)
            : null;
        _startedAt = agent.Time.GetTimestamp();
        CallId = invite.CallId;
    }

    public string CallId { get; }

    public bool IsIncoming => _request is null;

    public SipCallState State => _state;

    public SipCallTimes Times => _times;

    /// <summary>The INVITE as sent last, or as received.</summary>
    public SipRequest Invite => Volatile.Read(ref _invite);

    /// <summary>The dialog's values now; null before there is one.</summary>
    public SipDialogState? Dialog => _dialogState;

    /// <summary>
    /// Completes with the final response to the INVITE (after the ACK of a 2xx was sent), or with the reason why there is none. Never faults.
    /// </summary>
    public Task<SipInviteResult> Answered => _answered.Task;

    /// <summary>Completes when the call is over and its BYE is through, however it ended. Never faults.</summary>
    public Task<SipCallEnd> Ended => _ended.Task;

    /// <summary>Sends 180, or 183 with a body for early media: reliably when the peer can (RFC 3262).</summary>
    public void Ring(ReadOnlyMemory<byte> earlyMedia = default) =>
        _ = DoAsync(
            (session, now) =>
                session.Ring(earlyMedia.IsEmpty ? SipStatus.Ringing : SipStatus.SessionProgress, earlyMedia, now)
        );

    /// <summary>
    /// Sends 200 with the answer (or offer, when the INVITE had none), again until the ACK comes. Empty when <see cref="Ring"/> brought the
    /// answer reliably.
    /// </summary>
    public void Answer(ReadOnlyMemory<byte> sessionDescription) =>
        _ = DoAsync(
            (session, now) =>
            {
                var result = session.Answer(sessionDescription, now);
                if (result == SipSessionResult.Done)
                {
                    _state = SipCallState.Answered;
                    _times = _times with { Answered = Elapsed };
                    _answered.TrySetResult(new(SipStatus.Ok, "OK", _invite.Body, null));
                }
                return result;
            }
        );

    /// <summary>Refuses with a final status from 300 to 699.</summary>
    public void Reject(int status) => _ = DoAsync((session, now) => session.Reject(status, null, null, now));

    /// <summary>
    /// Ends the call: CANCEL, 603 or BYE, as its state asks for. Completes when it is over; after the deadline it is over without the peer.
    /// </summary>
    public Task<SipCallEnd> HangUpAsync(TimeSpan deadline)
    {
        var posted = _agent.Endpoint.Post(() =>
        {
            Run(
                (session, now) =>
                    IsIncoming && session.Phase == SipSessionPhase.Inviting
                        ? session.Reject(SipStatus.Decline, null, null, now)
                        : session.HangUp(null, now)
            );
            if (!_ended.Task.IsCompleted)
            {
                _agent.Endpoint.Schedule(
                    deadline,
                    () => Close(new(SipCallEndCause.Timeout, SipStatus.RequestTimeout, "No answer to our hang-up"))
                );
            }
        });
        if (!posted)
        {
            Refuse("The endpoint is stopped");
        }
        return Ended;
    }

    /// <summary>
    /// Changes the session with a re-INVITE (hold, another address or codec), or with UPDATE when asked and allowed. Completes with its outcome;
    /// 491 at once when another change is under way. A refused change leaves the session as it was.
    /// </summary>
    public async Task<SipInviteResult> ReinviteAsync(ReadOnlyMemory<byte> offer, bool byUpdate = false)
    {
        var outcome = NewTask<SipInviteResult>();
        var result = await DoAsync(
            (session, now) =>
            {
                var sent = session.Reoffer(offer, now, byUpdate);
                if (sent == SipSessionResult.Done)
                {
                    _change = outcome;
                }
                return sent;
            }
        );
        return result switch
        {
            SipSessionResult.Done => await outcome.Task,
            SipSessionResult.Pending => new(SipStatus.RequestPending, "Another change is under way", default, null),
            _ => new(SipStatus.CallDoesNotExist, $"No call to change: {result}", default, null),
        };
    }

    /// <summary>
    /// Asks the peer to call somebody else (RFC 3515), in place of a dialog of ours when attended. Completes with the last status told of
    /// that call, or with the refusal.
    /// </summary>
    public async Task<int> ReferAsync(SipUri target, SipReplaces? replaces = null, NameAddress? referredBy = null)
    {
        var outcome = NewTask<int>();
        var result = await DoAsync(
            (session, now) =>
            {
                var sent = session.Refer(target, replaces, referredBy, now, out var id);
                if (sent == SipSessionResult.Done)
                {
                    _referrals[id] = outcome;
                }
                return sent;
            }
        );
        return result switch
        {
            SipSessionResult.Done => await outcome.Task,
            SipSessionResult.NotAllowedByPeer => SipStatus.MethodNotAllowed,
            _ => SipStatus.CallDoesNotExist,
        };
    }

    /// <summary>Tells a key press by INFO (application/dtmf-relay).</summary>
    public Task<SipSessionResult> SendDigitAsync(SipDigit digit) =>
        DoAsync((session, now) => session.SendInfo(SipDigit.RelayType, digit.ToRelayBody(), now));

    /// <summary>Any verb of the session, on the loop. <see cref="SipSessionResult.NotInThisState"/> when the endpoint is stopped.</summary>
    public Task<SipSessionResult> DoAsync(Func<SipSession, TimeSpan, SipSessionResult> verb)
    {
        var result = NewTask<SipSessionResult>();
        if (!_agent.Endpoint.Post(() => result.TrySetResult(Run(verb))))
        {
            result.TrySetResult(SipSessionResult.NotInThisState);
        }
        return result.Task;
    }

    internal string Key => SipUserAgent.KeyOf(CallId, _localTag);

    internal static SipCall? CreateIncoming(SipUserAgent agent, SipServerRequest incoming, out SipResponse? refusal)
    {
        var tag = SipToken.NewTag();
        var transaction = incoming.TransactionId!.Value.Value;
        incoming.Request.Retain();
        var session = SipSession.Incoming(
            incoming.Request,
            transaction,
            tag,
            agent.ContactFor(incoming.Flow.Remote),
            agent.SessionOptions,
            agent.Endpoint.Now,
            out refusal
        );
        return session is null
            ? null
            : new SipCall(agent, incoming.Request, tag, incoming.Flow.Remote, null)
            {
                _session = session,
                _inviteTransaction = transaction,
            };
    }

    internal static SipCall CreateOutgoing(SipUserAgent agent, SipCallRequest request, SipDestination destination)
    {
        var contact = agent.ContactFor(destination);
        var from =
            request.From
            ?? new NameAddress(
                agent.Options.Domain is { } domain
                    ? SipUri.Create(agent.Options.User, domain)
                    : SipUri.Create(contact.User, contact.Host)
            );
        var tag = SipToken.NewTag();
        var call = new SipCall(
            agent,
            SipRequest.Create(SipMethod.Invite, request.Target, from.WithTag(tag)),
            tag,
            destination,
            request
        );
        call._plan = new SipInvitePlan
        {
            Target = request.Target,
            From = from,
            LocalTag = tag,
            CallId = call.CallId,
            Contact = contact,
            Offer = request.Offer,
            Headers = request.Headers,
            Replaces = request.Replaces,
            AnswerWithin = request.AnswerWithin,
        };
        return call;
    }

    internal void Start()
    {
        if (_plan is not null)
        {
            if (!_agent.HasRoom)
            {
                Refuse("Refused by the user agent");
                return;
            }
            _agent.Add(this);
            _session = SipSession.Outgoing(_plan, _agent.SessionOptions, _agent.Endpoint.Now);
        }
        Drain();
    }

    /// <summary>The endpoint took nothing of it.</summary>
    internal void Refuse(string why = "Refused by the endpoint")
    {
        _state = SipCallState.Ended;
        _answered.TrySetResult(new(SipStatus.ServiceUnavailable, why, default, null));
        _ended.TrySetResult(new(SipCallEndCause.TransportError, SipStatus.ServiceUnavailable, why));
    }

    internal void OnRequest(SipServerRequest incoming)
    {
        incoming.Request.Retain();
        _session!.OnRequest(incoming.Request, incoming.TransactionId?.Value, _agent.Endpoint.Now);
        Drain();
    }

    internal void OnCancelled(SipTransactionId invite, SipRequest cancel)
    {
        _session!.OnCancel(invite.Value, _agent.Endpoint.Now, cancel);
        Drain();
    }

    void IRequestOwner.OnSent(string key, SipRequest request)
    {
        if (request.IsInvite && _state is SipCallState.Calling or SipCallState.Ringing)
        {
            Volatile.Write(ref _invite, request);
        }
        _session!.OnRequestSent(key, request);
    }

    void IRequestOwner.OnResponse(string key, SipResponse response)
    {
        response.Retain();
        _session!.OnResponse(key, response, _agent.Endpoint.Now);
        Drain();
    }

    void IRequestOwner.OnFailed(string key, SipRequestFailure failure)
    {
        _session!.OnRequestFailed(key, failure, _agent.Endpoint.Now);
        Drain();
    }

    private TimeSpan Elapsed => _agent.Time.GetElapsedTime(_startedAt);

    private SipSessionResult Run(Func<SipSession, TimeSpan, SipSessionResult> verb)
    {
        if (_session is null)
        {
            return SipSessionResult.NotInThisState;
        }
        var result = verb(_session, _agent.Endpoint.Now);
        Drain();
        return result;
    }

    private static TaskCompletionSource<T> NewTask<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

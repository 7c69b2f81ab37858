using System.Diagnostics.CodeAnalysis;
using OCPlatform.Sip.Dialogs;

namespace OCPlatform.Sip.Sessions;

/// <summary>
/// The INVITE usage of one SIP dialog, as caller or callee, from the INVITE to the last response (RFC 3261 §12–§15 and its extensions). Sans-IO:
/// messages, verbs and the time go in; actions and events come out by <see cref="TryTake"/>, which the shell drains after every input;
/// <see cref="Deadline"/> says when <see cref="OnDeadline"/> is due. Times are offsets from any fixed point of a monotone clock.
/// No input from the wire makes it throw. Not thread-safe.
/// </summary>
public sealed partial class SipSession
{
    /// <summary>Host that stands for our own address, which only the sender of a message knows.</summary>
    public const string PlaceholderHost = "gateway.invalid";

    /// <summary>The Via of every request that a session writes, replaced by the sender.</summary>
    public const string PlaceholderVia = $"SIP/2.0/UDP {PlaceholderHost};branch=z9hG4bKgateway";

    /// <summary>
    /// Requests of ours that may be open at once. What the peer makes us send (PRACK, NOTIFY) stops there, and verbs are told that
    /// they must wait.
    /// </summary>
    private const int MaxOpenRequests = 24;

    private readonly SipSessionOptions _options;
    private readonly SipDialogRole _role;
    private readonly string _localTag;
    private readonly Queue<SipSessionAction> _actions = new();
    private readonly Dictionary<string, ClientRequest> _requests = [];
    private readonly List<ServerRequest> _unanswered = [];
    private readonly SessionTimer _timer;
    private readonly ReliableProvisionals _reliable;
    private SessionDialog? _dialog;
    private SipSessionPhase _phase;
    private SipValueList<string>? _remoteAllow;
    private SipValueList<string> _remoteSupported = [];
    private int _nextKey = 1;

    private SipSession(SipSessionOptions options, SipDialogRole role, string localTag)
    {
        _options = options;
        _role = role;
        _localTag = localTag;
        _timer = new SessionTimer(options);
        _reliable = new ReliableProvisionals(options);
    }

    public SipSessionPhase Phase => _phase;

    public SipDialogRole Role => _role;

    /// <summary>Our tag, which in-dialog requests of the peer carry in To.</summary>
    public string LocalTag => _localTag;

    /// <summary>The dialog now: of several early ones the last that was heard of; null before there is one.</summary>
    public SipDialogState? Dialog => _dialog?.Dialog.State;

    /// <summary>Where in-dialog requests go: first route, or the peer's Contact; before there is a dialog, the target of the INVITE.</summary>
    public SipUri? NextHop => _dialog?.Dialog.NextHop ?? (_invite is null ? null : FirstHopOf(_invite));

    /// <summary>Where offer and answer stand.</summary>
    public SipOfferState Offer => _dialog?.Exchange.State ?? _inviteExchange.State;

    /// <summary>Why it ended; null before, and after a restore.</summary>
    public SipSessionEnd? End { get; private set; }

    /// <summary>Nothing is under way any more; <see cref="SipSessionEvent.Closed"/> was told.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>The peer takes a request of this method: its Allow names it, or it sent none.</summary>
    public bool PeerAllows(string method) => _remoteAllow is null || _remoteAllow.Contains(method);

    /// <summary>The next action or event, in order; false when there is none.</summary>
    public bool TryTake([NotNullWhen(true)] out SipSessionAction? action) => _actions.TryDequeue(out action);

    /// <summary>A request with this session's Call-ID and our tag. <paramref name="transaction"/> is null for ACK.</summary>
    public void OnRequest(SipRequest request, string? transaction, TimeSpan now)
    {
        if (request.IsAck)
        {
            OnAck(request, now);
        }
        else if (transaction is not null)
        {
            Dispatch(request, transaction, now);
        }
        Settle(now);
    }

    /// <summary>A response to the request sent under the key, repeated 2xx included.</summary>
    public void OnResponse(string key, SipResponse response, TimeSpan now)
    {
        if (_requests.TryGetValue(key, out var request))
        {
            // A response to an earlier attempt under this key says nothing about the present one.
            if (response.CSeq == request.Request.CSeq)
            {
                OnResponse(request, response, now);
            }
        }
        else if (response is { IsSuccess: true, CSeq.Method: SipMethod.Invite })
        {
            OnRepeatedSuccess(key, response, now);
        }
        Settle(now);
    }

    /// <summary>The request as it really left, before any response to it: its CSeq, From and Contact become the dialog's.</summary>
    public void OnRequestSent(string key, SipRequest asSent)
    {
        if (!_requests.TryGetValue(key, out var open))
        {
            return;
        }
        open.Request = asSent;
        if (open.Purpose == RequestPurpose.Invite)
        {
            OnInviteSent(asSent);
        }
        else if (open.Dialog is { } dialog)
        {
            dialog.Dialog.AdvanceLocalCSeq(asSent.CSeq.Number);
            if (asSent.Contact is { } contact && contact.Uri.Host != PlaceholderHost)
            {
                dialog.Dialog.SetLocalTarget(contact.Uri);
            }
        }
        if (open.ReferralId is { } referral)
        {
            OnReferSent(referral, asSent);
        }
    }

    /// <summary>The request sent under the key gets no final response.</summary>
    public void OnRequestFailed(string key, SipRequestFailure failure, TimeSpan now)
    {
        if (_requests.Remove(key, out var request))
        {
            OnFailed(request, failure, now);
        }
        Settle(now);
    }

    /// <summary>When <see cref="OnDeadline"/> is needed next; <see cref="TimeSpan.MaxValue"/> when never.</summary>
    public TimeSpan Deadline
    {
        get
        {
            if (IsClosed)
            {
                return TimeSpan.MaxValue;
            }
            var next = Earliest(_ackWait?.Deadline, _reliable.Deadline, _timer.Deadline, _inviteDeadline);
            next = Earliest(next, _ringAgainAt, _change?.RetryAt, _forksUntil, ReferralDeadline);
            foreach (var request in _requests.Values)
            {
                next = request.Deadline < next ? request.Deadline : next;
            }
            foreach (var request in _unanswered)
            {
                next = request.Deadline < next ? request.Deadline : next;
            }
            return next;
        }
    }

    /// <summary>Does what is due.</summary>
    public void OnDeadline(TimeSpan now)
    {
        OnAckDeadline(now);
        OnReliableDeadline(now);
        OnInviteDeadline(now);
        OnUnansweredDeadline(now);
        foreach (var request in _requests.Values.Where(r => r.Deadline <= now).ToList())
        {
            _requests.Remove(request.Key);
            OnFailed(request, SipRequestFailure.Timeout, now);
        }
        OnChangeDeadline(now);
        OnTimerDeadline(now);
        OnReferralDeadline(now);
        Settle(now);
    }

    private void OnResponse(ClientRequest request, SipResponse response, TimeSpan now)
    {
        if (response.IsFinal)
        {
            _requests.Remove(request.Key);
        }
        switch (request.Purpose)
        {
            case RequestPurpose.Invite:
                OnInviteResponse(request, response, now);
                break;
            case RequestPurpose.Reinvite when response.IsProvisional:
                // A person may be asked, so it can take as long as the transaction lets it.
                request.Deadline = now + _options.Timers.InviteProceeding + Patience;
                break;
            case var _ when response.IsProvisional:
                break;
            case RequestPurpose.Reinvite or RequestPurpose.Update:
                OnChangeResponse(request, response, now);
                break;
            case RequestPurpose.Refer:
                OnReferResponse(request, response, now);
                break;
            case RequestPurpose.Notify:
                OnNotifyResponse(request, response.StatusCode, now);
                break;
            case RequestPurpose.Info:
                Push(new SipSessionEvent.InfoAnswered(request.Key, response.StatusCode));
                EndIfLost(response, now);
                break;
        }
    }

    private void OnFailed(ClientRequest request, SipRequestFailure failure, TimeSpan now)
    {
        switch (request.Purpose)
        {
            case RequestPurpose.Invite:
                OnInviteFailed(failure, now);
                break;
            case RequestPurpose.Reinvite or RequestPurpose.Update:
                OnChangeFailed(request, failure, now);
                break;
            case RequestPurpose.Prack:
                OnPrackFailed(request);
                break;
            case RequestPurpose.Refer:
                OnReferFailed(request);
                break;
            case RequestPurpose.Notify:
                OnNotifyResponse(request, SipStatus.RequestTimeout, now);
                break;
            case RequestPurpose.Info:
                Push(new SipSessionEvent.InfoAnswered(request.Key, SipStatus.RequestTimeout));
                break;
        }
    }

    private void Push(SipSessionAction action) => _actions.Enqueue(action);

    /// <summary>Sends a request of ours in a dialog and keeps it until its final response.</summary>
    private ClientRequest Send(
        RequestPurpose purpose,
        SessionDialog dialog,
        SipRequest request,
        TimeSpan now,
        string? referralId = null
    )
    {
        Dress(request);
        var patience = purpose == RequestPurpose.Reinvite ? _options.Timers.InviteProceeding + Patience : Patience;
        var open = new ClientRequest(NextKey(request.Method), purpose, request, dialog, now + patience)
        {
            ReferralId = referralId,
        };
        _requests.Add(open.Key, open);
        Push(new SipSessionAction.Send(open.Key, request, dialog.Dialog.NextHop));
        return open;
    }

    private void Dress(SipRequest request)
    {
        request.Headers.AddFirst(SipHeaderId.Via, PlaceholderVia);
        if (_options.Product is { } product)
        {
            request.Headers.Add(SipHeaderId.UserAgent, product);
        }
    }

    private string NextKey(string method) => $"{method.ToLowerInvariant()}-{_nextKey++}";

    /// <summary>
    /// How long a request of ours is waited for. Its transaction gives up after 64*T1, and each further target that the shell tries takes as
    /// long: this only ends what the shell forgot.
    /// </summary>
    private TimeSpan Patience => 4 * _options.Timers.Timeout;

    private static TimeSpan Earliest(params ReadOnlySpan<TimeSpan?> times)
    {
        var earliest = TimeSpan.MaxValue;
        foreach (var time in times)
        {
            if (time is { } at && at < earliest)
            {
                earliest = at;
            }
        }
        return earliest;
    }
}

namespace OCPlatform.Sip.Sessions;

/// <summary>Changes that we start: re-INVITE (RFC 3261 §14.1) and UPDATE (RFC 3311 §5.1), and the refreshes of RFC 4028.</summary>
public sealed partial class SipSession
{
    /// <summary>Glare is over after one or two tries, or never.</summary>
    private const int MaxChangeAttempts = 6;

    /// <summary>A Retry-After beyond this is a refusal.</summary>
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromSeconds(10);

    private SessionChange? _change;

    /// <summary>A change of ours from its first request to its outcome, retries included.</summary>
    private sealed class SessionChange(ReadOnlyMemory<byte> body, bool byUpdate, bool isRefresh)
    {
        public ReadOnlyMemory<byte> Body { get; } = body;
        public bool ByUpdate { get; set; } = byUpdate;
        public bool IsRefresh { get; } = isRefresh;
        public int Attempts { get; set; }

        /// <summary>When it is tried again; MaxValue while a request is under way.</summary>
        public TimeSpan RetryAt { get; set; } = TimeSpan.MaxValue;
    }

    /// <summary>
    /// Offers a changed session: re-INVITE, or UPDATE while the dialog is early or when <paramref name="byUpdate"/> and the peer allows it.
    /// Empty: a re-INVITE that asks the peer for an offer. Ends in <see cref="SipSessionEvent.AnswerReceived"/>,
    /// <see cref="SipSessionEvent.OfferReceived"/> or <see cref="SipSessionEvent.OfferRejected"/>; glare is resolved here.
    /// </summary>
    public SipSessionResult Reoffer(ReadOnlyMemory<byte> body, TimeSpan now, bool byUpdate = false)
    {
        if (_dialog is null || _phase == SipSessionPhase.Ended || _cancelled is not null)
        {
            return SipSessionResult.NotInThisState;
        }
        var early = _phase == SipSessionPhase.Inviting;
        var update = early || (byUpdate && AllowsUpdate);
        if (body.IsEmpty && update)
        {
            return SipSessionResult.Invalid;
        }
        if (early && !AllowsUpdate)
        {
            return SipSessionResult.NotAllowedByPeer;
        }
        if (early && _dialog.Exchange.State == SipOfferState.None)
        {
            return SipSessionResult.NotInThisState;
        }
        if (ChangeIsBlocked(update) || _change is not null)
        {
            return SipSessionResult.Pending;
        }
        _change = new SessionChange(body, update, isRefresh: false);
        SendChange(now);
        return SipSessionResult.Done;
    }

    /// <summary>Refreshes target and session timer without changing the session: UPDATE without, re-INVITE with our description as it is.</summary>
    public SipSessionResult Refresh(TimeSpan now)
    {
        if (_dialog is null || _phase is not (SipSessionPhase.Answered or SipSessionPhase.Established))
        {
            return SipSessionResult.NotInThisState;
        }
        var update = _options.RefreshByUpdate && AllowsUpdate;
        if (ChangeIsBlocked(update) || _change is not null)
        {
            return SipSessionResult.Pending;
        }
        var body = update ? default : (ReadOnlyMemory<byte>)SipText.Bytes(_dialog.Exchange.Local ?? "");
        _change = new SessionChange(body, update, isRefresh: true);
        SendChange(now);
        return SipSessionResult.Done;
    }

    /// <summary>Our Contact from now on, told to the peer with the next target refresh.</summary>
    public void MoveTo(SipUri contact) => _dialog?.Dialog.SetLocalTarget(contact);

    private bool AllowsUpdate => _remoteAllow?.Contains(SipMethod.Update) == true;

    private bool OfferWaits => _unanswered.Any(r => r.IsOffer);

    /// <summary>
    /// Something must be over first: an open offer, an INVITE of either side (RFC 3261 §14.1), a PRACK that carries or acknowledges a description
    /// (RFC 3311 §5.1).
    /// </summary>
    private bool ChangeIsBlocked(bool update) =>
        _dialog!.Exchange.IsOpen
        || OfferWaits
        || _unanswered.Any(r => r.Purpose is RequestPurpose.Reinvite or RequestPurpose.Update)
        || _requests.Values.Any(r => r.Purpose is RequestPurpose.Reinvite or RequestPurpose.Update)
        || _reliable.HoldsAnswer
        || (!update && _ackWait is not null)
        || _requests.Count >= MaxOpenRequests;

    private void SendChange(TimeSpan now)
    {
        var change = _change!;
        var dialog = _dialog!;
        change.RetryAt = TimeSpan.MaxValue;
        change.Attempts++;
        var request = dialog.CreateRequest(change.ByUpdate ? SipMethod.Update : SipMethod.Invite);
        AddCapabilities(request);
        if (_phase != SipSessionPhase.Inviting)
        {
            _timer.Ask(request, _remoteSupported.Contains("timer"));
        }
        if (!change.Body.IsEmpty)
        {
            request.SetBody(change.Body, _options.BodyTypes[0]);
            dialog.Exchange.OfferSent(change.Body);
        }
        Send(change.ByUpdate ? RequestPurpose.Update : RequestPurpose.Reinvite, dialog, request, now);
    }

    /// <summary>Its fork lost to another, and what is still heard of it means nothing to the session.</summary>
    private bool IsOfLostFork(ClientRequest request) =>
        request.Dialog is not { } dialog || (dialog != _dialog && !_forks.Contains(dialog));

    private void OnChangeResponse(ClientRequest request, SipResponse response, TimeSpan now)
    {
        if (IsOfLostFork(request))
        {
            return;
        }
        if (response.IsSuccess)
        {
            OnChangeAccepted(request, response, now);
            return;
        }
        DropOffer(request);
        if (_change is not { } change || _phase == SipSessionPhase.Ended)
        {
            _change = null;
            return;
        }
        if (change.Attempts < MaxChangeAttempts && RetryDelay(change, response) is { } delay)
        {
            change.RetryAt = now + delay;
            if (delay == TimeSpan.Zero)
            {
                SendChange(now);
            }
            return;
        }
        _change = null;
        if (!EndIfLost(response, now))
        {
            Push(
                change.IsRefresh
                    ? new SipSessionEvent.RefreshFailed(response.StatusCode, response)
                    : new SipSessionEvent.OfferRejected(response.StatusCode, response)
            );
        }
    }

    /// <summary>An offer of the peer that crossed a request of ours without one stays open.</summary>
    private static void DropOffer(ClientRequest request)
    {
        if (!request.Request.Body.IsEmpty)
        {
            request.Dialog!.Exchange.DropOurs();
        }
    }

    /// <summary>How long to wait before the change is tried again; null when it is refused.</summary>
    private TimeSpan? RetryDelay(SessionChange change, SipResponse response)
    {
        switch (response.StatusCode)
        {
            case SipStatus.RequestPending:
                // RFC 3261 §14.1: whoever made the Call-ID waits longer, in steps of 10 ms.
                return _role == Dialogs.SipDialogRole.Uac
                    ? TimeSpan.FromMilliseconds(10 * _options.Random.Next(210, 401))
                    : TimeSpan.FromMilliseconds(10 * _options.Random.Next(0, 201));
            case SipStatus.ServerInternalError when response.RetryAfter is { } seconds:
                var after = TimeSpan.FromSeconds(seconds);
                return after <= LongestRetryAfter ? after + TimeSpan.FromMilliseconds(1) : null;
            case SipStatus.SessionIntervalTooSmall when _timer.Raise(response):
                return TimeSpan.Zero;
            case SipStatus.MethodNotAllowed
            or SipStatus.NotImplemented
            or SipStatus.ServerTimeout when change.ByUpdate && _phase != SipSessionPhase.Inviting:
                // 504: somebody must be asked, and only a re-INVITE has the time for it (RFC 3311 §5.3).
                if (response.StatusCode != SipStatus.ServerTimeout)
                {
                    _remoteAllow = [.. (_remoteAllow ?? []).Where(m => m != SipMethod.Update)];
                }
                if (change is { IsRefresh: true, Body.IsEmpty: true })
                {
                    // The re-INVITE that stands for it repeats our description; the timer asks for it again.
                    return null;
                }
                change.ByUpdate = false;
                return TimeSpan.Zero;
            default:
                return null;
        }
    }

    private void OnChangeAccepted(ClientRequest request, SipResponse response, TimeSpan now)
    {
        var (dialog, change) = (request.Dialog!, _change);
        _change = null;
        Learn(response);
        dialog.Dialog.RefreshTarget(response);
        var isInvite = request.Purpose == RequestPurpose.Reinvite;
        if (_phase == SipSessionPhase.Ended)
        {
            if (isInvite)
            {
                Acknowledge(request.Key, dialog, request.Request, default, now);
            }
            return;
        }
        if (_phase != SipSessionPhase.Inviting)
        {
            _timer.Accepted(request.Request, response, now);
        }
        var description = DescriptionIn(response);
        if (isInvite && request.Request.Body.IsEmpty && !description.IsEmpty)
        {
            AwaitAnswer(request.Key, RequestPurpose.SuccessOffer, request.Request, dialog, response.Body, now);
            return;
        }
        if (isInvite)
        {
            Acknowledge(request.Key, dialog, request.Request, default, now);
        }
        if (dialog.Exchange.State == SipOfferState.LocalOffer)
        {
            dialog.Exchange.AnswerReceived();
            Push(
                new SipSessionEvent.AnswerReceived(
                    description,
                    SipOfferCarrier.Success,
                    Early: _phase == SipSessionPhase.Inviting
                )
            );
        }
        else if (change is { IsRefresh: false })
        {
            // We asked for an offer and got none.
            Push(new SipSessionEvent.OfferRejected(response.StatusCode, response));
        }
        Changed();
    }

    private void OnChangeFailed(ClientRequest request, SipRequestFailure failure, TimeSpan now)
    {
        if (IsOfLostFork(request))
        {
            return;
        }
        DropOffer(request);
        var change = _change;
        _change = null;
        if (change is null || _phase == SipSessionPhase.Ended)
        {
            return;
        }
        if (failure == SipRequestFailure.Timeout && _phase != SipSessionPhase.Inviting)
        {
            // No word at all counts as 408 (RFC 3261 §8.1.3.1), which ends the dialog (§14.1, RFC 4028 §10).
            EndByBye(
                SipEndedBy.Network,
                SipEndCause.NoResponse,
                SipStatus.RequestTimeout,
                $"{request.Request.Method}: {failure}",
                now
            );
        }
        else if (change.IsRefresh)
        {
            Push(new SipSessionEvent.RefreshFailed(SipStatus.ServiceUnavailable, null));
        }
        else
        {
            Push(
                new SipSessionEvent.OfferRejected(
                    failure == SipRequestFailure.Timeout ? SipStatus.RequestTimeout : SipStatus.ServiceUnavailable,
                    null
                )
            );
        }
    }

    private void OnChangeDeadline(TimeSpan now)
    {
        if (_change is not { } change || now < change.RetryAt)
        {
            return;
        }
        if (_dialog is null || ChangeIsBlocked(change.ByUpdate))
        {
            // The peer's own change came in between; it is over soon.
            change.RetryAt = now + _options.Timers.T1;
            return;
        }
        SendChange(now);
    }

    private void OnTimerDeadline(TimeSpan now)
    {
        switch (_timer.OnDeadline(now))
        {
            case SessionTimerAction.Refresh:
                Refresh(now);
                break;
            case SessionTimerAction.Expired:
                EndByBye(
                    SipEndedBy.Network,
                    SipEndCause.SessionExpired,
                    SipStatus.RequestTimeout,
                    "the session timer expired",
                    now
                );
                break;
        }
    }

    /// <summary>Journal-worthy values of an answered call are new.</summary>
    private void Changed()
    {
        if (_phase is SipSessionPhase.Answered or SipSessionPhase.Established)
        {
            Push(new SipSessionEvent.SessionChanged());
        }
    }
}

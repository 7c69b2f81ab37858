using OCPlatform.Sip.Dialogs;

namespace OCPlatform.Sip.Sessions;

/// <summary>How a session ends (RFC 3261 §15).</summary>
public sealed partial class SipSession
{
    private SipReason? _byeReason;
    private bool _byeOwed;

    /// <summary>
    /// Ends it as its state asks for: CANCEL, BYE, or a final response (the status of a SIP reason from 300 on, else 480). A BYE waits for the
    /// ACK of our 2xx (RFC 3261 §15), and for the peer to know how a transfer went.
    /// </summary>
    public SipSessionResult HangUp(SipReason? reason, TimeSpan now)
    {
        if (_phase == SipSessionPhase.Ended)
        {
            return SipSessionResult.NotInThisState;
        }
        if (_inviteTransaction is not null)
        {
            var status = reason is { Protocol: "SIP", Cause: >= 300 and < 700 and var cause }
                ? (int)cause
                : SipStatus.TemporarilyUnavailable;
            return Reject(status, reason?.Text, null, now);
        }
        if (_phase == SipSessionPhase.Inviting)
        {
            CancelInvite(SipEndedBy.Us, SipEndCause.Cancelled, reason?.Text ?? "cancelled", now);
            return SipSessionResult.Done;
        }
        EndByBye(SipEndedBy.Us, SipEndCause.HungUp, null, reason?.Text ?? "hung up", now, reason);
        Settle(now);
        return SipSessionResult.Done;
    }

    private void OnBye(SessionDialog dialog, SipRequest bye, string transaction, TimeSpan now)
    {
        Respond(transaction, ResponseTo(bye, SipStatus.Ok));
        if (_phase == SipSessionPhase.Ended)
        {
            // Both hung up at once. Its BYE says that it needs none of ours.
            _byeOwed = false;
            return;
        }
        if (_role == SipDialogRole.Uac && _phase == SipSessionPhase.Inviting)
        {
            // A callee refuses instead (RFC 3261 §15), but what is meant is plain.
            EndFork(dialog);
            return;
        }
        if (_inviteTransaction is not null)
        {
            // BYE in the early dialog: the INVITE still needs its final response (RFC 3261 §15.1.2).
            RefuseInvite(SipStatus.RequestTerminated, null, null);
        }
        var reasons = SipReason.Of(bye);
        EndWith(
            now,
            SipEndedBy.Peer,
            SipEndCause.HungUp,
            null,
            reasons is [{ Text: { } text }, ..] ? text : "BYE",
            reasons
        );
    }

    /// <summary>Ends an answered session with BYE, held back while the ACK of our first 2xx is due.</summary>
    private void EndByBye(
        SipEndedBy by,
        SipEndCause cause,
        int? status,
        string detail,
        TimeSpan now,
        SipReason? reason = null
    )
    {
        if (_phase != SipSessionPhase.Ended)
        {
            _byeReason = reason ?? (status is { } code ? SipReason.Sip(code, detail) : null);
            _byeOwed = true;
            var ackIsDue = _phase == SipSessionPhase.Answered && _ackWait is not null;
            EndWith(now, by, cause, status, detail);
            if (ackIsDue)
            {
                return;
            }
            _ackWait = null;
        }
        SendOwedBye(now);
    }

    private void SendOwedBye(TimeSpan now)
    {
        // A NOTIFY and a BYE on each other's heels may change places on their way, and phones answer what comes behind a BYE with 481.
        if (!_byeOwed || _ackWait is not null || _requests.Values.Any(r => r.Purpose == RequestPurpose.Notify))
        {
            return;
        }
        _byeOwed = false;
        var bye = _dialog!.CreateRequest(SipMethod.Bye);
        _byeReason?.AddTo(bye);
        Send(RequestPurpose.Bye, _dialog, bye, now);
    }

    /// <summary>
    /// A response that says that the peer has no such dialog any more ends it (RFC 3261 §12.2.1.2, RFC 5057 §5). True when it did. Of
    /// methods that do not change the session only 481 counts: servers speak of the Refer-To target with 404.
    /// </summary>
    private bool EndIfLost(SipResponse response, TimeSpan now)
    {
        var isChange = response.CSeq.Method is SipMethod.Invite or SipMethod.Update;
        if (
            _phase is not (SipSessionPhase.Answered or SipSessionPhase.Established)
            || (response.To.Tag ?? "") != _dialog?.RemoteTag // A fork that lost is gone, of course.
            || (!isChange && response.StatusCode != SipStatus.CallDoesNotExist)
            || response.StatusCode
                is not (
                    SipStatus.RequestTimeout
                    or SipStatus.CallDoesNotExist
                    or SipStatus.NotFound
                    or SipStatus.Gone
                    or SipStatus.UnsupportedUriScheme
                    or SipStatus.LoopDetected
                    or SipStatus.TooManyHops
                    or SipStatus.AddressIncomplete
                    or 485
                    or SipStatus.BadGateway
                    or SipStatus.DoesNotExistAnywhere
                )
        )
        {
            return false;
        }
        EndByBye(
            SipEndedBy.Network,
            SipEndCause.DialogLost,
            response.StatusCode,
            $"{response.CSeq.Method}: {response.StatusCode} {response.ReasonPhrase}",
            now
        );
        return true;
    }

    private void EndWith(
        TimeSpan now,
        SipEndedBy by,
        SipEndCause cause,
        int? status,
        string detail,
        IReadOnlyList<SipReason>? reasons = null,
        SipResponse? response = null
    )
    {
        if (_phase == SipSessionPhase.Ended)
        {
            return;
        }
        foreach (var open in _unanswered.Where(r => r.Purpose < RequestPurpose.ProvisionalOffer))
        {
            // What the peer still waits for gets its answer (RFC 3261 §15.1.2).
            Respond(open.Key, ResponseTo(open.Request, SipStatus.RequestTerminated));
        }
        foreach (var open in _unanswered.Where(r => r.Purpose == RequestPurpose.SuccessOffer))
        {
            Acknowledge(open.Key, open.Dialog, open.Request, default, now);
        }
        _unanswered.Clear();
        if (!_byeOwed)
        {
            _ackWait = null;
        }
        StopInviting();
        _timer.Stop();
        _change = null;
        _inviteExchange = new OfferAnswer();
        _phase = SipSessionPhase.Ended;
        response?.Retain();
        End = new SipSessionEnd(by, cause, status, detail, reasons ?? [], response);
        Push(new SipSessionEvent.Ended(End));
    }

    /// <summary>After each input: sends what waited for it, and says when nothing is left.</summary>
    private void Settle(TimeSpan now)
    {
        SendWaiting(now);
        if (_phase == SipSessionPhase.Ended)
        {
            ShortenReferrals(now);
        }
        if (now >= _acksUntil)
        {
            _acks.Clear();
            _acksUntil = TimeSpan.MaxValue;
        }
        if (now >= _forksUntil)
        {
            _forksUntil = TimeSpan.MaxValue;
        }
        if (
            !IsClosed
            && _phase == SipSessionPhase.Ended
            && !_byeOwed
            && _requests.Count == 0
            && _forksUntil == TimeSpan.MaxValue
            && _referrals.Count == 0
        )
        {
            IsClosed = true;
            Push(new SipSessionEvent.Closed());
        }
    }
}

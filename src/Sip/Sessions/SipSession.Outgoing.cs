using OCPlatform.Sip.Dialogs;

namespace OCPlatform.Sip.Sessions;

/// <summary>The caller's side until the call is answered (RFC 3261 §13.2), forks included.</summary>
public sealed partial class SipSession
{
    /// <summary>Key of the first INVITE of <see cref="Outgoing"/>; one repeated after 422 has another.</summary>
    public const string InviteKey = "invite";

    /// <summary>A proxy forks to a few phones; more early dialogs than this are not kept.</summary>
    private const int MaxForks = 16;

    private readonly List<SessionDialog> _forks = [];
    private readonly List<(string Key, string RemoteTag, SipRequest Ack, SipUri NextHop)> _acks = [];
    private TimeSpan _acksUntil = TimeSpan.MaxValue;
    private OfferAnswer _inviteExchange = new();
    private string _inviteKey = InviteKey;
    private (SipEndedBy By, SipEndCause Cause, string Detail)? _cancelled;
    private bool _wasForked;
    private TimeSpan _forksUntil = TimeSpan.MaxValue;

    /// <summary>Places a call: the INVITE is the first action, under <see cref="InviteKey"/>.</summary>
    public static SipSession Outgoing(SipInvitePlan plan, SipSessionOptions options, TimeSpan now)
    {
        var session = new SipSession(options, SipDialogRole.Uac, plan.LocalTag);
        var invite = SipRequest.Create(
            SipMethod.Invite,
            plan.Target,
            plan.From.WithTag(plan.LocalTag),
            plan.To,
            plan.CallId
        );
        invite.Headers.Add(SipHeaderId.Contact, $"<{plan.Contact}>");
        session.AddCapabilities(invite);
        if (options.ReliableProvisionals == SipReliableProvisionals.Required)
        {
            invite.Headers.Add(SipHeaderId.Require, "100rel");
        }
        if (plan.Replaces is { } replaces)
        {
            invite.Headers.Add(SipHeaderId.Replaces, replaces.ToString());
        }
        if (plan.ReferredBy is { } referredBy)
        {
            invite.Headers.Add(SipHeaderId.ReferredBy, referredBy.ToString());
        }
        foreach (var (name, value) in plan.Headers)
        {
            invite.Headers.Add(name, value);
        }
        session._timer.Ask(invite, peerSupports: false);
        if (!plan.Offer.IsEmpty)
        {
            invite.SetBody(plan.Offer, options.BodyTypes[0]);
            session._inviteExchange.OfferSent(plan.Offer);
        }
        session._inviteDeadline = now + plan.AnswerWithin;
        session.Dress(invite);
        session.SendInvite(InviteKey, invite, now);
        return session;
    }

    private void SendInvite(string key, SipRequest invite, TimeSpan now)
    {
        _invite = invite;
        _inviteKey = key;
        // Its end is told by the transaction, and bounded by the time to answer and the cancelling that follows.
        _requests.Add(key, new ClientRequest(key, RequestPurpose.Invite, invite, null, TimeSpan.MaxValue));
        Push(new SipSessionAction.Send(key, invite, FirstHopOf(invite), OpensDialog: true));
    }

    /// <summary>Another attempt, to another target or with credentials: what the last one brought is gone.</summary>
    private void OnInviteSent(SipRequest invite)
    {
        var again = _invite!.CSeq != invite.CSeq;
        _invite = invite;
        if (_inviteExchange.Offered is not null)
        {
            // The gateway cuts an offer to the way it goes: what is answered, and what a refresh repeats, is what left.
            _inviteExchange.OfferSent(invite.Body);
        }
        if (again)
        {
            EndForks(except: null);
            _dialog = null;
        }
    }

    private void OnInviteResponse(ClientRequest request, SipResponse response, TimeSpan now)
    {
        if (response.IsProvisional)
        {
            OnProvisional(response, now);
        }
        else if (response.IsSuccess)
        {
            OnSuccess(request.Key, response, now);
        }
        else
        {
            OnRefused(response, now);
        }
    }

    private void OnProvisional(SipResponse response, TimeSpan now)
    {
        if (_phase != SipSessionPhase.Inviting)
        {
            return;
        }
        if (response.StatusCode == SipStatus.Trying || response.To.Tag is null)
        {
            Push(new SipSessionEvent.Progress(response.StatusCode, response, Reliable: false));
            return;
        }
        var fork = ForkOf(response.To.Tag);
        if (fork is null)
        {
            if (_forks.Count >= MaxForks || SipDialog.CreateUac(_invite!, response) is not { } dialog)
            {
                return;
            }
            fork = new SessionDialog(dialog, _inviteExchange.Copy());
            _forks.Add(fork);
            _wasForked |= _forks.Count > 1;
        }
        Learn(response);
        if (response.StatusCode == 199)
        {
            // That branch is over, the others are not (RFC 6228 §4).
            EndFork(fork);
            return;
        }
        var reliable = Names(response, SipHeaderId.Require, "100rel");
        if (reliable)
        {
            OnReliableProvisional(fork, response, now);
            return;
        }
        _dialog = fork;
        if (DescriptionOf(response) == BodyKind.Description)
        {
            response.Retain();
            fork.Preview = response.Body;
        }
        Push(new SipSessionEvent.Progress(response.StatusCode, response, Reliable: false));
    }

    private void OnSuccess(string key, SipResponse response, TimeSpan now)
    {
        var tag = response.To.Tag ?? "";
        var fork = ForkOf(tag);
        if (fork is null)
        {
            if (SipDialog.CreateUac(_invite!, response) is not { } dialog)
            {
                return;
            }
            fork = new SessionDialog(dialog, _inviteExchange.Copy());
        }
        fork.Dialog.Confirm(response);
        if (_phase != SipSessionPhase.Inviting)
        {
            Leave(key, fork, now);
            return;
        }
        _dialog = fork;
        EndForks(except: fork);
        StopInviting();
        Learn(response);
        _forksUntil = _wasForked ? now + _options.Timers.Timeout : TimeSpan.MaxValue;
        if (_cancelled is { } cancelled)
        {
            // CANCEL and 2xx crossed (RFC 3261 §9.1): answered, so it must be hung up.
            Acknowledge(key, fork, _invite!, default, now);
            EndByBye(cancelled.By, cancelled.Cause, SipStatus.RequestTerminated, cancelled.Detail, now);
            return;
        }
        _phase = SipSessionPhase.Established;
        _timer.Accepted(_invite!, response, now);
        Push(new SipSessionEvent.Established(response));
        OnFirstSuccess(key, fork, response, now);
    }

    /// <summary>What the 2xx of the winning fork means to offer and answer (RFC 3261 §13.2.2.4).</summary>
    private void OnFirstSuccess(string key, SessionDialog fork, SipResponse response, TimeSpan now)
    {
        var description = DescriptionIn(response);
        switch (fork.Exchange.State)
        {
            case SipOfferState.LocalOffer:
                Acknowledge(key, fork, _invite!, default, now);
                fork.Exchange.AnswerReceived();
                // Some servers answer in an unreliable 183 and leave the 200 empty.
                Push(
                    new SipSessionEvent.AnswerReceived(
                        description.IsEmpty ? fork.Preview : description,
                        SipOfferCarrier.Success,
                        Early: false
                    )
                );
                break;
            case SipOfferState.Stable:
                Acknowledge(key, fork, _invite!, default, now);
                break;
            default:
                if (description.IsEmpty)
                {
                    Acknowledge(key, fork, _invite!, default, now);
                    EndByBye(
                        SipEndedBy.Peer,
                        SipEndCause.ProtocolError,
                        null,
                        "a 2xx without offer answers an INVITE without offer",
                        now
                    );
                    return;
                }
                // An offer in a 1xx whose PRACK did not go out yet is void: only a peer that breaks RFC 3262 §3 gets here.
                _unanswered.RemoveAll(r => r.Purpose == RequestPurpose.ProvisionalOffer);
                AwaitAnswer(key, RequestPurpose.SuccessOffer, _invite!, fork, response.Body, now);
                break;
        }
    }

    /// <summary>A 2xx to an INVITE that has had its final response: repeated because our ACK was lost, or of another fork.</summary>
    private void OnRepeatedSuccess(string key, SipResponse response, TimeSpan now)
    {
        var tag = response.To.Tag ?? "";
        foreach (var sent in _acks)
        {
            if (sent.Key == key && sent.RemoteTag == tag)
            {
                Push(new SipSessionAction.SendStateless(sent.Ack.Clone(), sent.NextHop));
                return;
            }
        }
        var isWaitingForUs = _unanswered.Any(r => r.Key == key && r.Dialog.RemoteTag == tag);
        var isOurDialog = _phase != SipSessionPhase.Inviting && _dialog?.RemoteTag == tag;
        if (key == _inviteKey && _role == SipDialogRole.Uac && _invite is not null && !isWaitingForUs && !isOurDialog)
        {
            OnSuccess(key, response, now);
        }
    }

    /// <summary>A fork that answered too late is acknowledged and hung up.</summary>
    private void Leave(string key, SessionDialog fork, TimeSpan now)
    {
        Acknowledge(key, fork, _invite!, default, now);
        if (_requests.Count < MaxOpenRequests)
        {
            Send(RequestPurpose.ByeFork, fork, fork.CreateRequest(SipMethod.Bye), now);
        }
        _forksUntil = now + _options.Timers.Timeout;
    }

    private void Acknowledge(
        string key,
        SessionDialog dialog,
        SipRequest invite,
        ReadOnlyMemory<byte> answer,
        TimeSpan now
    )
    {
        var ack = dialog.Dialog.CreateAck(invite);
        if (!answer.IsEmpty)
        {
            ack.SetBody(answer, _options.BodyTypes[0]);
        }
        Dress(ack);
        if (_acks.Count >= MaxForks)
        {
            _acks.RemoveAt(0);
        }
        _acks.Add((key, dialog.RemoteTag, ack, dialog.Dialog.NextHop));
        _acksUntil = now + _options.Timers.Timeout;
        // The sender puts its own Via on it, and it may be needed again.
        Push(new SipSessionAction.SendStateless(ack.Clone(), dialog.Dialog.NextHop));
    }

    private void OnRefused(SipResponse response, TimeSpan now)
    {
        if (response.StatusCode == SipStatus.SessionIntervalTooSmall && _cancelled is null && _timer.Raise(response))
        {
            var again = _invite!.Clone();
            again.CSeq = new CSeq(again.CSeq.Number + 1, SipMethod.Invite);
            again.Headers.Set(SipHeaderId.Via, PlaceholderVia);
            _timer.Ask(again, peerSupports: false);
            EndForks(except: null);
            _dialog = null;
            SendInvite(NextKey(SipMethod.Invite), again, now);
            return;
        }
        var (by, cause, _) = _cancelled ?? (SipEndedBy.Peer, SipEndCause.Rejected, "");
        EndForks(except: null);
        EndWith(now, by, cause, response.StatusCode, response.ReasonPhrase, SipReason.Of(response), response);
    }

    private void OnInviteFailed(SipRequestFailure failure, TimeSpan now)
    {
        EndForks(except: null);
        var (by, cause, detail) =
            _cancelled
            ?? (
                SipEndedBy.Network,
                failure == SipRequestFailure.Timeout ? SipEndCause.NoResponse : SipEndCause.TransportError,
                $"INVITE: {failure}"
            );
        EndWith(
            now,
            by,
            cause,
            failure == SipRequestFailure.Timeout ? SipStatus.RequestTimeout : SipStatus.ServiceUnavailable,
            detail
        );
    }

    private void OnOutgoingDeadline(TimeSpan now)
    {
        if (_phase != SipSessionPhase.Inviting)
        {
            return;
        }
        if (_cancelled is null)
        {
            CancelInvite(SipEndedBy.Us, SipEndCause.NotAnswered, "not answered in time", now);
            return;
        }
        // Not even 487 came of the CANCEL.
        _requests.Remove(_inviteKey);
        OnInviteFailed(SipRequestFailure.Timeout, now);
    }

    private void CancelInvite(SipEndedBy by, SipEndCause cause, string detail, TimeSpan now)
    {
        if (_cancelled is null)
        {
            _cancelled = (by, cause, detail);
            _inviteDeadline = now + Patience;
            Push(new SipSessionAction.Cancel(_inviteKey));
        }
    }

    private SessionDialog? ForkOf(string tag) => _forks.Find(f => f.RemoteTag == tag);

    private void EndForks(SessionDialog? except)
    {
        foreach (var fork in _forks.Where(f => f != except).ToList())
        {
            EndFork(fork);
        }
        _forks.Clear();
    }

    private void EndFork(SessionDialog fork)
    {
        _forks.Remove(fork);
        _unanswered.RemoveAll(r => r.Dialog == fork && r.Purpose == RequestPurpose.ProvisionalOffer);
        foreach (var open in _unanswered.Where(r => r.Dialog == fork).ToList())
        {
            _unanswered.Remove(open);
            Respond(open.Key, ResponseTo(open.Request, SipStatus.RequestTerminated));
        }
        if (_dialog == fork)
        {
            _dialog = _forks.LastOrDefault();
        }
        Push(new SipSessionEvent.ForkEnded(fork.RemoteTag));
        if (_change is { } change && _requests.Values.Any(r => r.Dialog == fork && r.Purpose == RequestPurpose.Update))
        {
            _change = null;
            if (!change.IsRefresh)
            {
                Push(new SipSessionEvent.OfferRejected(SipStatus.RequestTerminated, null));
            }
        }
    }

    /// <summary>Where a request outside a dialog goes: its first Route, or the Request-URI (RFC 3261 §8.1.2).</summary>
    private static SipUri FirstHopOf(SipRequest request) =>
        request.Routes is [var first, ..] ? first.Uri : request.RequestUri;
}

using OCPlatform.Sip.Dialogs;

namespace OCPlatform.Sip.Sessions;

/// <summary>The session as plain values, and back.</summary>
public sealed partial class SipSession
{
    /// <summary>All there is to know of it now; see <see cref="Restore"/>.</summary>
    public SipSessionState State =>
        new()
        {
            Phase = _phase,
            Role = _role,
            LocalTag = _localTag,
            Dialog = _dialog?.Dialog.State,
            Offer = Offer,
            LocalDescription = _dialog?.Exchange.Local,
            OpenOffer = (_dialog?.Exchange ?? _inviteExchange).Offered,
            RemoteAllow = _remoteAllow,
            RemoteSupported = _remoteSupported,
            Timer = _timer.State,
            MinSeS = _timer.MinSeS,
            NextKey = _nextKey,
            Invite =
                _invite is not null && _phase == SipSessionPhase.Inviting
                    ? new(_inviteTransaction ?? _inviteKey, nameof(RequestPurpose.Invite), Encode(_invite), null)
                    : null,
            Cancelled = _cancelled is { } cancelled ? new(cancelled.By, cancelled.Cause, cancelled.Detail) : null,
            InviteOffer =
                _role == SipDialogRole.Uac && _phase == SipSessionPhase.Inviting ? _inviteExchange.Offered : null,
            Forks =
            [
                .. _forks.Select(f => new SipForkState(
                    f.Dialog.State,
                    f.LastRSeq,
                    f.Exchange.State,
                    f.Exchange.Local,
                    f.Exchange.Offered
                )),
            ],
            Unacknowledged = _ackWait is null
                ? null
                : new(_ackTransaction!, nameof(RequestPurpose.Invite), null, Encode(_ackResponse!)),
            Acks = [.. _acks.Select(a => new SipOpenExchange(a.Key, SipMethod.Ack, Encode(a.Ack), null, a.RemoteTag))],
            Provisional = _reliable.Waiting is { } waiting
                ? new(_inviteTransaction!, nameof(RequestPurpose.Prack), null, Encode(waiting))
                : null,
            LastRSeq = _phase == SipSessionPhase.Inviting ? _reliable.LastRSeq : 0,
            QueuedAnswer = _queuedAnswer is { } answer ? Text(answer) : null,
            Change = _change is { } change ? new(Text(change.Body), change.ByUpdate, change.IsRefresh) : null,
            OwedBye = _byeOwed ? _byeReason?.ToString() ?? "" : null,
            Requests =
            [
                .. _requests
                    .Values.Where(r => r.Purpose != RequestPurpose.Invite)
                    .Select(r => new SipOpenExchange(
                        r.Key,
                        r.Purpose.ToString(),
                        Encode(r.Request),
                        null,
                        r.Dialog is { } d && (d == _dialog || _forks.Contains(d)) ? d.RemoteTag : null,
                        r.ReferralId
                    )),
            ],
            Unanswered =
            [
                .. _unanswered.Select(r => new SipOpenExchange(
                    r.Key,
                    r.Purpose.ToString(),
                    Encode(r.Request),
                    null,
                    r.Dialog.RemoteTag
                )),
            ],
            Referrals = [.. _referrals.Select(r => new SipReferralState(r.Id, r.EventId, r.Ours, r.IsFirst, r.Status))],
        };

    /// <summary>
    /// The session as <see cref="State"/> told it, maybe in another process. Deadlines start anew; what was open stays open and comes to its
    /// end by a response, a failure, or its deadline.
    /// </summary>
    /// <exception cref="FormatException">The state holds what is no SIP message: it was not made by this class.</exception>
    public static SipSession Restore(SipSessionState state, SipSessionOptions options, TimeSpan now)
    {
        var session = new SipSession(options, state.Role, state.LocalTag);
        session.Take(state, now);
        session.Settle(now);
        return session;
    }

    private void Take(SipSessionState state, TimeSpan now)
    {
        _phase = state.Phase;
        _remoteAllow = state.RemoteAllow;
        _remoteSupported = state.RemoteSupported;
        _nextKey = state.NextKey;
        _timer.Restore(state.Timer, state.MinSeS, now);
        foreach (var fork in state.Forks)
        {
            _forks.Add(
                new SessionDialog(
                    new SipDialog(fork.Dialog),
                    OfferAnswer.Restore(fork.Offer, fork.LocalDescription, fork.OpenOffer)
                )
                {
                    LastRSeq = fork.LastRSeq,
                    CSeqGap = SessionDialog.RestoreGap,
                }
            );
        }
        if (state.Dialog is { } dialog)
        {
            _dialog =
                _forks.Find(f => f.RemoteTag == dialog.RemoteTag)
                ?? new SessionDialog(
                    new SipDialog(dialog),
                    OfferAnswer.Restore(state.Offer, state.LocalDescription, state.OpenOffer)
                )
                {
                    CSeqGap = SessionDialog.RestoreGap,
                };
        }
        TakeInvite(state, now);
        if (state.Unacknowledged is { } unacknowledged)
        {
            AwaitAck(unacknowledged.Key, (SipResponse)Decode(unacknowledged.Response!), now);
        }
        foreach (var ack in state.Acks)
        {
            var request = (SipRequest)Decode(ack.Request!);
            var hop = _dialog?.RemoteTag == ack.RemoteTag ? _dialog!.Dialog.NextHop : FirstHopOf(request);
            _acks.Add((ack.Key, ack.RemoteTag ?? "", request, hop));
        }
        _acksUntil = now + _options.Timers.Timeout;
        _byeOwed = state.OwedBye is not null;
        _byeReason = string.IsNullOrEmpty(state.OwedBye) ? null : SipReason.Parse(state.OwedBye);
        if (state.Change is { } change)
        {
            _change = new SessionChange(SipText.Bytes(change.Body), change.ByUpdate, change.IsRefresh);
        }
        TakeOpen(state, now);
        if (
            _change is not null
            && !_requests.Values.Any(r => r.Purpose is RequestPurpose.Reinvite or RequestPurpose.Update)
        )
        {
            _change.RetryAt = now;
        }
        foreach (var referral in state.Referrals)
        {
            _referrals.Add(
                new Referral(referral.Id, referral.EventId, referral.Ours, referral.IsFirst)
                {
                    Status = referral.Status,
                    Reason = SipStatus.ReasonOf(referral.Status),
                    Deadline = now + TimeSpan.FromSeconds(_options.ReferralExpiresS),
                }
            );
            _referred |= referral.Ours;
            _wasReferred |= !referral.Ours;
        }
    }

    private void TakeInvite(SipSessionState state, TimeSpan now)
    {
        if (state.Invite is not { } open)
        {
            return;
        }
        _invite = (SipRequest)Decode(open.Request!);
        if (_role == SipDialogRole.Uas)
        {
            _inviteTransaction = open.Key;
            _inviteExchange = _dialog!.Exchange;
            _inviteDeadline = now + AnswerLimit(_invite);
            _ringAgainAt = now + RingAgainAfter;
            var waiting = state.Provisional is { } p ? (SipResponse)Decode(p.Response!) : null;
            _reliable.Restore(state.LastRSeq, waiting, now);
            if (state.QueuedAnswer is { } answer)
            {
                _queuedAnswer = SipText.Bytes(answer);
            }
            if (SipReplaces.TryParse(_invite.Headers[SipHeaderId.Replaces] ?? "", out var replaces))
            {
                Replaces = replaces;
            }
            return;
        }
        _inviteKey = open.Key;
        _inviteExchange = OfferAnswer.Restore(
            state.InviteOffer is null ? SipOfferState.None : SipOfferState.LocalOffer,
            null,
            state.InviteOffer
        );
        _wasForked = _forks.Count > 1;
        _cancelled = state.Cancelled is { } c ? (c.By, c.Cause, c.Detail) : null;
        _inviteDeadline = now + Patience;
        _requests.Add(open.Key, new ClientRequest(open.Key, RequestPurpose.Invite, _invite, null, TimeSpan.MaxValue));
    }

    private void TakeOpen(SipSessionState state, TimeSpan now)
    {
        foreach (var open in state.Requests)
        {
            var dialog = ForkOf(open.RemoteTag ?? "") ?? _dialog;
            var purpose = Enum.Parse<RequestPurpose>(open.Purpose);
            _requests.Add(
                open.Key,
                new ClientRequest(open.Key, purpose, (SipRequest)Decode(open.Request!), dialog, now + Patience)
                {
                    ReferralId = open.ReferralId,
                }
            );
        }
        foreach (var open in state.Unanswered)
        {
            var dialog = ForkOf(open.RemoteTag ?? "") ?? _dialog!;
            var purpose = Enum.Parse<RequestPurpose>(open.Purpose);
            _unanswered.Add(
                new ServerRequest(
                    open.Key,
                    purpose,
                    (SipRequest)Decode(open.Request!),
                    dialog,
                    purpose != RequestPurpose.Refer,
                    now + _options.Timers.Timeout / 2
                )
            );
        }
    }

    private static string Text(ReadOnlyMemory<byte> body) => System.Text.Encoding.UTF8.GetString(body.Span);

    private static string Encode(SipMessage message)
    {
        if (message is SipRequest request && !request.Headers.Contains(SipHeaderId.Via))
        {
            // The endpoint puts it on as the last thing; without one it could not be read back.
            message = request.Clone();
            message.Headers.AddFirst(SipHeaderId.Via, PlaceholderVia);
        }
        return Convert.ToBase64String(message.ToBytes());
    }

    private static SipMessage Decode(string message) => SipParser.Parse(Convert.FromBase64String(message));
}

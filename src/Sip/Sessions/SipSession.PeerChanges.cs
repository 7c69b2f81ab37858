using System.Globalization;

namespace OCPlatform.Sip.Sessions;

/// <summary>Changes that the peer starts, and our answers to its offers (RFC 3261 §14.2, RFC 3311 §5.2, RFC 3264).</summary>
public sealed partial class SipSession
{
    /// <summary>Our answer to the peer's open offer, or our offer where it wants one (re-INVITE without a description).</summary>
    public SipSessionResult AcceptOffer(ReadOnlyMemory<byte> body, TimeSpan now)
    {
        if (body.IsEmpty)
        {
            return SipSessionResult.Invalid;
        }
        if (TakeUnanswered(r => r.IsOffer) is not { } open)
        {
            return SipSessionResult.NotInThisState;
        }
        var exchange = open.Dialog.Exchange;
        switch (open.Purpose)
        {
            case RequestPurpose.ProvisionalOffer:
                exchange.AnswerSent(body);
                SendPrack(open.Dialog, open.Key, body, now);
                break;
            case RequestPurpose.SuccessOffer:
                exchange.AnswerSent(body);
                Acknowledge(open.Key, open.Dialog, open.Request, body, now);
                Changed();
                break;
            default:
                AcceptChange(open, body, now);
                break;
        }
        Settle(now);
        return SipSessionResult.Done;
    }

    /// <summary>Refuses the peer's open offer; the session stays as it was. 488 when in doubt.</summary>
    public SipSessionResult RejectOffer(int status, string? cause, TimeSpan now)
    {
        if (status is < 300 or > 699)
        {
            return SipSessionResult.Invalid;
        }
        if (TakeUnanswered(r => r.IsOffer) is not { } open)
        {
            return SipSessionResult.NotInThisState;
        }
        Refuse(open, status, cause, now);
        Settle(now);
        return SipSessionResult.Done;
    }

    private void Refuse(ServerRequest open, int status, string? cause, TimeSpan now)
    {
        open.Dialog.Exchange.DropPeers();
        switch (open.Purpose)
        {
            case RequestPurpose.ProvisionalOffer:
                CancelInvite(SipEndedBy.Us, SipEndCause.Rejected, cause ?? SipStatus.ReasonOf(status), now);
                break;
            case RequestPurpose.SuccessOffer:
                // An offer in a 2xx cannot be refused (RFC 3261 §13.2.2.4): acknowledged as it is, and hung up when it was the first.
                Acknowledge(open.Key, open.Dialog, open.Request, default, now);
                if (open.Dialog.Exchange.State == SipOfferState.None)
                {
                    EndByBye(SipEndedBy.Us, SipEndCause.Rejected, status, cause ?? SipStatus.ReasonOf(status), now);
                }
                break;
            default:
                Respond(open.Key, Refusal(open.Request, status, cause));
                break;
        }
    }

    private void OnReinvite(SipRequest invite, string transaction, TimeSpan now)
    {
        if (_role == Dialogs.SipDialogRole.Uas && _phase == SipSessionPhase.Inviting)
        {
            Respond(transaction, TryLater(invite, "the first INVITE is not answered yet"));
            return;
        }
        if (RefusalOfChange(invite, isInvite: true) is { } refusal)
        {
            Respond(transaction, refusal);
            return;
        }
        if (_ackWait is not null)
        {
            // It was sent by a peer that saw our 2xx: the ACK is lost or late (RFC 5407 §3.1).
            OnAcknowledged(null, now);
        }
        if (DescriptionOf(invite) == BodyKind.Description)
        {
            AwaitAnswer(transaction, RequestPurpose.Reinvite, invite, _dialog!, invite.Body, now);
            return;
        }
        Keep(
            new ServerRequest(
                transaction,
                RequestPurpose.Reinvite,
                invite,
                _dialog!,
                isOffer: true,
                now + _options.Timers.Timeout
            )
        );
        Push(new SipSessionEvent.OfferWanted(SipOfferCarrier.Reinvite, Early: false));
    }

    private void OnUpdate(SessionDialog dialog, SipRequest update, string transaction, TimeSpan now)
    {
        if (RefusalOfChange(update, isInvite: false, dialog) is { } refusal)
        {
            Respond(transaction, refusal);
            return;
        }
        if (DescriptionOf(update) == BodyKind.Description)
        {
            if (dialog.Exchange.State == SipOfferState.None)
            {
                Respond(transaction, TryLater(update, "the first offer is not made yet"));
                return;
            }
            AwaitAnswer(transaction, RequestPurpose.Update, update, dialog, update.Body, now);
            return;
        }
        dialog.Dialog.RefreshTarget(update);
        var response = DialogResponse(update, SipStatus.Ok);
        if (_phase != SipSessionPhase.Inviting)
        {
            _timer.Accept(update, response, now);
        }
        Respond(transaction, response);
        Changed();
    }

    /// <summary>
    /// 491 when it meets an exchange of ours, 500 with Retry-After when the peer's last one is not answered yet (RFC 3261 §14.2, RFC 3311
    /// §5.2); what else rules it out.
    /// </summary>
    private SipResponse? RefusalOfChange(SipRequest request, bool isInvite, SessionDialog? dialog = null)
    {
        var kind = DescriptionOf(request);
        if (kind == BodyKind.Unacceptable)
        {
            return RefusalOfBody(request);
        }
        var exchange = (dialog ?? _dialog)!.Exchange;
        var offers = isInvite || kind == BodyKind.Description;
        var ourInvite = _requests.Values.Any(r => r.Purpose is RequestPurpose.Invite or RequestPurpose.Reinvite);
        var ourAnswerIsDue = _unanswered.Any(r =>
            r.Purpose is RequestPurpose.SuccessOffer or RequestPurpose.ProvisionalOffer
        );
        if (
            (isInvite && (ourInvite || ourAnswerIsDue))
            || (offers && exchange.State == SipOfferState.LocalOffer)
            || (
                offers
                && _requests.Values.Any(r =>
                    r.Purpose is RequestPurpose.Update && r.Dialog?.Exchange == exchange && exchange.IsOpen
                )
            )
        )
        {
            return Refusal(request, SipStatus.RequestPending, "a change of ours is under way");
        }
        if (
            (offers && exchange.State == SipOfferState.RemoteOffer)
            || _unanswered.Any(r => r.Purpose is RequestPurpose.Reinvite or RequestPurpose.Update)
        )
        {
            return TryLater(request, "the last change is not answered yet");
        }
        return RefusalOfInterval(request);
    }

    private void AcceptChange(ServerRequest open, ReadOnlyMemory<byte> body, TimeSpan now)
    {
        var exchange = open.Dialog.Exchange;
        var response = DialogResponse(open.Request, SipStatus.Ok);
        response.SetBody(body, _options.BodyTypes[0]);
        if (exchange.State == SipOfferState.RemoteOffer)
        {
            exchange.AnswerSent(body);
        }
        else
        {
            exchange.OfferSent(body);
        }
        open.Dialog.Dialog.RefreshTarget(open.Request);
        if (open.Purpose != RequestPurpose.Prack && _phase != SipSessionPhase.Inviting)
        {
            _timer.Accept(open.Request, response, now);
        }
        if (open.Purpose == RequestPurpose.Reinvite)
        {
            AwaitAck(open.Key, response, now);
        }
        Respond(open.Key, response);
        Changed();
    }

    /// <summary>Keeps the peer's offer until <see cref="AcceptOffer"/> or <see cref="RejectOffer"/>.</summary>
    private void AwaitAnswer(
        string key,
        RequestPurpose purpose,
        SipRequest request,
        SessionDialog dialog,
        ReadOnlyMemory<byte> offer,
        TimeSpan now
    )
    {
        dialog.Exchange.OfferReceived();
        var timeout = _options.Timers.Timeout;
        // A non-INVITE client gives up after 64*T1, and our refusal must be there before (RFC 3311 §5.2).
        var patience = purpose is RequestPurpose.Update or RequestPurpose.Prack ? timeout / 2 : timeout;
        Keep(new ServerRequest(key, purpose, request, dialog, isOffer: true, now + patience));
        var carrier = purpose switch
        {
            RequestPurpose.Reinvite => SipOfferCarrier.Reinvite,
            RequestPurpose.Update => SipOfferCarrier.Update,
            RequestPurpose.Prack => SipOfferCarrier.Prack,
            RequestPurpose.ProvisionalOffer => SipOfferCarrier.ReliableProvisional,
            _ => SipOfferCarrier.Success,
        };
        Push(new SipSessionEvent.OfferReceived(offer, carrier, Early: _phase == SipSessionPhase.Inviting));
    }

    /// <summary>Its memory must outlive the call that brought it; the garbage collector takes it in the end.</summary>
    private void Keep(ServerRequest open)
    {
        open.Request.Retain();
        _unanswered.Add(open);
    }

    private ServerRequest? TakeUnanswered(Predicate<ServerRequest> which)
    {
        var index = _unanswered.FindIndex(which);
        if (index < 0)
        {
            return null;
        }
        var open = _unanswered[index];
        _unanswered.RemoveAt(index);
        return open;
    }

    private void OnUnansweredDeadline(TimeSpan now)
    {
        while (TakeUnanswered(r => r.Deadline <= now) is { } late)
        {
            if (late.Purpose == RequestPurpose.Refer)
            {
                RefuseReferral(late, SipStatus.Decline, "not decided in time", now);
                continue;
            }
            Refuse(late, SipStatus.ServerTimeout, "not answered in time", now);
            Push(new SipSessionEvent.OfferWithdrawn());
        }
    }

    private SipResponse TryLater(SipRequest request, string cause)
    {
        var response = Refusal(request, SipStatus.ServerInternalError, cause);
        response.Headers.Add(
            SipHeaderId.RetryAfter,
            _options.Random.Next(0, 11).ToString(CultureInfo.InvariantCulture)
        );
        return response;
    }

    private SipResponse? RefusalOfInterval(SipRequest request)
    {
        if (_timer.RefusalOf(request) is not { } minimum)
        {
            return null;
        }
        var response = Refusal(request, SipStatus.SessionIntervalTooSmall, null);
        response.Headers.Add(SipHeaderId.MinSE, minimum.ToString(CultureInfo.InvariantCulture));
        return response;
    }
}

using System.Globalization;

namespace OCPlatform.Sip.Sessions;

/// <summary>Reliable provisional responses and PRACK, both sides (RFC 3262).</summary>
public sealed partial class SipSession
{
    /// <summary>Callee: the peer acknowledges a provisional response (§3).</summary>
    private void OnPrack(SipRequest prack, string transaction, TimeSpan now)
    {
        var rack = RAck.TryParse(prack.Headers[SipHeaderId.RAck]);
        if (rack is { } late && _reliable.TakeOvertaken(late))
        {
            Respond(transaction, ResponseTo(prack, SipStatus.Ok));
            return;
        }
        if (rack is not { } named || !_reliable.Matches(named))
        {
            Respond(transaction, Refusal(prack, SipStatus.CallDoesNotExist, "no such provisional response"));
            return;
        }
        var exchange = _dialog!.Exchange;
        var description = DescriptionIn(prack);
        if (exchange.State == SipOfferState.LocalOffer && description.IsEmpty)
        {
            Respond(transaction, Refusal(prack, SipStatus.BadRequest, "the answer to our offer is missing"));
            return;
        }
        if (!description.IsEmpty && exchange.State == SipOfferState.RemoteOffer)
        {
            Respond(transaction, Refusal(prack, SipStatus.RequestPending, "an offer is open already"));
            return;
        }
        _reliable.Acknowledge();
        if (!description.IsEmpty && exchange.State == SipOfferState.Stable)
        {
            AwaitAnswer(transaction, RequestPurpose.Prack, prack, _dialog, prack.Body, now);
            return;
        }
        Respond(transaction, ResponseTo(prack, SipStatus.Ok));
        if (exchange.State == SipOfferState.LocalOffer)
        {
            exchange.AnswerReceived();
            Push(new SipSessionEvent.AnswerReceived(description, SipOfferCarrier.Prack, Early: true));
        }
        SendWaiting(now);
    }

    /// <summary>Callee: goes on after a PRACK, or after an early offer is settled.</summary>
    private void SendWaiting(TimeSpan now)
    {
        if (_inviteTransaction is null)
        {
            return;
        }
        if (!OfferWaits && _reliable.TryDequeue(out var next))
        {
            SendProvisional(next.Status, next.Body, now);
            if (_reliable.Waiting is null)
            {
                SendWaiting(now);
            }
            return;
        }
        SendQueuedAnswer(now);
    }

    private void OnReliableDeadline(TimeSpan now)
    {
        switch (_reliable.OnDeadline(now))
        {
            case ReliableAction.Retransmit:
                Push(new SipSessionAction.Retransmit(_inviteTransaction!, _reliable.Waiting!));
                break;
            case ReliableAction.GiveUp:
                const string cause = "a reliable provisional response was not acknowledged";
                RefuseInvite(SipStatus.ServerTimeout, cause, null);
                EndWith(now, SipEndedBy.Network, SipEndCause.NoPrack, SipStatus.ServerTimeout, cause);
                break;
        }
    }

    /// <summary>Caller: acknowledges in order; what is out of order or came before is dropped, the peer sends it again (§4).</summary>
    private void OnReliableProvisional(SessionDialog fork, SipResponse response, TimeSpan now)
    {
        if (
            !uint.TryParse(
                response.Headers[SipHeaderId.RSeq],
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var rseq
            )
            || rseq == 0
            || _requests.Count >= MaxOpenRequests
        )
        {
            return;
        }
        if (fork.LostPrack is { } lost && rseq == fork.LastRSeq)
        {
            fork.LostPrack = null;
            SendPrack(fork, lost.Headers[SipHeaderId.RAck]!, lost.Body, now);
            return;
        }
        if (fork.LastRSeq != 0 && rseq != fork.LastRSeq + 1)
        {
            return;
        }
        var description = DescriptionIn(response);
        if (!description.IsEmpty && OfferWaits)
        {
            // The offer of another fork is not answered yet, and an answer could not say which it means. This one comes again.
            return;
        }
        fork.LastRSeq = rseq;
        _dialog = fork;
        var rack = new RAck(rseq, response.CSeq.Number, SipMethod.Invite).ToString();
        Push(new SipSessionEvent.Progress(response.StatusCode, response, Reliable: true));
        if (!description.IsEmpty && fork.Exchange.State == SipOfferState.None)
        {
            AwaitAnswer(rack, RequestPurpose.ProvisionalOffer, _invite!, fork, response.Body, now);
            return;
        }
        SendPrack(fork, rack, default, now);
        if (!description.IsEmpty && fork.Exchange.State == SipOfferState.LocalOffer)
        {
            fork.Exchange.AnswerReceived();
            Push(new SipSessionEvent.AnswerReceived(description, SipOfferCarrier.ReliableProvisional, Early: true));
        }
    }

    private void SendPrack(SessionDialog fork, string rack, ReadOnlyMemory<byte> answer, TimeSpan now)
    {
        var prack = fork.CreateRequest(SipMethod.Prack);
        prack.Headers.Add(SipHeaderId.RAck, rack);
        if (!answer.IsEmpty)
        {
            prack.SetBody(answer, _options.BodyTypes[0]);
        }
        Send(RequestPurpose.Prack, fork, prack, now);
    }

    private void OnPrackFailed(ClientRequest request)
    {
        // Lost with its connection, or by a callee that is elsewhere by now: for want of it the response comes again. The INVITE lives on by
        // itself, and its own response or the time to answer ends it.
        if (request.Dialog is { } fork && _forks.Contains(fork) && _phase == SipSessionPhase.Inviting)
        {
            fork.LostPrack = request.Request;
        }
    }
}

using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Transactions;

/// <summary>From a message on the wire to its transaction (RFC 3261 §17.1.3, §17.2.3).</summary>
public sealed partial class TransactionLayer
{
    /// <summary>
    /// Deals with a message that ends in this layer, before anything is parsed: a retransmission is answered, the ACK of a refusal taken, a stray
    /// response dropped. False when the message must be parsed and go to <see cref="Receive"/>. Allocates nothing.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="now">The time.</param>
    /// <param name="flow">The way it came: a retransmission is answered there, since a NAT may have picked another port. Null: where the first was.</param>
    public bool TryAbsorb(in SipPeek message, TimeSpan now, SipFlow? flow = null) =>
        message.IsRequest ? TryAbsorbRequest(in message, flow, now) : TryAbsorbResponse(in message, now);

    private bool TryAbsorbRequest(in SipPeek request, SipFlow? flow, TimeSpan now)
    {
        var isAck = request.Method.SequenceEqual("ACK"u8);
        if (
            !_servers.TryGetValue(TransactionKey.ForServer(in request), out var entry)
            || (isAck && entry.Machine.State == TransactionState.Accepted)
        )
        {
            return false;
        }
        Perform(entry, StepAgain(entry, isAck, flow, now), null, now);
        return true;
    }

    private bool TryAbsorbResponse(in SipPeek response, TimeSpan now)
    {
        if (!response.HasOneVia || !_clients.TryGetValue(TransactionKey.ForClient(in response), out var entry))
        {
            StrayResponses++;
            return true;
        }
        if (entry.Machine.State != TransactionState.Completed)
        {
            return false;
        }
        var input = response.StatusCode < 300 ? TransactionInput.Success : TransactionInput.Failure;
        Perform(entry, entry.Machine.Step(input, now), null, now);
        return true;
    }

    private bool ReceiveRequest(SipRequest request, SipFlow flow, TimeSpan now)
    {
        var key = TransactionKey.ForServer(request, request.Method);
        if (_servers.TryGetValue(key, out var entry))
        {
            return ReceiveAgain(entry, request, flow, now);
        }
        if (request.IsAck)
        {
            // The ACK of a 2xx is a transaction of its own, with nothing to answer (RFC 3261 §17).
            if (!user.Admits(request, flow))
            {
                return false;
            }
            user.OnRequest(null, request, flow);
            return true;
        }
        var responseTo = ResponseRouting.For(request, flow);
        if (_servers.Count >= limits.MaxServerTransactions)
        {
            Refused++;
            var busy = SipResponse.Create(request, SipStatus.ServiceUnavailable);
            busy.Headers.Add(SipHeaderId.RetryAfter, $"{limits.RetryAfterSeconds}");
            user.Send(busy.ToBytes(), responseTo);
            return false;
        }
        // A copy takes nothing of what the first was admitted for.
        var merged = IsMerged(request, out var mergeKey);
        if (!merged && !CancelsKnownInvite(request) && !user.Admits(request, flow))
        {
            if (mergeKey is { } unused)
            {
                _mergeable.Remove(unused);
            }
            return false;
        }
        var reliable = flow.Transport.IsReliable;
        SipTransaction machine = request.IsInvite
            ? new InviteServerTransaction(timers, reliable)
            : new NonInviteServerTransaction(timers, reliable);
        entry = new ServerEntry(new(key), machine, request, responseTo)
        {
            IsSilent = merged || request.Method == SipMethod.Cancel,
            FollowsSource = responseTo.Equals(flow.Remote),
            MergeKey = mergeKey,
        };
        _servers.Add(key, entry);
        var start = machine.Step(TransactionInput.Start, now);
        if (merged)
        {
            Merged++;
            Queue(entry);
            const int status = SipStatus.LoopDetected;
            Respond(entry.Id, status, SipResponse.Create(request, status).ToBytes(), now);
            return false;
        }
        if (request.Method == SipMethod.Cancel)
        {
            Queue(entry);
            return AnswerCancel(entry, request, now);
        }
        Perform(entry, start, request, now, flow);
        return true;
    }

    private bool CancelsKnownInvite(SipRequest request) =>
        request.Method == SipMethod.Cancel && _servers.ContainsKey(TransactionKey.ForServer(request, SipMethod.Invite));

    /// <summary>
    /// A request outside a dialog that is in progress already by another branch: it was forked on its way and both copies ended here
    /// (RFC 3261 §8.2.2.2). If it is not, gives the key by which its own copies will be known.
    /// </summary>
    private bool IsMerged(SipRequest request, out TransactionKey? mergeKey)
    {
        mergeKey = null;
        if (request.Method == SipMethod.Cancel || !request.ToTag.IsEmpty || request.FromTag.IsEmpty)
        {
            return false;
        }
        var key = TransactionKey.ForMerged(request);
        if (!_mergeable.Add(key))
        {
            return true;
        }
        mergeKey = key;
        return false;
    }

    private bool ReceiveAgain(ServerEntry entry, SipRequest request, SipFlow flow, TimeSpan now)
    {
        var actions = StepAgain(entry, request.IsAck, flow, now);
        var delivered = (actions & TransactionActions.Deliver) != 0;
        if (delivered)
        {
            // An ACK that matches an accepted INVITE: old clients reuse the branch (RFC 6026 §7.1).
            user.OnRequest(null, request, flow);
        }
        Perform(entry, actions & ~TransactionActions.Deliver, null, now);
        return delivered;
    }

    private TransactionActions StepAgain(ServerEntry entry, bool isAck, SipFlow? flow, TimeSpan now)
    {
        if (!isAck)
        {
            Retransmissions++;
            entry.Follow(flow);
        }
        return entry.Machine.Step(isAck ? TransactionInput.Ack : TransactionInput.Request, now);
    }

    /// <summary>CANCEL (RFC 3261 §9.2): 200 when the INVITE is known, whatever becomes of it; 481 when not.</summary>
    private bool AnswerCancel(ServerEntry entry, SipRequest cancel, TimeSpan now)
    {
        var known = _servers.TryGetValue(TransactionKey.ForServer(cancel, SipMethod.Invite), out var invite);
        var status = known ? SipStatus.Ok : SipStatus.CallDoesNotExist;
        Respond(entry.Id, status, SipResponse.Create(cancel, status, toTag: invite?.ToTag).ToBytes(), now);
        if (!known || invite!.IsSilent || invite.Machine.State != TransactionState.Proceeding)
        {
            return false;
        }
        user.OnCancel(invite.Id, cancel);
        return true;
    }

    private bool ReceiveResponse(SipResponse response, TimeSpan now)
    {
        if (
            !TopViaReader.Of(response).IsOnly
            || !_clients.TryGetValue(TransactionKey.ForClient(response, response.CSeq.Method), out var entry)
        )
        {
            StrayResponses++;
            return false;
        }
        var input =
            response.IsProvisional ? TransactionInput.Provisional
            : response.IsSuccess ? TransactionInput.Success
            : TransactionInput.Failure;
        if (input == TransactionInput.Failure && entry.Machine is InviteClientTransaction && entry.Ack.IsEmpty)
        {
            entry.Ack = InviteFollowUp.Create(entry.Request, SipMethod.Ack, response).ToBytes();
        }
        var actions = entry.Machine.Step(input, now);
        Perform(entry, actions, response, now);
        if (entry is { CancelWanted: true, CancelSent: false } && entry.Machine.State == TransactionState.Proceeding)
        {
            SendCancel(entry, now);
        }
        return (actions & TransactionActions.Deliver) != 0 && !entry.IsSilent;
    }

    private void SendCancel(ClientEntry invite, TimeSpan now)
    {
        invite.CancelSent = true;
        ((InviteClientTransaction)invite.Machine).OnCancelSent(now);
        Queue(invite);
        var cancel = InviteFollowUp.Create(invite.Request, SipMethod.Cancel, null);
        Start(cancel, invite.Destination, invite.Reliable, now);
    }
}

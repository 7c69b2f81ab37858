using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Transactions;

/// <summary>Bounds of the transaction tables.</summary>
public sealed class TransactionLimits
{
    /// <summary>Server transactions at once; above it new requests are answered 503 without state.</summary>
    public int MaxServerTransactions { get; set; } = 100_000;

    /// <summary>Client transactions at once; above it new requests end as refused.</summary>
    public int MaxClientTransactions { get; set; } = 100_000;

    /// <summary>Retry-After of that 503, seconds.</summary>
    public int RetryAfterSeconds { get; set; } = 5;
}

/// <summary>
/// Matches messages to transactions and drives their machines. Sans-IO and single-threaded: messages, commands and the time
/// go in, <see cref="ITransactionUser"/> is told what to do.
/// </summary>
public sealed class TransactionLayer(ITransactionUser user, SipTimers timers, TransactionLimits limits)
{
    private readonly Dictionary<string, ServerEntry> _servers = [];
    private readonly Dictionary<string, ClientEntry> _clients = [];
    private readonly DeadlineQueue<Entry> _deadlines = new();

    /// <summary>Transactions of both tables that have not ended.</summary>
    public int Count => _servers.Count + _clients.Count;

    /// <summary>Responses that matched no client transaction, or have more than one Via (RFC 3261 §8.1.3.3): dropped.</summary>
    public long StrayResponses { get; private set; }

    /// <summary>Requests that were absorbed as retransmissions.</summary>
    public long Retransmissions { get; private set; }

    /// <summary>Requests answered 503 because the table was full.</summary>
    public long Refused { get; private set; }

    /// <summary>When <see cref="RunTimers"/> is needed next; <see cref="TimeSpan.MaxValue"/> when never.</summary>
    public TimeSpan NextDeadline => _deadlines.Next;

    public void RunTimers(TimeSpan now)
    {
        while (_deadlines.TakeDue(now) is { } entry)
        {
            Perform(entry, entry.Machine.OnDeadline(now), null, now);
        }
    }

    public void Receive(SipMessage message, SipFlow flow, TimeSpan now)
    {
        if (message is SipRequest request)
        {
            ReceiveRequest(request, flow, now);
        }
        else
        {
            ReceiveResponse((SipResponse)message, now);
        }
    }

    /// <summary>
    /// Sends the core's response. 2xx may be repeated within 64*T1. False when there is no such transaction (any more),
    /// or it has had its final response.
    /// </summary>
    public bool Respond(SipTransactionId id, int status, ReadOnlyMemory<byte> response, TimeSpan now)
    {
        if (!_servers.TryGetValue(id.Value, out var entry))
        {
            return false;
        }
        var input =
            status < 200 ? TransactionInput.Provisional
            : status < 300 ? TransactionInput.Success
            : TransactionInput.Failure;
        var actions = entry.Machine.Step(input, now);
        if ((actions & TransactionActions.Send) == 0)
        {
            return false;
        }
        entry.LastResponse = response;
        Perform(entry, actions, null, now);
        return true;
    }

    /// <summary>Starts a client transaction. The request's top Via must carry a branch of its own.</summary>
    public SipTransactionId Start(SipRequest request, SipDestination destination, bool reliable, TimeSpan now)
    {
        var id = ClientIdOf(request);
        if (_clients.Count >= limits.MaxClientTransactions || _clients.ContainsKey(id.Value))
        {
            user.OnEnded(id, SipTransactionEnd.Refused);
            return id;
        }
        SipTransaction machine = request.IsInvite
            ? new InviteClientTransaction(timers, reliable)
            : new NonInviteClientTransaction(timers, reliable);
        var entry = new ClientEntry(id, machine, request, request.ToBytes(), destination, reliable)
        {
            // A CANCEL is the layer's own affair: what counts to the core is the INVITE's final response.
            IsSilent = request.Method == SipMethod.Cancel,
        };
        _clients.Add(id.Value, entry);
        Perform(entry, machine.Step(TransactionInput.Start, now), null, now);
        return id;
    }

    /// <summary>The id a request's client transaction will have.</summary>
    public static SipTransactionId ClientIdOf(SipRequest request) =>
        new(TransactionKey.ForClient(request, request.Method));

    /// <summary>
    /// Cancels a pending INVITE of ours: at once when a provisional response is there, else when one comes (RFC 3261 §9.1).
    /// False when it is gone or answered.
    /// </summary>
    public bool Cancel(SipTransactionId invite, TimeSpan now)
    {
        if (
            !_clients.TryGetValue(invite.Value, out var entry)
            || entry.Machine is not InviteClientTransaction
            || entry.CancelWanted
        )
        {
            return false;
        }
        switch (entry.Machine.State)
        {
            case TransactionState.Calling:
                entry.CancelWanted = true;
                return true;
            case TransactionState.Proceeding:
                entry.CancelWanted = true;
                SendCancel(entry, now);
                return true;
            default:
                return false;
        }
    }

    /// <summary>A send to this destination was found to have failed; every transaction towards it is told.</summary>
    public void OnTransportFailed(SipDestination destination, TimeSpan now)
    {
        var hit = _clients
            .Values.Cast<Entry>()
            .Concat(_servers.Values)
            .Where(e => e.Destination.Equals(destination))
            .ToList();
        foreach (var entry in hit)
        {
            Perform(entry, entry.Machine.Step(TransactionInput.TransportError, now), null, now);
        }
    }

    /// <summary>Ends everything as refused, without a word to the network.</summary>
    public void Abort()
    {
        var open = _clients
            .Values.Cast<Entry>()
            .Concat(_servers.Values)
            .Where(e => !e.IsSilent)
            .Select(e => e.Id)
            .ToList();
        _clients.Clear();
        _servers.Clear();
        _deadlines.Clear();
        foreach (var id in open)
        {
            user.OnEnded(id, SipTransactionEnd.Refused);
        }
    }

    private void ReceiveRequest(SipRequest request, SipFlow flow, TimeSpan now)
    {
        var key = TransactionKey.ForServer(request, request.Method);
        if (_servers.TryGetValue(key, out var entry))
        {
            ReceiveAgain(entry, request, flow, now);
            return;
        }
        if (request.IsAck)
        {
            // The ACK of a 2xx is a transaction of its own, with nothing to answer (RFC 3261 §17).
            user.OnRequest(null, request, flow);
            return;
        }
        var responseTo = ResponseRouting.For(request, flow);
        if (_servers.Count >= limits.MaxServerTransactions)
        {
            Refused++;
            var busy = SipResponse.Create(request, SipStatus.ServiceUnavailable);
            busy.Headers.Add(SipHeaderId.RetryAfter, limits.RetryAfterSeconds.ToString());
            user.Send(busy.ToBytes(), responseTo);
            return;
        }
        var reliable = flow.Transport.IsReliable;
        SipTransaction machine = request.IsInvite
            ? new InviteServerTransaction(timers, reliable)
            : new NonInviteServerTransaction(timers, reliable);
        entry = new ServerEntry(new(key), machine, request, responseTo)
        {
            IsSilent = request.Method == SipMethod.Cancel,
        };
        _servers.Add(key, entry);
        var start = machine.Step(TransactionInput.Start, now);
        if (request.Method == SipMethod.Cancel)
        {
            Queue(entry);
            AnswerCancel(entry, request, now);
            return;
        }
        Perform(entry, start, request, now, flow);
    }

    private void ReceiveAgain(ServerEntry entry, SipRequest request, SipFlow flow, TimeSpan now)
    {
        var isAck = request.IsAck;
        if (!isAck)
        {
            Retransmissions++;
            // A NAT on the way may have picked another port since: an answer to the old one would never arrive.
            entry.Destination = ResponseRouting.For(request, flow);
        }
        var actions = entry.Machine.Step(isAck ? TransactionInput.Ack : TransactionInput.Request, now);
        if ((actions & TransactionActions.Deliver) != 0)
        {
            // An ACK that matches an accepted INVITE: old clients reuse the branch (RFC 6026 §7.1).
            user.OnRequest(null, request, flow);
            actions &= ~TransactionActions.Deliver;
        }
        Perform(entry, actions, null, now);
    }

    /// <summary>CANCEL (RFC 3261 §9.2): 200 when the INVITE is known, whatever becomes of it; 481 when not.</summary>
    private void AnswerCancel(ServerEntry entry, SipRequest cancel, TimeSpan now)
    {
        var known = _servers.TryGetValue(TransactionKey.ForServer(cancel, SipMethod.Invite), out var invite);
        var status = known ? SipStatus.Ok : SipStatus.CallDoesNotExist;
        Respond(entry.Id, status, SipResponse.Create(cancel, status, toTag: invite?.ToTag).ToBytes(), now);
        if (known && invite!.Machine.State == TransactionState.Proceeding)
        {
            user.OnCancel(invite.Id, cancel);
        }
    }

    private void ReceiveResponse(SipResponse response, TimeSpan now)
    {
        if (
            !TopViaReader.Of(response).IsOnly
            || !_clients.TryGetValue(TransactionKey.ForClient(response, response.CSeq.Method), out var entry)
        )
        {
            StrayResponses++;
            return;
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
    }

    private void SendCancel(ClientEntry invite, TimeSpan now)
    {
        invite.CancelSent = true;
        ((InviteClientTransaction)invite.Machine).OnCancelSent(now);
        Queue(invite);
        var cancel = InviteFollowUp.Create(invite.Request, SipMethod.Cancel, null);
        Start(cancel, invite.Destination, invite.Reliable, now);
    }

    private void Perform(
        Entry entry,
        TransactionActions actions,
        SipMessage? message,
        TimeSpan now,
        SipFlow? flow = null
    )
    {
        var sent = true;
        if ((actions & TransactionActions.SendTrying) != 0)
        {
            var server = (ServerEntry)entry;
            server.LastResponse = SipResponse.Create(server.Request!, SipStatus.Trying).ToBytes();
            sent = user.Send(server.LastResponse, entry.Destination);
        }
        if ((actions & TransactionActions.Send) != 0)
        {
            sent = user.Send(entry.LastSent, entry.Destination);
        }
        if ((actions & TransactionActions.SendAck) != 0)
        {
            user.Send(((ClientEntry)entry).Ack, entry.Destination);
        }
        if ((actions & TransactionActions.Deliver) != 0)
        {
            if (entry is ServerEntry)
            {
                user.OnRequest(entry.Id, (SipRequest)message!, flow!);
            }
            else if (!entry.IsSilent)
            {
                user.OnResponse(entry.Id, (SipResponse)message!);
            }
        }
        if (!sent)
        {
            actions |= entry.Machine.Step(TransactionInput.TransportError, now);
        }
        if ((actions & TransactionActions.Terminate) != 0)
        {
            Remove(entry);
            return;
        }
        Queue(entry);
    }

    private void Queue(Entry entry) => _deadlines.Set(entry, entry.Machine.Deadline);

    private void Remove(Entry entry)
    {
        _deadlines.Remove(entry);
        var removed = entry is ServerEntry ? _servers.Remove(entry.Id.Value) : _clients.Remove(entry.Id.Value);
        if (removed && !entry.IsSilent)
        {
            user.OnEnded(entry.Id, entry.Machine.End);
        }
    }

    private abstract class Entry(SipTransactionId id, SipTransaction machine, SipDestination destination) : IDeadlined
    {
        public SipTransactionId Id { get; } = id;
        public SipTransaction Machine { get; } = machine;
        public SipDestination Destination { get; set; } = destination;
        public bool IsSilent { get; init; }
        public abstract ReadOnlyMemory<byte> LastSent { get; }
        int IDeadlined.QueueIndex { get; set; } = -1;
        TimeSpan IDeadlined.QueuedAt { get; set; }
    }

    private sealed class ServerEntry(
        SipTransactionId id,
        SipTransaction machine,
        SipRequest request,
        SipDestination destination
    ) : Entry(id, machine, destination)
    {
        private ReadOnlyMemory<byte> _lastResponse;

        /// <summary>Until the first response, which is all that is repeated: a transaction outlives it by half a minute.</summary>
        public SipRequest? Request { get; private set; } = request;

        public ReadOnlyMemory<byte> LastResponse
        {
            get => _lastResponse;
            set
            {
                _lastResponse = value;
                Request = null;
            }
        }

        public override ReadOnlyMemory<byte> LastSent => LastResponse;

        /// <summary>The To tag of what was answered so far, for the 200 of a CANCEL, which should have the same (§9.2).</summary>
        public string? ToTag =>
            !LastResponse.IsEmpty && SipParser.TryParse(LastResponse, out var response, out _) ? response.To.Tag : null;
    }

    private sealed class ClientEntry(
        SipTransactionId id,
        SipTransaction machine,
        SipRequest request,
        ReadOnlyMemory<byte> bytes,
        SipDestination destination,
        bool reliable
    ) : Entry(id, machine, destination)
    {
        public SipRequest Request { get; } = request;
        public override ReadOnlyMemory<byte> LastSent => bytes;
        public ReadOnlyMemory<byte> Ack { get; set; }
        public bool Reliable { get; } = reliable;
        public bool CancelWanted { get; set; }
        public bool CancelSent { get; set; }
    }
}

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
public sealed partial class TransactionLayer(ITransactionUser user, SipTimers timers, TransactionLimits limits)
{
    private readonly Dictionary<TransactionKey, ServerEntry> _servers = [];
    private readonly Dictionary<TransactionKey, ClientEntry> _clients = [];

    // What the requests outside a dialog that are being worked on would have in common with copies of themselves.
    private readonly HashSet<TransactionKey> _mergeable = [];
    private readonly DeadlineQueue<Entry> _deadlines = new();

    /// <summary>Transactions of both tables that have not ended.</summary>
    public int Count => _servers.Count + _clients.Count;

    /// <summary>Responses that matched no client transaction, or have more than one Via (RFC 3261 §8.1.3.3): dropped.</summary>
    public long StrayResponses { get; private set; }

    /// <summary>Requests that were absorbed as retransmissions.</summary>
    public long Retransmissions { get; private set; }

    /// <summary>Requests answered 503 because the table was full.</summary>
    public long Refused { get; private set; }

    /// <summary>Copies of a request in progress that came another way, answered 482 (RFC 3261 §8.2.2.2).</summary>
    public long Merged { get; private set; }

    /// <summary>When <see cref="RunTimers"/> is needed next; <see cref="TimeSpan.MaxValue"/> when never.</summary>
    public TimeSpan NextDeadline => _deadlines.Next;

    /// <summary>Runs every deadline that is due.</summary>
    public void RunTimers(TimeSpan now)
    {
        while (_deadlines.TakeDue(now) is { } entry)
        {
            Perform(entry, entry.Machine.OnDeadline(now), null, now);
        }
    }

    /// <summary>Takes a message in. False when it ends here: nobody above was told of it, nor keeps it.</summary>
    public bool Receive(SipMessage message, SipFlow flow, TimeSpan now) =>
        message is SipRequest request ? ReceiveRequest(request, flow, now) : ReceiveResponse((SipResponse)message, now);

    /// <summary>
    /// Sends the core's response. 2xx may be repeated within 64*T1. False when there is no such transaction (any more),
    /// or it has had its final response.
    /// </summary>
    public bool Respond(SipTransactionId id, int status, ReadOnlyMemory<byte> response, TimeSpan now)
    {
        if (!_servers.TryGetValue(id.Key, out var entry))
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
        if (input == TransactionInput.Failure)
        {
            // The refusal may be what the peer repairs in a request of the same CSeq: a phone that does not count on after a 401.
            ForgetMergeKey(entry);
        }
        Perform(entry, actions, null, now);
        return true;
    }

    /// <summary>Starts a client transaction. The request's top Via must carry a branch of its own.</summary>
    public SipTransactionId Start(SipRequest request, SipDestination destination, bool reliable, TimeSpan now)
    {
        var id = ClientIdOf(request);
        if (_clients.Count >= limits.MaxClientTransactions || _clients.ContainsKey(id.Key))
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
        _clients.Add(id.Key, entry);
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
            !_clients.TryGetValue(invite.Key, out var entry)
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

    /// <summary>
    /// A send to this destination was found to have failed, or the connection to it ended; every client transaction towards it that has heard nothing
    /// yet is told. One that has had a provisional response was received, and waits on, for a callee may ring longer than a connection lives.
    /// Servers go on too: their responses find another way (RFC 3261 §18.2.2).
    /// </summary>
    public void OnTransportFailed(SipDestination destination, TimeSpan now)
    {
        var hit = _clients
            .Values.Where(e =>
                e.Machine.State is TransactionState.Calling or TransactionState.Trying
                && e.Destination.Equals(destination)
            )
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
        _mergeable.Clear();
        _deadlines.Clear();
        foreach (var id in open)
        {
            user.OnEnded(id, SipTransactionEnd.Refused);
        }
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
        if (entry is ServerEntry server)
        {
            ForgetMergeKey(server);
            server.ForgetRequest();
        }
        var removed = entry is ServerEntry ? _servers.Remove(entry.Id.Key) : _clients.Remove(entry.Id.Key);
        if (removed && !entry.IsSilent)
        {
            user.OnEnded(entry.Id, entry.Machine.End);
        }
    }

    private void ForgetMergeKey(ServerEntry entry)
    {
        if (entry.MergeKey is { } key)
        {
            _mergeable.Remove(key);
            entry.MergeKey = null;
        }
    }
}

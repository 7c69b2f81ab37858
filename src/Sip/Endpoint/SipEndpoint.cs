using System.Threading.Channels;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip;

/// <summary>
/// A SIP element: transports, the transaction layer and its timers on one loop. The loop reads one bounded channel; transports
/// put the bytes of messages in it, callers put commands in it. All public methods are thread-safe.
/// </summary>
/// <remarks>
/// When the channel holds <see cref="SipEndpointOptions.ReceiveQueue"/> items, messages are dropped and counted (UDP peers
/// retransmit); room for <see cref="SipEndpointOptions.CommandQueue"/> commands is kept above that, and a command that finds
/// none is refused to its caller.
/// </remarks>
public sealed partial class SipEndpoint : ISipTransportReceiver, ITransactionUser, IAsyncDisposable
{
    private readonly SipEndpointOptions _options;
    private readonly TransportChoice _transports;
    private readonly ViaWriter _via;
    private readonly TcpSwitch _switch;
    private readonly ISipHandler _handler;
    private readonly TimeProvider _time;
    private readonly long _epoch;
    private readonly TransactionLayer _layer;
    private readonly Channel<Work> _work;
    private readonly LoopTimers _timers = new();
    private readonly LoopDetector _loops = new();
    private readonly ITimer _timer;
    private Task _loop = Task.CompletedTask;
    private TimeSpan _armedFor = TimeSpan.MaxValue;
    private int _stopping;

    public SipEndpoint(
        SipEndpointOptions options,
        IReadOnlyList<ISipTransport> transports,
        ISipHandler handler,
        TimeProvider? time = null
    )
    {
        _options = options;
        _transports = new TransportChoice(transports);
        _via = new ViaWriter(_transports, _loops);
        _switch = new TcpSwitch(_transports, options.MaxUdpRequestBytes, time ?? TimeProvider.System);
        _handler = handler;
        _time = time ?? TimeProvider.System;
        _epoch = _time.GetTimestamp();
        _layer = new TransactionLayer(this, options.Timers, options.Limits);
        _work = Channel.CreateBounded<Work>(
            new BoundedChannelOptions(options.ReceiveQueue + options.CommandQueue)
            {
                SingleReader = true,
                FullMode = BoundedChannelFullMode.Wait,
            }
        );
        _timer = _time.CreateTimer(
            static state => ((SipEndpoint)state!).OnTimer(),
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );
    }

    public SipEndpointCounters Counters { get; } = new();

    public IReadOnlyList<ISipTransport> Transports => _transports.All;

    /// <summary>Binds every transport and starts the loop.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">
    /// An address cannot be bound; the message names it. The endpoint is of no use then and is to be disposed.
    /// </exception>
    public void Start()
    {
        foreach (var transport in _transports.All)
        {
            transport.Start(this);
        }
        _loop = Task.Run(RunAsync);
    }

    /// <summary>
    /// Sends the response of a transaction. False when the endpoint is stopped or its queue full. A response to a transaction that
    /// is over is dropped and counted.
    /// </summary>
    public bool Respond(SipTransactionId id, SipResponse response) =>
        Post(new Work(WorkKind.Respond, Id: id, Status: response.StatusCode, Bytes: response.ToBytes()));

    /// <summary>As <see cref="Respond(SipTransactionId, SipResponse)"/> for a response that came as bytes.</summary>
    /// <param name="id">The server transaction.</param>
    /// <param name="status">The status that stands in the bytes.</param>
    /// <param name="response">A whole message; must not change afterwards.</param>
    public bool Respond(SipTransactionId id, int status, ReadOnlyMemory<byte> response) =>
        Post(new Work(WorkKind.Respond, Id: id, Status: status, Bytes: response));

    /// <summary>
    /// Starts a client transaction; its responses and its end come to the handler under the returned id. The endpoint adds the Via,
    /// unless <see cref="Prepare"/> did. Null when the endpoint is stopped or its queue full. The request must not be changed afterwards: ACK
    /// and CANCEL are made from it.
    /// </summary>
    /// <exception cref="ArgumentException">There is no transport of the destination's kind and address family.</exception>
    public SipTransactionId? SendRequest(SipRequest request, SipDestination destination)
    {
        var id = Prepare(request, destination);
        return Post(new Work(WorkKind.Request, Id: id, Message: request, Destination: destination)) ? id : null;
    }

    /// <summary>
    /// Adds the Via, and tells the id that the request's transaction will have: for a caller that must know it before the first
    /// response can come. A request too large for UDP gets the Via of TCP here, and then goes by it (RFC 3261 §18.1.1); when no connection comes about,
    /// it goes by UDP after all, under the same id.
    /// </summary>
    /// <inheritdoc cref="SendRequest"/>
    public SipTransactionId Prepare(SipRequest request, SipDestination destination)
    {
        if (!request.Headers.Contains(SipHeaderId.Via))
        {
            _via.Add(request, destination);
            if (_switch.DestinationFor(request, destination) is { } overTcp)
            {
                request.Headers.Remove(SipHeaderId.Via);
                _via.Add(request, overTcp);
            }
        }
        return TransactionLayer.ClientIdOf(request);
    }

    /// <summary>
    /// Cancels an INVITE of ours; CANCEL is held back until a provisional response is there (RFC 3261 §9.1). The INVITE still ends by
    /// its own final response: 487, or 2xx when they crossed.
    /// </summary>
    public bool Cancel(SipTransactionId invite) => Post(new Work(WorkKind.Cancel, Id: invite));

    /// <summary>
    /// Sends without a transaction: the ACK of a 2xx, its retransmission, a repeated 2xx. A request gets a top Via unless it has one.
    /// </summary>
    public bool SendStateless(SipMessage message, SipDestination destination)
    {
        if (message is SipRequest request && !request.Headers.Contains(SipHeaderId.Via))
        {
            _via.Add(request, destination);
        }
        return SendStateless(message.ToBytes(), destination);
    }

    public bool SendStateless(ReadOnlyMemory<byte> message, SipDestination destination) =>
        Post(new Work(WorkKind.Stateless, Bytes: message, Destination: destination));

    /// <summary>The request is one that this endpoint sent, come back for the same target: see <see cref="LoopDetector"/>.</summary>
    public bool IsLoop(SipRequest request) => _loops.IsLoop(request);

    /// <summary>Our address as a peer there can reach it: for Contact.</summary>
    public System.Net.IPEndPoint AdvertisedFor(SipDestination destination) =>
        _transports.For(destination).AdvertisedFor(destination);

    /// <summary>
    /// Whether a message to this destination can go at once: over a connection that is open or being opened; by UDP always. False too when there is no
    /// transport of its kind.
    /// </summary>
    public bool HasFlow(SipDestination destination) =>
        _transports.Find(destination) is { } transport && (!transport.IsReliable || transport.HasFlow(destination));

    /// <summary>Runs an action on the loop, in order with messages and timers. False when stopped or full.</summary>
    public bool Post(Action action) => Post(new Work(WorkKind.Action, Action: action));

    /// <summary>Calls back on the loop after the delay. To be called on the loop only.</summary>
    internal LoopTimer Schedule(TimeSpan delay, Action action) => _timers.Add(Now + delay, action);

    /// <summary>Stops at once: no more messages, open transactions end as refused.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopping, 1) != 0)
        {
            return;
        }
        _work.Writer.TryComplete();
        await _loop;
        await _timer.DisposeAsync();
        foreach (var transport in _transports.All)
        {
            await transport.DisposeAsync();
        }
    }

    bool ISipTransportReceiver.HasRoom => _work.Reader.Count < _options.ReceiveQueue;

    void ISipTransportReceiver.OnTransportFailed(SipDestination destination) =>
        Post(new Work(WorkKind.TransportFailed, Destination: destination));

    bool ITransactionUser.Send(ReadOnlyMemory<byte> message, SipDestination destination)
    {
        var transport = _transports.Find(destination);
        if (transport is { IsReliable: true } && !transport.HasFlow(destination))
        {
            // The connection that a request came by is gone: its response goes to the address in its Via.
            destination = ResponseRouting.WithoutConnection(message) ?? destination;
            transport = _transports.Find(destination);
        }
        _options.Trace?.OnSent(message.Span, destination);
        return transport?.TrySend(message.Span, destination) ?? false;
    }

    void ITransactionUser.OnRequest(SipTransactionId? id, SipRequest request, SipFlow flow) =>
        Guard(() => _handler.OnRequest(new SipServerRequest(request, id, flow, TakeTicket(request))));

    void ITransactionUser.OnCancel(SipTransactionId invite, SipRequest cancel) =>
        Guard(() => _handler.OnCancel(invite, cancel));

    void ITransactionUser.OnResponse(SipTransactionId id, SipResponse response)
    {
        _switch.Forget(id);
        Guard(() => _handler.OnResponse(id, response));
    }

    void ITransactionUser.OnEnded(SipTransactionId id, SipTransactionEnd end)
    {
        if (_switch.TakeBack(id, end, out var cancelled) is { } again)
        {
            _via.Move(again.Request, again.Destination);
            Start(again.Request, again.Destination);
            if (cancelled)
            {
                _layer.Cancel(id, Now);
            }
            return;
        }
        Guard(() => _handler.OnTransactionEnded(id, end));
    }

    /// <summary>Time since the endpoint was made; the clock of all its deadlines.</summary>
    internal TimeSpan Now => _time.GetElapsedTime(_epoch);

    private async Task RunAsync()
    {
        while (await _work.Reader.WaitToReadAsync())
        {
            while (_work.Reader.TryRead(out var work))
            {
                Guard(in work);
                // Timers are looked at between messages too, so that a flood cannot hold them up.
                if (NextDeadline <= Now)
                {
                    RunTimers();
                }
            }
            ArmTimer();
            Counters.TransactionsNow = _layer.Count;
        }
        _layer.Abort();
    }

    /// <summary>Whatever one message or command brings about, the loop goes on with the next.</summary>
    private void Guard(in Work work)
    {
        try
        {
            Perform(in work);
        }
        catch (Exception error)
        {
            Counters.LoopExceptionCount++;
            _options.OnHandlerException?.Invoke(error);
        }
    }

    private void Perform(in Work work)
    {
        switch (work.Kind)
        {
            case WorkKind.Received:
                Receive(work.Rented!, work.Status, work.Flow!);
                break;
            case WorkKind.Respond:
                if (!_layer.Respond(work.Id, work.Status, work.Bytes, Now))
                {
                    Counters.LateResponseCount++;
                }
                break;
            case WorkKind.Request:
                var request = (SipRequest)work.Message!;
                Start(request, _switch.Begin(work.Id, request, work.Destination!));
                break;
            case WorkKind.Cancel:
                _switch.NoteCancel(work.Id);
                _layer.Cancel(work.Id, Now);
                break;
            case WorkKind.Stateless:
                ((ITransactionUser)this).Send(work.Bytes, work.Destination!);
                break;
            case WorkKind.TransportFailed:
                _layer.OnTransportFailed(work.Destination!, Now);
                var closed = work.Destination!;
                Guard(() => _handler.OnFlowClosed(closed));
                break;
            case WorkKind.Action:
                Guard(work.Action!);
                break;
            case WorkKind.Timer:
                _armedFor = TimeSpan.MaxValue;
                break;
        }
    }

    private TimeSpan NextDeadline
    {
        get
        {
            var (transactions, cores) = (_layer.NextDeadline, _timers.NextDeadline);
            return transactions < cores ? transactions : cores;
        }
    }

    private void RunTimers()
    {
        _layer.RunTimers(Now);
        while (_timers.TakeDue(Now) is { } due)
        {
            Guard(due);
        }
    }

    private void ArmTimer()
    {
        var next = NextDeadline;
        if (next == _armedFor)
        {
            return;
        }
        _armedFor = next;
        if (next == TimeSpan.MaxValue)
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }
        var due = next - Now;
        _timer.Change(due > TimeSpan.Zero ? due : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    /// <summary>When the channel is full the loop is busy, and a busy loop looks at the timers by itself.</summary>
    private void OnTimer() => _work.Writer.TryWrite(new Work(WorkKind.Timer));

    private bool Post(in Work work)
    {
        if (_work.Writer.TryWrite(work))
        {
            return true;
        }
        Interlocked.Increment(ref Counters.RefusedCommandCount);
        return false;
    }

    private void Start(SipRequest request, SipDestination destination) =>
        _layer.Start(request, destination, _transports.Find(destination)?.IsReliable ?? false, Now);

    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception error)
        {
            Counters.HandlerExceptionCount++;
            _options.OnHandlerException?.Invoke(error);
        }
    }

    private enum WorkKind : byte
    {
        Received,
        Respond,
        Request,
        Cancel,
        Stateless,
        TransportFailed,
        Action,
        Timer,
    }

    private readonly record struct Work(
        WorkKind Kind,
        SipMessage? Message = null,
        SipFlow? Flow = null,
        SipTransactionId Id = default,
        int Status = 0,
        ReadOnlyMemory<byte> Bytes = default,
        SipDestination? Destination = null,
        Action? Action = null,
        byte[]? Rented = null
    );
}

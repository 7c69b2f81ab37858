using System.Net;
using System.Runtime.InteropServices;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Engine;

/// <summary>
/// A machine on the network: the real transaction layer, and on top of it a core that may crash. Nothing here decides anything; it is the shell
/// that an endpoint with sockets is elsewhere.
/// </summary>
internal sealed class Host : ITransactionUser
{
    private readonly Dictionary<byte[], WireMessage> _wire = [];
    private readonly Dictionary<SipTransactionId, Transaction> _transactions = [];
    private readonly List<Action<Core>> _held = [];
    private int _incarnation;
    private int _upcallsToCrash = -1;
    private bool _keepsWhileDown;

    public Host(World world, string name, int index, IPEndPoint address, bool behindNat, Core core)
    {
        World = world;
        Name = name;
        Index = index;
        Address = address;
        IsBehindNat = behindNat;
        PublicEndPoint = KnownAs = behindNat ? new IPEndPoint(NatAddress, 20_000) : address;
        world.Network.Attach(PublicEndPoint, this);
        Layer = new TransactionLayer(this, world.Timers, new TransactionLimits());
        Core = core;
        core.Host = this;
    }

    public World World { get; }

    public string Name { get; }

    public int Index { get; }

    /// <summary>Its own view: sent-by of Via.</summary>
    public IPEndPoint Address { get; }

    public bool IsBehindNat { get; }

    /// <summary>Source of what it sends, as others see it.</summary>
    public IPEndPoint PublicEndPoint { get; private set; }

    /// <summary>What the host believes <see cref="PublicEndPoint"/> to be: for Contact.</summary>
    public IPEndPoint KnownAs { get; private set; }

    public TransactionLayer Layer { get; }

    public Core Core { get; private set; }

    public bool IsUp { get; private set; } = true;

    public bool HasCrashed => _incarnation > 0;

    public TimeSpan NextDeadline =>
        IsUp && Core.NextDeadline < Layer.NextDeadline ? Core.NextDeadline : Layer.NextDeadline;

    private IPAddress NatAddress => IPAddress.Parse($"203.0.113.{Index + 1}");

    /// <summary>A plan of the core; it dies with the core.</summary>
    public void After(TimeSpan delay, Action action)
    {
        var incarnation = _incarnation;
        World.After(
            delay,
            () =>
            {
                if (incarnation == _incarnation)
                {
                    Guard(action);
                }
            }
        );
    }

    // --- What the core may do ---

    public SipTransactionId Start(SipRequest request, SipDestination to)
    {
        if (!request.Headers.Contains(SipHeaderId.Via))
        {
            AddVia(request, to.Transport);
        }
        World.Ladder.Core(this, "starts", World.Ladder.IsRecording ? request.CSeq : null);
        World.Checkers.Started(Enter(TransactionLayer.ClientIdOf(request), isClient: true, request));
        return Layer.Start(request, to, to.Transport == "TCP", World.Now);
    }

    public bool Respond(SipTransactionId id, SipResponse response)
    {
        var sent = Layer.Respond(id, response.StatusCode, response.ToBytes(), World.Now);
        World.Checkers.Responded(_transactions[id], response.StatusCode, sent);
        World.Ladder.Core(
            this,
            sent ? "answered" : "answered too late",
            World.Ladder.IsRecording ? response.StatusCode : null
        );
        return sent;
    }

    /// <summary>Once more, as it went before.</summary>
    public bool Respond(SipTransactionId id, int status, ReadOnlyMemory<byte> response) =>
        Layer.Respond(id, status, response, World.Now);

    public bool Cancel(SipTransactionId invite)
    {
        var taken = Layer.Cancel(invite, World.Now);
        if (taken)
        {
            World.Checkers.Cancelled(_transactions[invite]);
        }
        World.Ladder.Core(this, taken ? "cancels" : "cancels too late");
        return taken;
    }

    public void SendStateless(SipRequest request, SipDestination to)
    {
        if (!request.Headers.Contains(SipHeaderId.Via))
        {
            AddVia(request, to.Transport);
        }
        SendStateless(request.ToBytes(), to);
    }

    public void SendStateless(ReadOnlyMemory<byte> message, SipDestination to) =>
        World.Network.Send(this, WireOf(message), to);

    /// <summary>Contact as others reach us, as far as we know.</summary>
    public SipUri Contact(string transport) =>
        SipUri.Parse(transport == "TCP" ? $"sip:{Name}@{KnownAs};transport=tcp" : $"sip:{Name}@{KnownAs}");

    /// <summary>A transaction that this host started.</summary>
    public bool IsOwn(SipTransactionId id) => _transactions[id].IsClient;

    // --- What happens to it ---

    public void Start() => Guard(Core.OnStarted);

    public void Receive(WireMessage message, SipFlow flow)
    {
        if (!SipParser.TryParse(message.Bytes, out var parsed, out var error))
        {
            throw new InvalidOperationException($"{Name} cannot read {message}: {error.Reason}");
        }
        if (parsed is SipRequest request)
        {
            ResponseRouting.StampSource(request, flow);
        }
        World.Checkers.Arriving(this, message, flow.Remote);
        // Either way into the layer must do: with a look at the bytes before they are parsed, or without.
        if (
            !World.Dice.Chance(0.5)
            || !SipPeek.TryRead(message.Bytes.Span, out var peek)
            || !Layer.TryAbsorb(peek, World.Now, flow)
        )
        {
            Layer.Receive(parsed, flow, World.Now);
        }
        World.Checkers.Arrived(this, message);
    }

    public void OnConnectionLost(SipDestination remote) => Layer.OnTransportFailed(remote, World.Now);

    public void RunTimers()
    {
        Layer.RunTimers(World.Now);
        if (IsUp && Core.NextDeadline <= World.Now)
        {
            Guard(Core.OnDeadline);
        }
    }

    /// <summary>The NAT maps us to another port; the old one leads nowhere. We find out after a while.</summary>
    public void Rebind()
    {
        World.Network.Attach(PublicEndPoint, null);
        PublicEndPoint = new IPEndPoint(PublicEndPoint.Address, PublicEndPoint.Port + 1);
        World.Network.Attach(PublicEndPoint, this);
        World.Network.BreakAllOf(this);
        World.Ladder.Fault($"{Name} is now {PublicEndPoint}");
        var found = PublicEndPoint;
        World.After(
            World.Dice.Ms(10_000),
            () =>
            {
                if (found.Equals(PublicEndPoint))
                {
                    KnownAs = found;
                    Tell("rebound", core => core.OnRebound());
                }
            }
        );
    }

    /// <summary>Right after that many events, so that every boundary between two events gets its turn.</summary>
    public void CrashAfter(int upcalls) => _upcallsToCrash = upcalls;

    public void Crash()
    {
        if (!IsUp)
        {
            return;
        }
        IsUp = false;
        _incarnation++;
        // Messages to a dead actor are kept for it by its shard, or lost with its node.
        _keepsWhileDown = World.Dice.Chance(0.5);
        World.Ladder.Fault($"{Name} crashes; events are {(_keepsWhileDown ? "kept" : "lost")}");
        World.After(World.Dice.Ms(4_000), Recover);
    }

    private void Recover()
    {
        World.Ladder.Fault($"{Name} is back");
        var restored = Core.Restore();
        restored.Host = this;
        Core = restored;
        IsUp = true;
        World.Checkers.Restored(this);
        Guard(restored.OnStarted);
        var held = _held.ToArray();
        _held.Clear();
        foreach (var upcall in held)
        {
            Tell("late", upcall);
        }
    }

    // --- What the transaction layer says ---

    bool ITransactionUser.Send(ReadOnlyMemory<byte> message, SipDestination destination)
    {
        if (destination.Transport == "TCP" && !World.Network.HasFlow(this, destination))
        {
            // As the endpoint does (RFC 3261 §18.2.2).
            destination = ResponseRouting.WithoutConnection(message) ?? destination;
        }
        return World.Network.Send(this, WireOf(message), destination);
    }

    void ITransactionUser.OnRequest(SipTransactionId? id, SipRequest request, SipFlow flow)
    {
        if (id is { } name)
        {
            World.Checkers.Request(Enter(name, isClient: false, request));
        }
        Tell("request", core => core.OnRequest(id, request, flow), request.CSeq);
    }

    void ITransactionUser.OnCancel(SipTransactionId invite, SipRequest cancel)
    {
        World.Checkers.CancelRequest(_transactions[invite]);
        Tell("is cancelled", core => core.OnCancel(invite, cancel));
    }

    void ITransactionUser.OnResponse(SipTransactionId id, SipResponse response)
    {
        World.Checkers.Response(_transactions[id], response);
        Tell("response", core => core.OnResponse(id, response), response.StatusCode);
    }

    void ITransactionUser.OnEnded(SipTransactionId id, SipTransactionEnd end)
    {
        World.Checkers.Ended(_transactions[id], end);
        Tell("ended", core => core.OnEnded(id, end), end);
    }

    private Transaction Enter(SipTransactionId id, bool isClient, SipRequest request) =>
        _transactions[id] = new Transaction(this, id, isClient, request.Method, request.TopVia.Branch!);

    private void Tell(string what, Action<Core> upcall, object? detail = null)
    {
        World.Ladder.Core(this, IsUp ? what : $"{what} (down)", World.Ladder.IsRecording ? detail : null);
        if (IsUp)
        {
            Guard(() => upcall(Core));
        }
        else if (_keepsWhileDown)
        {
            _held.Add(upcall);
        }
        else
        {
            World.Checkers.Missed(this);
        }
    }

    /// <summary>One event of the core; afterwards it may crash.</summary>
    private void Guard(Action action)
    {
        action();
        if (_upcallsToCrash > 0 && --_upcallsToCrash == 0)
        {
            Crash();
        }
    }

    /// <summary>Retransmissions are the same bytes, and are read once.</summary>
    private WireMessage WireOf(ReadOnlyMemory<byte> message)
    {
        if (!MemoryMarshal.TryGetArray(message, out var segment))
        {
            return new WireMessage(message);
        }
        if (!_wire.TryGetValue(segment.Array!, out var wire))
        {
            _wire[segment.Array!] = wire = new WireMessage(message);
        }
        return wire;
    }

    /// <summary>For who wants to know the branch before the request leaves.</summary>
    public void AddVia(SipRequest request, string transport) =>
        request.Headers.AddFirst(SipHeaderId.Via, $"SIP/2.0/{transport} {Address};branch={World.NewBranch()};rport");
}

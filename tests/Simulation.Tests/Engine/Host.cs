using System.Net;
using System.Runtime.InteropServices;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Engine;

/// <summary>
/// A machine on the network: the real transaction layer, and on top of it a core that may crash. Nothing here decides anything; it is the shell
/// that an endpoint with sockets is elsewhere.
/// </summary>
internal sealed partial class Host
{
    private readonly Dictionary<byte[], WireMessage> _wire = [];
    private readonly Dictionary<SipTransactionId, Transaction> _transactions = [];
    private int _incarnation;

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

    public bool IsProxy => Core.IsProxy;

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

    /// <summary>For who wants to know the branch before the request leaves.</summary>
    public void AddVia(SipRequest request, string transport) =>
        request.Headers.AddFirst(SipHeaderId.Via, $"SIP/2.0/{transport} {Address};branch={World.NewBranch()};rport");

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
}

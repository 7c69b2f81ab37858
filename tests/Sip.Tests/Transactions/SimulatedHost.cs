using System.Net;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Transactions;

/// <summary>The virtual clock of a simulation: the network's deliveries and everyone's deadlines, in order, on one thread.</summary>
internal sealed class SimulatedWorld(int seed, VirtualNetworkConditions conditions)
{
    private readonly List<SimulatedHost> _hosts = [];
    private readonly PriorityQueue<Action, (TimeSpan, int)> _plans = new();
    private int _order;

    public VirtualNetwork Network { get; } = new(seed, conditions);

    public Random Random { get; } = new(seed * 7919 + 1);

    public TimeSpan Now { get; private set; }

    public SimulatedHost AddHost(string address, ISimulatedCore core)
    {
        var host = new SimulatedHost(this, IPEndPoint.Parse(address), core);
        _hosts.Add(host);
        return host;
    }

    public void After(TimeSpan delay, Action action) => _plans.Enqueue(action, (Now + delay, _order++));

    /// <summary>Until nothing is left to happen.</summary>
    public void Run()
    {
        for (var steps = 0; steps < 1_000_000; steps++)
        {
            var plan = _plans.TryPeek(out _, out var when) ? when.Item1 : TimeSpan.MaxValue;
            var next = _hosts.Select(h => h.Layer.NextDeadline).Append(Network.NextDelivery).Append(plan).Min();
            if (next == TimeSpan.MaxValue)
            {
                return;
            }
            Now = next > Now ? next : Now;
            Network.Deliver(Now);
            while (_plans.TryPeek(out _, out var due) && due.Item1 <= Now)
            {
                _plans.Dequeue()();
            }
            foreach (var host in _hosts)
            {
                host.Layer.RunTimers(Now);
            }
        }
        throw new InvalidOperationException("The simulation does not come to rest.");
    }
}

/// <summary>What sits above the transaction layer of a simulated host.</summary>
internal interface ISimulatedCore
{
    void OnRequest(SimulatedHost host, SipTransactionId? id, SipRequest request, SipFlow flow);

    void OnCancel(SimulatedHost host, SipTransactionId invite) { }

    void OnResponse(SimulatedHost host, SipTransactionId id, SipResponse response) { }

    void OnEnded(SimulatedHost host, SipTransactionId id, SipTransactionEnd end) { }
}

/// <summary>A transaction layer on the virtual network, without endpoint, threads or clock.</summary>
internal sealed class SimulatedHost : ITransactionUser
{
    private readonly SimulatedWorld _world;
    private readonly ISimulatedCore _core;

    public SimulatedHost(SimulatedWorld world, IPEndPoint address, ISimulatedCore core)
    {
        _world = world;
        _core = core;
        Address = address;
        Layer = new TransactionLayer(this, new SipTimers(), new TransactionLimits());
        var transport = new VirtualTransport(world.Network, address, TimeProvider.System);
        world.Network.Attach(
            address,
            (bytes, source) =>
            {
                SipParser.TryParse(bytes, out var message, out var error).Should().BeTrue("{0}", error);
                var flow = new SipFlow(transport, address, SipDestination.Udp(source));
                if (message is SipRequest request)
                {
                    ResponseRouting.StampSource(request, flow);
                }
                Layer.Receive(message!, flow, world.Now);
            }
        );
    }

    public IPEndPoint Address { get; }

    public TransactionLayer Layer { get; }

    public SipTransactionId Start(SipRequest request, SimulatedHost to)
    {
        AddVia(request);
        return Layer.Start(request, SipDestination.Udp(to.Address), reliable: false, _world.Now);
    }

    public void SendStateless(SipRequest request, SimulatedHost to)
    {
        if (!request.Headers.Contains(SipHeaderId.Via))
        {
            AddVia(request);
        }
        _world.Network.Send(request.ToBytes(), Address, to.Address, _world.Now);
    }

    public bool Respond(SipTransactionId id, SipResponse response) =>
        Layer.Respond(id, response.StatusCode, response.ToBytes(), _world.Now);

    private void AddVia(SipRequest request) =>
        request.Headers.AddFirst(SipHeaderId.Via, $"SIP/2.0/UDP {Address};branch={SipToken.NewBranch()};rport");

    bool ITransactionUser.Send(ReadOnlyMemory<byte> message, SipDestination destination)
    {
        _world.Network.Send(message.Span, Address, destination.EndPoint, _world.Now);
        return true;
    }

    void ITransactionUser.OnRequest(SipTransactionId? id, SipRequest request, SipFlow flow) =>
        _core.OnRequest(this, id, request, flow);

    void ITransactionUser.OnCancel(SipTransactionId invite, SipRequest cancel) => _core.OnCancel(this, invite);

    void ITransactionUser.OnResponse(SipTransactionId id, SipResponse response) => _core.OnResponse(this, id, response);

    void ITransactionUser.OnEnded(SipTransactionId id, SipTransactionEnd end) => _core.OnEnded(this, id, end);
}

using System.Net;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Tests.Engine;

/// <summary>
/// Two sessions' streams in virtual time over a perfect wire: what a loaded machine would disturb can be checked sample by
/// sample. Their sockets are real but idle.
/// </summary>
internal sealed class VirtualPair : IAsyncDisposable
{
    private readonly SessionPair _pair;
    private readonly Wire _wire;
    private readonly SessionStream _caller;
    private readonly SessionStream _agent;
    private Agreement _callerAgreement;
    private Agreement _agentAgreement;
    private readonly MediaSockets _callerSockets;
    private readonly MediaSockets _agentSockets;
    private readonly ClockBuffers _buffers = new();
    private long _tick = 1;

    public VirtualPair(MediaCapabilities? caller = null, int capacityMs = 4000, Action<MediaOptions>? change = null)
    {
        _pair = SessionPair.Create(caller, change);
        Caller = new Playout(capacityMs);
        Agent = new Playout(capacityMs);
        _callerSockets = Bind();
        _agentSockets = Bind();
        _wire = new Wire(_callerSockets, _agentSockets)
        {
            Arrives = (port, packet) => (port < Port(_agentSockets) ? ToCaller : ToAgent)(packet),
        };
        _caller = new SessionStream(_pair.Engine, _callerSockets, _pair.CallerSink, Caller);
        _agent = new SessionStream(_pair.Engine, _agentSockets, _pair.AgentSink, Agent);
        _callerAgreement = Agreed(_pair.CallerMedia with { RemotePort = Port(_agentSockets) });
        _agentAgreement = Agreed(_pair.AgentMedia with { RemotePort = Port(_callerSockets) });
    }

    public Playout Caller { get; }
    public Playout Agent { get; }
    public RecordingSink CallerSink => _pair.CallerSink;
    public RecordingSink AgentSink => _pair.AgentSink;
    public MediaStats AgentStats => _agent.Snapshot();
    public SessionStream CallerStream => _caller;
    public SessionStream AgentStream => _agent;

    /// <summary>What the wire does to a packet to this port: returns whether it arrives, and may change it.</summary>
    public Func<byte[], bool> ToAgent { get; set; } = static _ => true;
    public Func<byte[], bool> ToCaller { get; set; } = static _ => true;

    /// <summary>Lets time pass, 20 ms at a time; <paramref name="between"/> runs before every tick.</summary>
    public void Run(int ticks, Action? between = null)
    {
        for (var i = 0; i < ticks; i++, _tick++)
        {
            between?.Invoke();
            var now = 1_000_000_000 + _tick * MediaClock.TickNs;
            _wire.NowNs = now;
            _caller.Tick(new ClockTick(_wire, _buffers, _tick, now, now, 0), _callerAgreement);
            // The agent's clock ticks in between.
            now += MediaClock.TickNs / 2;
            _wire.NowNs = now;
            _agent.Tick(new ClockTick(_wire, _buffers, _tick, now, now, 0), _agentAgreement);
        }
    }

    /// <summary>Both sides change what they agreed on, from the next tick on.</summary>
    public void Agree(Func<NegotiatedMedia, NegotiatedMedia> caller, Func<NegotiatedMedia, NegotiatedMedia> agent)
    {
        _callerAgreement = Agreed(caller(_callerAgreement.Media), _callerAgreement.Media.Codec);
        _agentAgreement = Agreed(agent(_agentAgreement.Media), _agentAgreement.Media.Codec);
    }

    /// <summary>A datagram that the agent finds at its next tick, from the caller's address.</summary>
    public void SendToAgent(byte[] datagram) =>
        _wire.Send(
            _callerSockets.Rtp,
            connected: false,
            datagram,
            PeerAddress.From(IPAddress.Loopback, Port(_agentSockets))
        );

    private static Agreement Agreed(NegotiatedMedia media, AudioCodec? before = null) =>
        new(media, v6: false, 8000, isNewCodec: media.Codec != before);

    public async ValueTask DisposeAsync()
    {
        _callerSockets.Dispose();
        _agentSockets.Dispose();
        await _pair.DisposeAsync();
    }

    private static MediaSockets Bind()
    {
        for (var port = 40000; port < 60000; port += 2)
        {
            if (MediaSockets.TryBind(IPAddress.Loopback, port) is { } sockets)
                return sockets;
        }

        throw new InvalidOperationException("No free port.");
    }

    private static int Port(MediaSockets sockets) => sockets.Local.Port;

    /// <summary>Packets by the port they go to; descriptors are told apart by the order in which they were bound.</summary>
    private sealed class Wire(params MediaSockets[] sockets) : Datagrams
    {
        private readonly Dictionary<int, Queue<(byte[] Packet, PeerAddress Source, long At)>> _onTheWay = [];
        private (byte[] Packet, PeerAddress Source, long At) _received;

        public long NowNs { get; set; }

        public required Func<int, byte[], bool> Arrives { get; init; }

        public override Span<byte> Packet => _received.Packet;

        public override PeerAddress Source => _received.Source;

        public override long ArrivalNs => _received.At;

        public override bool TryReceive(in UdpEnd end, bool connected, long nowNs, long wallMinusMonotonicNs) =>
            _onTheWay.TryGetValue(PortOf(end), out var queue) && queue.TryDequeue(out _received);

        public override bool Send(in UdpEnd end, bool connected, ReadOnlySpan<byte> packet, in PeerAddress destination)
        {
            if (!_onTheWay.TryGetValue(destination.Port, out var queue))
                _onTheWay[destination.Port] = queue = new();
            var bytes = packet.ToArray();
            if (Arrives(destination.Port, bytes))
                queue.Enqueue((bytes, PeerAddress.From(IPAddress.Loopback, PortOf(end)), NowNs + 1_000_000));
            return true;
        }

        public override bool Connect(in UdpEnd end, in PeerAddress peer) => true;

        public override void Disconnect(in UdpEnd end) { }

        public override void Dispose() { }

        private int PortOf(UdpEnd end)
        {
            foreach (var pair in sockets)
            {
                if (pair.Rtp == end)
                    return pair.Local.Port;
                if (pair.Rtcp == end)
                    return pair.Local.Port + 1;
            }

            throw new InvalidOperationException("A socket of nobody.");
        }
    }
}

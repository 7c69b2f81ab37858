using System.Net;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Sdp;
using OCPlatform.Media.Srtp;

namespace OCPlatform.Media.Tests.Engine;

/// <summary>What a packet costs the garbage collector: nothing.</summary>
public class AllocationTests
{
    // Each is a packet out, which the session itself takes in again; measured are five times as many.
    private const int Ticks = 10_000;

    [Theory]
    [InlineData(AudioCodec.Pcmu, null)]
    [InlineData(AudioCodec.Pcmu, SrtpSuite.AesCm128HmacSha1Tag80)]
    [InlineData(AudioCodec.Pcmu, SrtpSuite.AeadAes128Gcm)]
    [InlineData(AudioCodec.G722, null)]
    [InlineData(AudioCodec.G722, SrtpSuite.AesCm128HmacSha1Tag80)]
    public async Task A_hundred_thousand_packets_allocate_nothing(AudioCodec codec, SrtpSuite? suite)
    {
        await using var pair = SessionPair.Create();
        var keys = suite is { } s ? SrtpKeys.Create(s) : null;
        var media = pair.AgentMedia with
        {
            Codec = codec,
            SendPayloadType = 9,
            ReceivePayloadType = 9,
            RtcpMux = true,
            Security = keys is null
                ? null
                : new MediaSecurity
                {
                    Agreement = KeyAgreement.Sdes,
                    SendKeys = keys,
                    ReceiveKeys = keys,
                },
        };
        var rate = codec.SampleRateHz();
        var sockets = MediaSockets.TryBind(IPAddress.Loopback, pair.Engine.Options.PortRangeEnd - 1)!;
        using var wire = new Loop();
        var stream = new SessionStream(pair.Engine, sockets, new GuardedSink(new Listener()), new Playout(1000, rate));
        stream.UseRate(rate);
        stream.Echo = true;
        var agreement = new Agreement(media, false, rate, isNewCodec: true);
        var buffers = new ClockBuffers();
        var next = 1L;

        Allocations.ShouldBeNoneIn($"{Ticks} ticks", Run);

        stream.Snapshot().PacketsReceived.Should().BeGreaterThan(5 * Ticks);
        sockets.Dispose();

        void Run()
        {
            for (var i = 0; i < Ticks; i++)
            {
                var tick = next++;
                var now = 1_000_000_000 + tick * MediaClock.TickNs;
                wire.NowNs = now;
                stream.Tick(new ClockTick(wire, buffers, tick, now, now, 0), agreement);
            }
        }
    }

    private sealed class Listener : IMediaSink;

    /// <summary>Brings every packet back, 1 ms later.</summary>
    private sealed class Loop : Datagrams
    {
        private static readonly PeerAddress Peer = PeerAddress.From(IPAddress.Loopback, 9);
        private readonly byte[] _waiting = new byte[MaxBytes];
        private readonly byte[] _received = new byte[MaxBytes];
        private int _length;
        private int _receivedLength;

        public long NowNs { get; set; }

        public override Span<byte> Packet => _received.AsSpan(0, _receivedLength);
        public override PeerAddress Source => Peer;
        public override long ArrivalNs => NowNs - 19_000_000;

        public override bool TryReceive(in UdpEnd end, bool connected, long nowNs, long wallMinusMonotonicNs)
        {
            if (_length == 0)
                return false;
            _waiting.AsSpan(0, _length).CopyTo(_received);
            (_receivedLength, _length) = (_length, 0);
            return true;
        }

        public override bool Send(in UdpEnd end, bool connected, ReadOnlySpan<byte> packet, in PeerAddress destination)
        {
            // Reports are not looped: they are read by who they are about.
            if (packet[1] is >= 192 and <= 223)
                return true;
            packet.CopyTo(_waiting);
            _length = packet.Length;
            return true;
        }

        public override bool Connect(in UdpEnd end, in PeerAddress peer) => true;

        public override void Disconnect(in UdpEnd end) { }

        public override void Dispose() { }
    }
}

using System.Net;
using System.Net.Sockets;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Rtp;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Tests.Engine;

public class MediaEngineTests
{
    [Fact]
    public async Task Ten_thousand_packets_cost_the_clock_thread_no_allocation()
    {
        await using var engine = new MediaEngine(SessionPair.Options(o => o.RtcpIntervalSeconds = 1), new Random(1));
        var sinks = new List<EchoSink>();
        var sessions = new List<MediaSession>();
        for (var i = 0; i < 80; i++)
        {
            var sink = new EchoSink();
            var session = engine.TryOpenSession(sink)!;
            sink.Playout = session.Playout;
            sinks.Add(sink);
            sessions.Add(session);
        }

        for (var i = 0; i < sessions.Count; i++)
            sessions[i].Start(Towards(sessions[i], sessions[i ^ 1].LocalPort));
        await Eventually.Holds(() => sinks.TrueForAll(s => s.Frames > 60), "the first second");

        var before = sessions.Sum(s => s.Stats.PacketsReceived + s.Stats.PacketsSent);
        foreach (var sink in sinks)
            sink.Measure = true;
        await Eventually.Holds(
            () => sessions.Sum(s => s.Stats.PacketsReceived + s.Stats.PacketsSent) - before > 20_000,
            "ten thousand packets each way"
        );

        sinks.Min(s => s.FirstAllocated).Should().BePositive();
        (sinks.Max(s => s.LastAllocated) - sinks.Min(s => s.FirstAllocated)).Should().Be(0);
        sessions.Should().OnlyContain(s => s.Stats.PacketsLost == 0);
    }

    [Fact]
    public async Task Sessions_come_and_go_and_every_port_comes_back()
    {
        await using var engine = new MediaEngine(SessionPair.Options(), new Random(1));
        for (var round = 0; round < 5; round++)
        {
            var sessions = new List<MediaSession>();
            while (engine.TryOpenSession(new RecordingSink()) is { } session)
                sessions.Add(session);
            sessions.Should().HaveCount(100);
            sessions.Select(s => s.LocalPort).Should().OnlyHaveUniqueItems().And.OnlyContain(p => p % 2 == 0);
            foreach (var session in sessions.Where((_, i) => i % 2 == 0))
                session.Start(Towards(session, 9));
            foreach (var session in sessions)
                session.Dispose();
            await Task.WhenAll(sessions.Select(s => s.Closed)).WaitAsync(TimeSpan.FromSeconds(10));
            engine.Stats.PortsInUse.Should().Be(0);
        }

        engine.Stats.Clocks.Sum(c => c.Sessions).Should().Be(0);
    }

    [Fact]
    public async Task A_port_that_another_process_uses_is_passed_over()
    {
        var options = SessionPair.Options(o => o.PortRangeEnd = o.PortRangeStart + 5);
        using var foreign = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        foreign.Bind(new IPEndPoint(IPAddress.Loopback, options.PortRangeStart + 3));
        await using var engine = new MediaEngine(options, new Random(1));

        var first = engine.TryOpenSession(new RecordingSink())!.LocalPort;
        var second = engine.TryOpenSession(new RecordingSink())!.LocalPort;

        new[] { first, second }.Should().BeEquivalentTo([options.PortRangeStart, options.PortRangeStart + 4]);
        engine.TryOpenSession(new RecordingSink()).Should().BeNull();
    }

    [Fact]
    public async Task Packets_from_elsewhere_are_not_heard_and_do_not_redirect_the_call()
    {
        await using var pair = SessionPair.Started();
        await Eventually.Holds(() => pair.Agent.Stats.PacketsReceived > 5, "media flows");
        using var attacker = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        attacker.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var loud = new byte[172];
        var target = new IPEndPoint(IPAddress.Loopback, pair.Agent.LocalPort);

        for (ushort i = 0; i < 500; i++)
        {
            RtpHeader.Write(loud, 0, false, i, i * 160u, 0x666);
            attacker.SendTo(loud, target);
            if (i % 10 == 0)
                await Task.Delay(5);
        }

        attacker.SendTo([1, 2, 3], target);
        var frames = pair.AgentSink.Frames.Length;
        await Eventually.Holds(() => pair.AgentSink.Frames.Length > frames + 20, "time passes");

        pair.Agent.Stats.PacketsReceived.Should().BeLessThan(pair.Caller.Stats.PacketsSent + 1);
        pair.AgentSink.Audio.Should().OnlyContain(s => Math.Abs((int)s) < 100, "only comfort noise was said");
        attacker.Available.Should().Be(0, "nothing is sent to the attacker");
        pair.Caller.Stats.PacketsLost.Should().Be(0);
    }

    [Fact]
    public async Task A_peer_whose_address_changes_in_a_pause_is_followed()
    {
        await using var pair = SessionPair.Create();
        using var before = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var after = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        before.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        after.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        pair.Agent.Start(Towards(pair.Agent, ((IPEndPoint)before.LocalEndPoint!).Port));
        var agent = new IPEndPoint(IPAddress.Loopback, pair.Agent.LocalPort);
        var packet = new byte[172];
        ushort sequence = 0;
        void Send(Socket from)
        {
            RtpHeader.Write(packet, 0, false, sequence, sequence * 160u, 5);
            from.SendTo(packet, agent);
            sequence++;
        }

        for (var i = 0; i < 10; i++)
        {
            Send(before);
            await Task.Delay(20);
        }

        var received = pair.Agent.Stats.PacketsReceived;
        received.Should().BeGreaterThan(0);
        // The NAT has forgotten the pause's peer: the socket, which is tied to the old address, must have been opened.
        var frames = pair.AgentSink.Frames.Length;
        await Eventually.Holds(() => pair.AgentSink.Frames.Length > frames + 70, "over a second passes");
        for (var i = 0; i < 10; i++)
        {
            Send(after);
            await Task.Delay(20);
        }

        pair.Agent.Stats.PacketsReceived.Should().BeGreaterThan(received + 5);
        await Eventually.Holds(() => after.Available > 0, "it is sent to from then on");
    }

    [Fact]
    public async Task Comfort_noise_that_nobody_agreed_to_is_a_sign_of_life_and_no_loss()
    {
        await using var pair = SessionPair.Create(change: o => o.MediaTimeoutSeconds = 1);
        using var phone = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        phone.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        pair.Agent.Start(pair.AgentMedia with { RemotePort = ((IPEndPoint)phone.LocalEndPoint!).Port });
        var target = new IPEndPoint(IPAddress.Loopback, pair.Agent.LocalPort);
        ushort sequence = 0;
        void Say(int payloadType, int bytes)
        {
            var packet = new byte[RtpHeader.FixedBytes + bytes];
            RtpHeader.Write(packet, payloadType, false, sequence, sequence * 160u, 7);
            sequence++;
            phone.SendTo(packet, target);
        }

        for (var i = 0; i < 5; i++)
            Say(0, 160);
        for (var i = 0; i < 20; i++)
        {
            Say(13, 1);
            await Task.Delay(100);
        }

        Say(0, 160);
        await Eventually.Holds(() => pair.Agent.Stats.PacketsReceived == 6, "the last packet");
        pair.AgentSink.Events.Should().NotContain("timeout");
        pair.Agent.Stats.PacketsLost.Should().Be(0);
    }

    [Fact]
    public async Task Frames_tell_when_their_packet_arrived_and_how_late_it_was()
    {
        await using var pair = SessionPair.Started();
        await Eventually.Holds(() => pair.AgentSink.Frames.Length > 60, "a second");

        var frames = pair.AgentSink.Frames;
        frames.Select(f => f.MediaTime).Should().Equal(Enumerable.Range(0, frames.Length).Select(i => i * 160L));
        var received = frames.Where(f => f.Kind == FrameKind.Received).ToList();
        received.Should().HaveCountGreaterThan(40);
        received.Should().OnlyContain(f => f.ArrivalTicks > 0 && f.LatenessMicros >= 0);
        // The buffer may leave out a frame of the pause while it learns the delay.
        received
            .Zip(received.Skip(1), (a, b) => b.RtpTimestamp - a.RtpTimestamp)
            .Should()
            .OnlyContain(step => step == 160 || step == 320);
        received.Zip(received.Skip(1)).Should().OnlyContain(p => p.Second.ArrivalTicks > p.First.ArrivalTicks);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reports_tell_round_trip_and_loss(bool mux)
    {
        await using var pair = SessionPair.Started(
            new MediaCapabilities { RtcpMux = mux },
            o => o.RtcpIntervalSeconds = 1
        );
        pair.AgentMedia.RtcpMux.Should().Be(mux);

        await Eventually.Holds(() => pair.Agent.Stats.RoundTripMs is not null, "a report about a report");

        pair.Agent.Stats.RoundTripMs.Should().BeInRange(0, 600, "the RTCP port is looked at twice a second");
        pair.Agent.Stats.RemoteLossFraction.Should().Be(0);
    }

    [Fact]
    public async Task A_codec_can_change_in_mid_call()
    {
        await using var pair = SessionPair.Started();
        await Eventually.Holds(() => pair.Agent.Stats.PacketsReceived > 5, "media flows");
        NegotiatedMedia ToPcma(NegotiatedMedia media) =>
            media with
            {
                Codec = AudioCodec.Pcma,
                SendPayloadType = 8,
                ReceivePayloadType = 8,
            };

        pair.Agent.Update(ToPcma(pair.AgentMedia));
        pair.Caller.Update(ToPcma(pair.CallerMedia));
        pair.Caller.Playout.TryEnqueue(Tone.Sine(500, 4000));
        await Eventually.Holds(() => pair.CallerSink.Events.Contains("drained"), "the tone");
        await Eventually.Holds(() => pair.AgentSink.Audio.Count(s => Math.Abs((int)s) > 500) > 3400, "it is heard");

        var heard = pair.AgentSink.Audio.SkipWhile(s => Math.Abs((int)s) < 500).Skip(400).Take(3000).ToArray();
        Tone.Amplitude(heard, 500, 8000).Should().BeApproximately(8000, 200);
    }

    [Fact]
    public async Task The_advertised_address_is_the_configured_one_the_bound_one_or_the_route()
    {
        await using (var bound = new MediaEngine(SessionPair.Options()))
            bound.AdvertisedAddress().Should().Be("127.0.0.1");
        await using (var configured = new MediaEngine(SessionPair.Options(o => o.AdvertisedAddress = "203.0.113.5")))
            configured.AdvertisedAddress(IPAddress.Loopback).Should().Be("203.0.113.5");
        await using (var any = new MediaEngine(SessionPair.Options(o => o.BindAddress = "0.0.0.0")))
            any.AdvertisedAddress(IPAddress.Loopback).Should().Be("127.0.0.1");
    }

    [Theory]
    [InlineData(nameof(MediaOptions.BindAddress))]
    [InlineData(nameof(MediaOptions.AdvertisedAddress))]
    [InlineData(nameof(MediaOptions.PortRangeEnd))]
    [InlineData(nameof(MediaOptions.ClockSlots))]
    [InlineData(nameof(MediaOptions.JitterMaxDelayMs))]
    public void Options_that_make_no_sense_are_refused(string option)
    {
        var options = SessionPair.Options();
        switch (option)
        {
            case nameof(MediaOptions.BindAddress):
                options.BindAddress = "localhost";
                break;
            case nameof(MediaOptions.AdvertisedAddress):
                options.AdvertisedAddress = "sip.example.com";
                break;
            case nameof(MediaOptions.PortRangeEnd):
                options.PortRangeEnd = options.PortRangeStart;
                break;
            case nameof(MediaOptions.ClockSlots):
                options.ClockSlots = 3;
                break;
            case nameof(MediaOptions.JitterMaxDelayMs):
                (options.JitterMinDelayMs, options.JitterMaxDelayMs) = (300, 200);
                break;
        }

        var create = () => new MediaEngine(options);
        create.Should().Throw<ArgumentException>().WithMessage($"*{option}*");
    }

    [Fact]
    public void A_jitter_buffer_longer_than_it_can_be_is_refused()
    {
        var create = () => new MediaEngine(SessionPair.Options(o => o.JitterMaxDelayMs = 641));

        create.Should().Throw<ArgumentException>().WithMessage("*JitterMaxDelayMs*20*640*");
    }

    [Fact]
    public async Task Without_descriptors_there_is_no_media_and_nothing_stays_taken()
    {
        await using var engine = new MediaEngine(SessionPair.Options(), new Random(1));
        var error = SocketError.TooManyOpenSockets;
        UdpEnd? NoneForRtcp(IPAddress address, int port) =>
            port % 2 == 0 ? Datagrams.TryBind(address, port) : throw new SocketException((int)error);

        for (var i = 0; i < 100; i++)
            engine.TryOpenSession(new RecordingSink(), NoneForRtcp).Should().BeNull();
        error = SocketError.AddressNotAvailable;
        var open = () => engine.TryOpenSession(new RecordingSink(), NoneForRtcp);
        open.Should().Throw<SocketException>();
        engine.Stats.PortsInUse.Should().Be(0);

        var opened = 0;
        while (engine.TryOpenSession(new RecordingSink()) is not null)
            opened++;
        opened.Should().Be(100, "no socket was left on any port");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Datagrams_are_sent_and_received_with_their_source(bool portable)
    {
        using var io = portable ? new PortableDatagrams() : Datagrams.Create();
        var (a, portOfA) = Bind(portable);
        var (b, portOfB) = Bind(portable);
        var toB = PeerAddress.From(IPAddress.Loopback, portOfB);
        bool Receive(bool connected = false) =>
            io.TryReceive(b, connected, MonotonicClock.NowNs(), MonotonicClock.WallMinusMonotonicNs());
        Receive().Should().BeFalse();
        var sentAt = MonotonicClock.NowNs();
        for (byte i = 0; i < 20; i++)
            io.Send(a, connected: false, [i, 1, 2], toB).Should().BeTrue();

        for (var i = 0; i < 20; i++)
        {
            Receive().Should().BeTrue();
            io.Packet.ToArray().Should().Equal((byte)i, 1, 2);
            io.Source.Should().Be(PeerAddress.From(IPAddress.Loopback, portOfA));
            io.ArrivalNs.Should().BeInRange(sentAt - 1_000_000, MonotonicClock.NowNs());
        }

        Receive().Should().BeFalse();
        io.Send(a, connected: false, new byte[1600], toB).Should().BeTrue();
        if (Receive())
            io.Packet.Length.Should().Be(0, "what is longer than any RTP packet is not passed on");
        Datagrams.Close(a);
        Datagrams.Close(b);
    }

    [Fact]
    public void A_connected_socket_takes_its_peers_packets_only_until_it_is_opened_again()
    {
        using var io = Datagrams.Create();
        var (a, portOfA) = Bind(portable: false);
        var (b, portOfB) = Bind(portable: false);
        var (stranger, _) = Bind(portable: false);
        var (toA, toB) = (PeerAddress.From(IPAddress.Loopback, portOfA), PeerAddress.From(IPAddress.Loopback, portOfB));
        bool Receive(bool connected) => io.TryReceive(b, connected, 0, 0);

        if (!io.Connect(b, toA))
            return; // Not on this system; then nothing relies on it.
        io.Send(stranger, connected: false, [9], toB);
        io.Send(a, connected: false, [1], toB);
        Receive(connected: true).Should().BeTrue();
        io.Packet.ToArray().Should().Equal(1);
        Receive(connected: true).Should().BeFalse();
        io.Send(b, connected: true, [2], toA).Should().BeTrue();
        io.TryReceive(a, connected: false, 0, 0).Should().BeTrue();
        io.Source.Should().Be(toB);

        io.Disconnect(b);
        io.Send(stranger, connected: false, [9], toB);
        Receive(connected: false).Should().BeTrue();
        io.Packet.ToArray().Should().Equal(9);
        foreach (var end in new[] { a, b, stranger })
            Datagrams.Close(end);
    }

    private static (UdpEnd End, int Port) Bind(bool portable)
    {
        for (var port = 40001; port < 60000; port += 2)
        {
            var end = portable
                ? PortableDatagrams.TryBindSocket(IPAddress.Loopback, port)
                : Datagrams.TryBind(IPAddress.Loopback, port);
            if (end is { } bound)
                return (bound, port);
        }

        throw new InvalidOperationException("No free port.");
    }

    private static NegotiatedMedia Towards(MediaSession session, int port) =>
        new()
        {
            Codec = AudioCodec.Pcmu,
            SendPayloadType = 0,
            ReceivePayloadType = 0,
            RemoteAddress = "127.0.0.1",
            RemotePort = port,
            RemoteRtcpPort = port + 1,
            LocalAddress = "127.0.0.1",
            LocalPort = session.LocalPort,
            SessionId = 1,
            SessionVersion = 1,
        };

    private sealed class EchoSink : IMediaSink
    {
        public Playout Playout = null!;
        public volatile bool Measure;
        public volatile int Frames;
        public long FirstAllocated;
        public long LastAllocated;

        public void OnAudio(ReadOnlySpan<short> frame, in MediaFrameInfo info)
        {
            Frames++;
            Playout.TryEnqueue(frame);
            if (!Measure)
                return;
            LastAllocated = GC.GetAllocatedBytesForCurrentThread();
            if (FirstAllocated == 0)
                FirstAllocated = LastAllocated;
        }
    }
}

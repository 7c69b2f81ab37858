using System.Net;
using System.Net.Sockets;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Dtls;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Ice;
using OCPlatform.Media.Rtp;
using OCPlatform.Media.Sdp;
using OCPlatform.Media.Srtp;

namespace OCPlatform.Media.Tests.Engine;

/// <summary>Two sessions of one engine with every codec and every way to keys, over real sockets.</summary>
public class SecuredSessionTests
{
    [Theory]
    [InlineData(AudioCodec.Pcmu, 8000)]
    [InlineData(AudioCodec.Pcma, 8000)]
    [InlineData(AudioCodec.G722, 16_000)]
    [InlineData(AudioCodec.L16, 16_000)]
    [InlineData(AudioCodec.L16Narrow, 8000)]
    [InlineData(AudioCodec.Opus, 16_000)]
    public async Task A_tone_is_heard_with_every_codec_at_its_rate(AudioCodec codec, int rateHz)
    {
        if (!AudioCodecFactory.IsAvailable(codec))
            return; // Then it is not offered either.
        await using var pair = SessionPair.Create();
        pair.Agent.Start(WithCodec(pair.AgentMedia, codec));
        pair.Caller.Start(WithCodec(pair.CallerMedia, codec));

        pair.Agent.SampleRateHz.Should().Be(rateHz);
        await Hears(pair, rateHz);
    }

    [Fact]
    public async Task Every_codec_of_our_offer_is_understood_and_for_a_while_those_of_the_agreement_before()
    {
        await using var pair = SessionPair.Started();
        pair.CallerMedia.OtherFormats.Should().Equal(new ReceivedFormat(8, AudioCodec.Pcma));
        await Eventually.Holds(() => pair.Caller.Stats.PacketsReceived > 5, "media flows");

        // The agent changes over without a word: both codecs stood in the offer.
        pair.Agent.Update(WithCodec(pair.AgentMedia, AudioCodec.Pcma));
        pair.Agent.Playout.TryEnqueue(Tone.Sine(1000, 4000));
        await Eventually.Holds(
            () => pair.CallerSink.Audio is { Length: > 2000 } heard && heard[^400..].Max() > 6500,
            "the tone is heard"
        );
        pair.Caller.Stats.PacketsRejected.Should().Be(0);

        // The caller agrees on something else, and the agent is slow to follow.
        var before = pair.Caller.Stats.PacketsReceived;
        pair.Caller.Update(WithCodec(pair.CallerMedia, AudioCodec.L16Narrow) with { OtherFormats = [] });
        await Eventually.Holds(() => pair.Caller.Stats.PacketsReceived > before + 50, "it is still understood");
        pair.Caller.Stats.PacketsRejected.Should().Be(0);
        await Eventually.Holds(() => pair.Caller.Stats.PacketsRejected > 0, "but not for ever");
        (pair.Caller.Stats.PacketsReceived - before).Should().BeInRange(70, 130, "two seconds");
    }

    [Theory]
    [InlineData(SrtpSuite.AeadAes256Gcm, AudioCodec.Pcmu, true)]
    [InlineData(SrtpSuite.AeadAes128Gcm, AudioCodec.G722, false)]
    [InlineData(SrtpSuite.AesCm128HmacSha1Tag80, AudioCodec.Pcmu, false)]
    [InlineData(SrtpSuite.AesCm128HmacSha1Tag32, AudioCodec.Pcma, true)]
    public async Task A_tone_is_heard_under_keys_of_the_descriptions(SrtpSuite suite, AudioCodec codec, bool mux)
    {
        await using var pair = SessionPair.Create(change: o => o.RtcpIntervalSeconds = 1);
        var (callers, agents) = (SrtpKeys.Create(suite), SrtpKeys.Create(suite));
        pair.Agent.Start(WithCodec(Muxed(pair.AgentMedia, mux), codec) with { Security = Sdes(agents, callers) });
        pair.Caller.Start(WithCodec(Muxed(pair.CallerMedia, mux), codec) with { Security = Sdes(callers, agents) });

        await Hears(pair, codec.SampleRateHz());
        await Eventually.Holds(() => pair.Caller.Stats.RoundTripMs is not null, "reports pass, encrypted");
        pair.Agent.Stats.PacketsRejected.Should().Be(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_tone_is_heard_under_keys_of_a_handshake(bool mux)
    {
        await using var pair = SessionPair.Create(change: o => o.RtcpIntervalSeconds = 1);
        pair.Agent.Start(With(pair.AgentMedia, DtlsRole.Server));
        pair.Caller.Start(With(pair.CallerMedia, DtlsRole.Client));

        await Hears(pair, 8000);
        pair.Agent.Stats.PacketsLost.Should().Be(0);
        await Eventually.Holds(
            () => pair.Caller.Stats.RoundTripMs is not null,
            "reports pass, under keys of their own"
        );
        pair.Agent.Stats.PacketsRejected.Should().Be(0);

        NegotiatedMedia With(NegotiatedMedia media, DtlsRole role) =>
            Muxed(media, mux) with
            {
                Security = Dtls(pair, role),
            };
    }

    [Theory]
    [InlineData(KeyAgreement.Sdes)]
    [InlineData(KeyAgreement.Dtls)]
    public async Task With_ice_and_without_rtcp_mux_reports_go_where_the_second_components_checks_come_from(
        KeyAgreement agreement
    )
    {
        await using var pair = SessionPair.Create(change: o => o.RtcpIntervalSeconds = 1);
        var ice = new IceCredentials
        {
            LocalUfrag = "lllllll1",
            LocalPassword = "lpasswordlpasswordlpassw",
            RemoteUfrag = "rrrrrrr1",
        };
        var key = SrtpKeys.Create(SrtpSuite.AeadAes128Gcm);
        using var rtp = Socket();
        using var rtcp = Socket();
        pair.Agent.Start(
            pair.AgentMedia with
            {
                Security = agreement == KeyAgreement.Sdes ? Sdes(key, key) : Dtls(pair, DtlsRole.Client),
                Ice = ice,
                RtcpMux = false,
            }
        );
        var agent = new IPEndPoint(IPAddress.Loopback, pair.Agent.LocalPort);
        rtp.SendTo(Check(ice, nominate: true), agent);
        IsAnswered(rtp);
        agent.Port++;
        rtcp.SendTo(Check(ice, nominate: true), agent);
        IsAnswered(rtcp);

        var buffer = new byte[1500];
        rtcp.Receive(buffer).Should().BePositive();
        buffer[0]
            .Should()
            .Be((byte)(agreement == KeyAgreement.Sdes ? 0x80 : 22), "a report, or a handshake of its own");

        static void IsAnswered(Socket socket)
        {
            var buffer = new byte[1500];
            var length = socket.Receive(buffer);
            StunMessage.TryParse(buffer.AsSpan(0, length), out var response).Should().BeTrue();
            response.Class.Should().Be(StunClass.Success);
        }

        static Socket Socket()
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            socket.ReceiveTimeout = 10_000;
            return socket;
        }
    }

    [Theory]
    [InlineData(DtlsRole.Server)]
    [InlineData(DtlsRole.Client)]
    public async Task A_strangers_datagrams_do_not_turn_the_handshake_to_it(DtlsRole agentsRole)
    {
        await using var pair = SessionPair.Create();
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        stranger.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var callersRole = agentsRole == DtlsRole.Server ? DtlsRole.Client : DtlsRole.Server;
        pair.Agent.Start(pair.AgentMedia with { Security = Dtls(pair, agentsRole) });
        pair.Caller.Start(pair.CallerMedia with { Security = Dtls(pair, callersRole) });
        var agent = new IPEndPoint(IPAddress.Loopback, pair.Agent.LocalPort);
        for (var i = 0; i < 200 && pair.Agent.Stats.PacketsReceived == 0; i++)
        {
            stranger.SendTo(Bench.Fuzz.DtlsFlights.ClientHello, agent);
            stranger.SendTo(Bench.Fuzz.DtlsFlights.ClientFlight, agent);
            await Task.Delay(10);
        }

        await Hears(pair, 8000);
        var buffer = new byte[1500];
        while (stranger.Poll(0, SelectMode.SelectRead))
            stranger.Receive(buffer).Should().BeLessThan(100, "no flight of ours, only requests for a cookie");
    }

    [Fact]
    public async Task A_phone_that_signalled_an_address_behind_its_nat_is_found_by_its_handshake()
    {
        await using var pair = SessionPair.Create();
        var natted = pair.AgentMedia with { RemoteAddress = "10.1.2.3", Security = Dtls(pair, DtlsRole.Server) };
        pair.Agent.Start(natted);
        pair.Caller.Start(pair.CallerMedia with { Security = Dtls(pair, DtlsRole.Client) });
        // It does not speak first: the latch alone would not find it.
        pair.Caller.Update(
            pair.CallerMedia with
            {
                Security = Dtls(pair, DtlsRole.Client),
                Direction = MediaDirection.RecvOnly,
            }
        );

        await Eventually.Holds(() => pair.Caller.Stats.PacketsReceived > 10, "the agent is heard");
        pair.Agent.Stats.PacketsReceived.Should().Be(0);
    }

    [Fact]
    public async Task A_handshake_with_somebody_else_is_told_and_nothing_is_said()
    {
        await using var pair = SessionPair.Create();
        var wrong = Dtls(pair, DtlsRole.Server) with
        {
            RemoteFingerprints = [new DtlsFingerprint("sha-256", string.Join(':', Enumerable.Repeat("00", 32)))],
        };
        pair.Agent.Start(pair.AgentMedia with { Security = wrong });
        pair.Caller.Start(pair.CallerMedia with { Security = Dtls(pair, DtlsRole.Client) });

        await Eventually.Holds(
            () => pair.AgentSink.Events.Any(e => e.StartsWith("not secured")),
            "the failure is told"
        );
        pair.Agent.Stats.PacketsSent.Should().Be(0);
        pair.Caller.Stats.PacketsReceived.Should().Be(0);
    }

    [Fact]
    public async Task Without_its_keys_a_session_sends_nothing_and_takes_nothing()
    {
        await using var pair = SessionPair.Create();
        var restored = new MediaSecurity { Agreement = KeyAgreement.Sdes };
        pair.Agent.Start(pair.AgentMedia with { Security = restored });
        pair.Caller.Start(pair.CallerMedia);
        pair.Agent.Playout.TryEnqueue(Tone.Sine(440, 8000));

        await Eventually.Holds(() => pair.Agent.Stats.PacketsRejected > 20, "plain packets come and are refused");

        pair.Agent.Stats.PacketsSent.Should().Be(0);
        pair.Agent.Stats.PacketsReceived.Should().Be(0);
        pair.Caller.Stats.PacketsReceived.Should().Be(0);
    }

    [Fact]
    public async Task Keys_change_in_mid_call_and_the_old_ones_open_nothing_more()
    {
        await using var pair = SessionPair.Create();
        var (first, second) = (Pair(), Pair());
        pair.Agent.Start(pair.AgentMedia with { Security = Sdes(first.Agents, first.Callers) });
        pair.Caller.Start(pair.CallerMedia with { Security = Sdes(first.Callers, first.Agents) });
        await Eventually.Holds(() => pair.Agent.Stats.PacketsReceived > 10, "media flows");

        pair.Agent.Update(pair.AgentMedia with { Security = Sdes(second.Agents, second.Callers) });
        await Eventually.Holds(() => pair.Agent.Stats.PacketsRejected > 5, "old keys open nothing");
        pair.Caller.Update(pair.CallerMedia with { Security = Sdes(second.Callers, second.Agents) });
        await Hears(pair, 8000);

        // And back: the counters of the first keys go on.
        pair.Agent.Update(pair.AgentMedia with { Security = Sdes(first.Agents, first.Callers) });
        pair.Caller.Update(pair.CallerMedia with { Security = Sdes(first.Callers, first.Agents) });
        var before = pair.Agent.Stats.PacketsReceived;
        await Eventually.Holds(() => pair.Agent.Stats.PacketsReceived > before + 20, "media flows again");

        static (SrtpKeys Agents, SrtpKeys Callers) Pair() =>
            (SrtpKeys.Create(SrtpSuite.AesCm128HmacSha1Tag80), SrtpKeys.Create(SrtpSuite.AesCm128HmacSha1Tag80));
    }

    [Fact]
    public async Task A_flood_under_a_wrong_key_changes_nothing()
    {
        await using var pair = SessionPair.Create();
        var (callers, agents) = (
            SrtpKeys.Create(SrtpSuite.AesCm128HmacSha1Tag80),
            SrtpKeys.Create(SrtpSuite.AesCm128HmacSha1Tag80)
        );
        using var flood = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var forger = new SrtpSender(SrtpKeys.Create(SrtpSuite.AesCm128HmacSha1Tag80));
        pair.Agent.Start(pair.AgentMedia with { Security = Sdes(agents, callers) });
        // Before anybody has latched, everybody's packets are looked at.
        var packet = new byte[172 + SrtpSender.MaxOverheadBytes];
        for (ushort i = 0; i < 500; i++)
        {
            RtpHeader.Write(packet, 0, false, i, i * 160u, 0x666);
            var length = forger.ProtectRtp(packet, 172);
            flood.SendTo(packet.AsSpan(0, length), new IPEndPoint(IPAddress.Loopback, pair.Agent.LocalPort));
            if (i % 20 == 0)
                await Task.Delay(5);
        }

        await Eventually.Holds(() => pair.Agent.Stats.PacketsRejected > 200, "it is refused");
        pair.AgentSink.Events.Should().BeEmpty();
        pair.Caller.Start(pair.CallerMedia with { Security = Sdes(callers, agents) });
        await Hears(pair, 8000);
        pair.AgentSink.Events.Should()
            .ContainSingle(e => e.StartsWith("first"))
            .Which.Should()
            .EndWith($":{pair.Caller.LocalPort}");
    }

    [Fact]
    public async Task With_ice_media_goes_where_the_peers_checks_come_from()
    {
        await using var pair = SessionPair.Create();
        var ice = new IceCredentials
        {
            LocalUfrag = "lllllll1",
            LocalPassword = "lpasswordlpasswordlpassw",
            RemoteUfrag = "rrrrrrr1",
            RemotePassword = "rpasswordrpasswordrpassw",
        };
        var (ours, peers) = (SrtpKeys.Create(SrtpSuite.AeadAes128Gcm), SrtpKeys.Create(SrtpSuite.AeadAes128Gcm));
        using var peer = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        peer.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        peer.ReceiveTimeout = 5000;
        var media = pair.AgentMedia with { Security = Sdes(ours, peers), Ice = ice, RtcpMux = true };
        pair.Agent.Start(media);
        var agent = new IPEndPoint(IPAddress.Loopback, pair.Agent.LocalPort);
        await Eventually.Holds(() => pair.AgentSink.Frames.Length > 5, "the clock runs");
        pair.Agent.Stats.PacketsSent.Should().Be(0, "nobody has proven himself");

        peer.SendTo(Check(ice, nominate: true), agent);
        var buffer = new byte[1500];
        var length = peer.Receive(buffer);
        StunMessage.TryParse(buffer.AsSpan(0, length), out var response).Should().BeTrue();
        response.Class.Should().Be(StunClass.Success);
        length = peer.Receive(buffer);
        using var receiver = new SrtpReceiver(ours);
        receiver.UnprotectRtp(buffer.AsSpan(0, length), out _).Should().Be(SrtpVerdict.Accepted);

        using var sender = new SrtpSender(peers);
        for (ushort i = 0; i < 10; i++)
        {
            var packet = new byte[172 + SrtpSender.MaxOverheadBytes];
            RtpHeader.Write(packet, media.ReceivePayloadType, false, i, i * 160u, 7);
            peer.SendTo(packet.AsSpan(0, sender.ProtectRtp(packet, 172)), agent);
        }

        await Eventually.Holds(() => pair.Agent.Stats.PacketsReceived == 10, "the peer's media is taken");
    }

    internal static byte[] Check(IceCredentials ice, bool nominate, byte transaction = 1)
    {
        var bytes = new byte[StunMessage.MaxBytes];
        var id = new byte[StunMessage.TransactionIdBytes];
        id[0] = transaction;
        var writer = new StunWriter(bytes, StunClass.Request, StunMessage.Binding, id);
        writer.AddUsername(System.Text.Encoding.ASCII.GetBytes($"{ice.LocalUfrag}:{ice.RemoteUfrag}"));
        writer.AddPriority(100);
        writer.AddIceControlling(1);
        if (nominate)
            writer.AddUseCandidate();
        writer.AddIntegrity(System.Text.Encoding.ASCII.GetBytes(ice.LocalPassword));
        writer.AddFingerprint();
        return writer.Written.ToArray();
    }

    private static NegotiatedMedia Muxed(NegotiatedMedia media, bool mux) =>
        media with
        {
            RtcpMux = mux,
            RemoteRtcpPort = media.RemotePort + (mux ? 0 : 1),
        };

    private static NegotiatedMedia WithCodec(NegotiatedMedia media, AudioCodec codec)
    {
        var type = codec.StaticPayloadType() ?? 96;
        return media with { Codec = codec, SendPayloadType = type, ReceivePayloadType = type };
    }

    internal static MediaSecurity Sdes(SrtpKeys send, SrtpKeys receive) =>
        new()
        {
            Agreement = KeyAgreement.Sdes,
            CryptoTag = 1,
            SendKeys = send,
            ReceiveKeys = receive,
        };

    private static MediaSecurity Dtls(SessionPair pair, DtlsRole role) =>
        new()
        {
            Agreement = KeyAgreement.Dtls,
            Role = role,
            RemoteFingerprints = [pair.Engine.Fingerprint],
        };

    private static async Task Hears(SessionPair pair, int rateHz)
    {
        var received = pair.Agent.Stats.PacketsReceived;
        await Eventually.Holds(() => pair.Agent.Stats.PacketsReceived > received + 5, "media flows");
        var skip = pair.AgentSink.Audio.Length;
        var tone = Tone.Sine(1000, rateHz, rateHz);
        // A second of it is more than the playout holds.
        (await pair.Caller.Playout.EnqueueAsync(tone, pair.Caller.Playout.Epoch))
            .Should()
            .BeTrue();
        await Eventually.Holds(() => pair.AgentSink.Audio.Length > skip + rateHz * 3 / 2, "it has passed");

        var heard = pair.AgentSink.Audio.AsSpan(skip + rateHz / 2, rateHz / 4);
        Tone.Amplitude(heard, 1000, rateHz).Should().BeInRange(6500, 9500);
    }
}

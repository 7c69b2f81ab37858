using System.Buffers.Binary;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Dsp;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Ice;
using OCPlatform.Media.Rtp;
using OCPlatform.Media.Sdp;
using OCPlatform.Media.Srtp;
using OCPlatform.Media.Tests.Codecs;

namespace OCPlatform.Media.Tests.Engine;

/// <summary>When our stream begins anew, what it spends on the peer's loss, and when it must fall silent.</summary>
public class OutgoingStreamTests
{
    [Fact]
    public async Task A_key_that_comes_back_after_a_long_time_opens_what_is_sent_under_it()
    {
        await using var pair = new VirtualPair();
        var (first, second) = (new Keys(), new Keys());
        first.Use(pair);
        pair.Run(100);
        second.Use(pair);
        pair.Run((1 << 15) + 1000);
        first.Use(pair);
        var before = pair.AgentStats;
        pair.Run(100);

        (pair.AgentStats.PacketsReceived - before.PacketsReceived).Should().BeGreaterThan(95);
        (pair.CallerStream.Snapshot().PacketsReceived - before.PacketsReceived).Should().BeGreaterThan(95);
    }

    [Fact]
    public async Task Every_change_of_keys_begins_a_stream_that_starts_below_half_of_the_sequence()
    {
        await using var pair = new VirtualPair();
        var keys = new[] { new Keys(), new Keys() };
        var streams = new Dictionary<uint, ushort>();
        pair.ToAgent = packet =>
        {
            if (!RtpHeader.IsRtcp(packet))
                streams.TryAdd(Ssrc(packet), BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(2)));
            return true;
        };
        for (var i = 0; i < 40; i++)
        {
            keys[i % 2].Use(pair);
            pair.Run(5);
        }

        streams.Should().HaveCount(40);
        streams.Values.Should().OnlyContain(sequence => sequence < 1 << 15);
        pair.AgentStats.PacketsReceived.Should().BeGreaterThan(150, "it is heard under each");
    }

    [Fact]
    public async Task Another_party_or_clock_rate_is_sent_another_stream_and_a_hold_is_not()
    {
        await using var pair = new VirtualPair();
        var ssrc = 0u;
        pair.ToAgent = packet =>
        {
            if (!RtpHeader.IsRtcp(packet))
                ssrc = Ssrc(packet);
            return true;
        };
        uint After(Func<NegotiatedMedia, NegotiatedMedia> change)
        {
            pair.Agree(change, static agent => agent);
            pair.Run(5);
            return ssrc;
        }

        var plain = After(static m => m);
        After(static m => m with { RemoteAddress = "127.0.0.2" }).Should().Be(plain, "who hears it has no context");
        After(static m => m with { SendPtimeMs = 40 }).Should().Be(plain);
        var wide = After(static m => m with { Codec = AudioCodec.L16, SendPayloadType = 96, ReceivePayloadType = 96 });
        wide.Should().NotBe(plain, "timestamps run at another rate");

        new Keys().Use(pair);
        var secured = After(static m => m);
        secured.Should().NotBe(wide);
        After(static m => m with { RemoteAddress = "0.0.0.0", Direction = MediaDirection.Inactive });
        After(static m => m with { RemoteAddress = "127.0.0.2", Direction = MediaDirection.SendRecv })
            .Should()
            .Be(secured, "it was a hold");
        After(static m => m with { RemoteAddress = "127.0.0.3" })
            .Should()
            .NotBe(secured, "somebody else counts roll-overs from 0");
    }

    [Fact]
    public async Task Loss_that_the_peer_reports_makes_opus_send_redundancy()
    {
        if (!AudioCodecFactory.IsAvailable(AudioCodec.Opus))
            return; // Then it is not offered either.
        await using var pair = new VirtualPair(capacityMs: 60_000, change: o => o.RtcpIntervalSeconds = 1);
        pair.Agree(Opus, Opus);
        var (sent, redundant) = (0, 0);
        pair.ToAgent = packet =>
        {
            if (RtpHeader.IsRtcp(packet))
                return true;
            OpusPacket.TryParse(packet.AsSpan(RtpHeader.FixedBytes), out var opus).Should().BeTrue();
            redundant += opus.HasRedundancy ? 1 : 0;
            return ++sent % 5 != 0;
        };
        pair.Run(1);
        pair.Caller.TryEnqueue(Speech()).Should().BeGreaterThan(8000 * 20);
        pair.Run(1500);

        redundant.Should().BeGreaterThan(100, "a fifth is lost, and the agent says so");

        static NegotiatedMedia Opus(NegotiatedMedia media) =>
            media with
            {
                Codec = AudioCodec.Opus,
                SendPayloadType = 96,
                ReceivePayloadType = 96,
            };
    }

    [Fact]
    public void An_encoder_that_has_nothing_to_say_sends_nothing_and_time_passes()
    {
        var sender = new AudioSender(1, 100, 4000);
        var encoder = new SilentEncoder();
        sender.Use(AudioCodec.Opus, encoder);
        byte[] Next()
        {
            sender.Gather(new short[160]);
            sender.TryPacket(96, 20, out var packet).Should().BeTrue();
            sender.Sent(packet.Length);
            return packet.ToArray();
        }

        RtpHeader.TryParse(Next(), out var spoken).Should().BeTrue();
        encoder.Bytes = 0;
        Next().Should().BeEmpty();
        Next().Should().BeEmpty();
        encoder.Bytes = 10;
        RtpHeader.TryParse(Next(), out var again).Should().BeTrue();

        again.SequenceNumber.Should().Be((ushort)(spoken.SequenceNumber + 1), "nothing is missing");
        (again.Timestamp - spoken.Timestamp).Should().Be(3 * 960u);
        again.Marker.Should().BeTrue("speech begins after silence");
        sender.PacketsSent.Should().Be(2);
    }

    [Fact]
    public async Task Consent_lasts_as_long_as_media_comes_and_nothing_is_sent_without_it()
    {
        var ice = new IceCredentials
        {
            LocalUfrag = "lllllll1",
            LocalPassword = "lpasswordlpasswordlpassw",
            RemoteUfrag = "rrrrrrr1",
            RemotePassword = "rpasswordrpasswordrpassw",
        };
        await using var pair = new VirtualPair(change: o => o.RtcpIntervalSeconds = 1);
        var fromAgent = 0;
        pair.ToCaller = _ => ++fromAgent > 0;
        pair.Agree(static m => m, m => m with { Ice = ice });
        pair.SendToAgent(SecuredSessionTests.Check(ice, nominate: true));
        pair.Run(50 * 40);
        pair.AgentSink.Events.Should().NotContain("timeout", "the caller talks all the time");
        fromAgent.Should().BeGreaterThan(1950);

        pair.ToAgent = packet => packet[0] < 4;
        pair.Run(50 * 31);
        pair.AgentSink.Events.Count(e => e == "timeout").Should().Be(1, "no key is needed to notice");
        fromAgent = 0;
        pair.Run(50 * 20);
        fromAgent.Should().Be(0, "neither media nor reports");

        pair.SendToAgent(SecuredSessionTests.Check(ice, nominate: true, transaction: 2));
        pair.Run(50);
        fromAgent.Should().BeGreaterThan(45, "it is back");
        pair.AgentSink.Events.Count(e => e == "timeout").Should().Be(1);
    }

    private static uint Ssrc(byte[] packet) => BinaryPrimitives.ReadUInt32BigEndian(packet.AsSpan(8));

    private static short[] Speech()
    {
        var wide = ReferenceTool.Speech16k()[..(16_000 * 25)];
        var resampler = new Resampler(16_000, 8000);
        var speech = new short[resampler.MaxOutput(wide.Length)];
        return speech[..resampler.Process(wide, speech)];
    }

    private sealed class Keys
    {
        private readonly SrtpKeys _callers = SrtpKeys.Create(SrtpSuite.AeadAes128Gcm);
        private readonly SrtpKeys _agents = SrtpKeys.Create(SrtpSuite.AeadAes128Gcm);

        public void Use(VirtualPair pair) =>
            pair.Agree(
                m => m with { Security = SecuredSessionTests.Sdes(_callers, _agents) },
                m => m with { Security = SecuredSessionTests.Sdes(_agents, _callers) }
            );
    }

    private sealed class SilentEncoder : IAudioEncoder
    {
        public int Bytes { get; set; } = 10;

        public int SampleRateHz => 8000;

        public int MaxBytes(int ptimeMs) => 100;

        public int Encode(ReadOnlySpan<short> pcm, Span<byte> payload) => Bytes;

        public void Dispose() { }
    }
}

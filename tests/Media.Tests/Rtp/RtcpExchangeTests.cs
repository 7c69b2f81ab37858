using OCPlatform.Media.Rtp;

namespace OCPlatform.Media.Tests.Rtp;

public class RtcpExchangeTests
{
    private const long Second = 1_000_000_000;
    private const uint Ours = 0x1111;
    private const uint Theirs = 0x2222;

    [Fact]
    public void Our_block_is_found_among_several()
    {
        var exchange = New();
        var packet = new byte[8 + 3 * RtcpReportBlock.Bytes];
        Head(packet, count: 3, RtcpType.ReceiverReport);
        new RtcpReportBlock(0x99, 10, 1, 5, 7, 0, 0).Write(packet.AsSpan(8));
        new RtcpReportBlock(Ours, 64, 12, 900, 160, 0, 0).Write(packet.AsSpan(32));
        new RtcpReportBlock(0x98, 20, 2, 5, 9, 0, 0).Write(packet.AsSpan(56));
        exchange.Read(packet, 0, 0, packetsSent: 480);

        exchange.Peer.Should().Be(new PeerReport(0.25, 12, 160, 480));
    }

    [Fact]
    public void A_compound_that_ends_in_rubbish_changes_nothing()
    {
        var whole = PeerReports(exchangeSsrc: Theirs);
        List<int> ends = [0];
        ReadOnlySpan<byte> rest = whole;
        while (RtcpPacket.TryRead(ref rest, out _))
            ends.Add(whole.Length - rest.Length);
        for (var length = 0; length < whole.Length; length++)
        {
            var exchange = New();
            exchange.Read(whole.AsSpan(0, length), 0, 0);
            exchange.Malformed.Should().Be(length > 0 && ends.Contains(length) ? 0 : 1, $"it ends at {length}");
            (exchange.Peer is null).Should().Be(exchange.Malformed == 1);
        }

        foreach (
            var tail in (byte[][])
                [
                    [0x80],
                    [0x40, 201, 0, 1, 0, 0, 0, 1],
                    [0x80, 100, 0, 1, 0, 0, 0, 1],
                ]
        )
        {
            var exchange = New();
            exchange.Read([.. whole, .. tail], 0, 0);
            exchange.PeerLeft.Should().BeFalse();
            exchange.Malformed.Should().Be(1);
        }
    }

    [Fact]
    public void Padding_is_allowed_in_the_last_packet_only()
    {
        byte[] bye = [0xA1, RtcpType.Bye, 0, 2, 0, 0, 0x22, 0x22, 0, 0, 0, 4];
        byte[] report = [0x80, RtcpType.ReceiverReport, 0, 1, 0, 0, 0x22, 0x22];

        RtcpPacket.IsValidCompound([.. report, .. bye]).Should().BeTrue();
        RtcpPacket.IsValidCompound([.. bye, .. report]).Should().BeFalse();
        bye[^1] = 3;
        RtcpPacket.IsValidCompound(bye).Should().BeFalse("padding comes in whole words");
        bye[^1] = 12;
        RtcpPacket.IsValidCompound(bye).Should().BeFalse("padding does not reach into the header");
    }

    [Fact]
    public void Reduced_size_packets_and_unknown_types_are_read_over()
    {
        byte[] app = [0x81, RtcpType.Application, 0, 2, 0, 0, 0x22, 0x22, (byte)'n', (byte)'a', (byte)'m', (byte)'e'];
        byte[] feedback = [0x81, RtcpType.TransportFeedback, 0, 2, 0, 0, 0x22, 0x22, 0, 0, 0x11, 0x11];
        byte[] bye = [0x81, RtcpType.Bye, 0, 1, 0, 0, 0x22, 0x22];
        var exchange = New();
        exchange.Read([.. feedback, .. app, .. bye], 0, 0, mediaSsrc: Theirs);

        exchange.Malformed.Should().Be(0);
        exchange.PeerLeft.Should().BeTrue();
    }

    [Fact]
    public void A_goodbye_of_another_source_is_not_the_peers()
    {
        byte[] bye = [0x82, RtcpType.Bye, 0, 2, 0, 0, 0, 7, 0, 0, 0, 8];
        var exchange = New();
        exchange.Read(bye, 0, 0, mediaSsrc: Theirs);
        exchange.PeerLeft.Should().BeFalse();
        exchange.Read(bye, 0, 0, mediaSsrc: 8);
        exchange.PeerLeft.Should().BeTrue();
    }

    [Fact]
    public void A_goodbye_tells_its_reason()
    {
        var writer = new RtcpWriter(new byte[RtcpWriter.MaxBytes]);
        writer.Bye(5, "because");
        ReadOnlySpan<byte> compound = writer.Written;
        RtcpPacket.TryRead(ref compound, out var bye).Should().BeTrue();
        bye.ByeReason.ToArray().Should().Equal("because"u8.ToArray());

        byte[] lying = [0x81, RtcpType.Bye, 0, 2, 0, 0, 0, 5, 200, 1, 2, 3];
        compound = lying;
        RtcpPacket.TryRead(ref compound, out bye).Should().BeTrue();
        bye.ByeReason.IsEmpty.Should().BeTrue();
    }

    [Fact]
    public void Who_has_sent_nothing_for_two_intervals_is_a_receiver()
    {
        var exchange = New();
        var types = new List<byte>();
        foreach (var sent in (long[])[50, 100, 100, 100, 150])
            types.Add(FirstType(Write(exchange, sent)));

        types
            .Should()
            .Equal(
                RtcpType.SenderReport,
                RtcpType.SenderReport,
                RtcpType.SenderReport,
                RtcpType.ReceiverReport,
                RtcpType.SenderReport
            );
    }

    [Fact]
    public void Only_the_reported_sources_own_sender_report_is_echoed()
    {
        var exchange = New();
        exchange.Read(PeerReports(exchangeSsrc: 0x77), Second, Second);
        var packet = Write(exchange, 1, source: Theirs);

        ReadOnlySpan<byte> compound = packet;
        RtcpPacket.TryRead(ref compound, out var report);
        report.Report(0).LastSr.Should().Be(0);
    }

    [Theory]
    [InlineData(0x40000000u)]
    [InlineData(1u)]
    public void An_impossible_echo_is_no_round_trip(uint lastSr)
    {
        var packet = new byte[8 + RtcpReportBlock.Bytes];
        Head(packet, 1, RtcpType.ReceiverReport);
        new RtcpReportBlock(Ours, 0, 0, 0, 0, lastSr, 0).Write(packet.AsSpan(8));
        var exchange = New();
        exchange.Read(packet, 0, 1_700_000_000 * Second);

        exchange.RoundTripMs.Should().BeNull();
    }

    [Fact]
    public void Extended_reports_are_written_once_the_peer_has_sent_one()
    {
        var metrics = new VoipMetrics
        {
            Ssrc = Theirs,
            LossRate = 3,
            MosLq = 42,
        };
        var exchange = New();
        Types(Write(exchange, 10, metrics: metrics)).Should().NotContain(RtcpType.ExtendedReport);
        exchange.Read([0x80, RtcpType.ExtendedReport, 0, 1, 0, 0, 0x22, 0x22], 0, 0);
        Types(Write(exchange, 20, metrics: metrics)).Should().Contain(RtcpType.ExtendedReport);

        var never = new RtcpExchange(Ours, 5, new Random(1), ExtendedReports.Never) { PeerTakesExtended = true };
        Types(Write(never, 10, metrics: metrics)).Should().NotContain(RtcpType.ExtendedReport);
        var always = new RtcpExchange(Ours, 5, new Random(1), ExtendedReports.Always);
        Types(Write(always, 10, metrics: metrics)).Should().Contain(RtcpType.ExtendedReport);
    }

    [Fact]
    public void Metrics_arrive_as_they_were_sent()
    {
        var metrics = new VoipMetrics
        {
            Ssrc = Ours,
            LossRate = 1,
            DiscardRate = 2,
            BurstDensity = 3,
            GapDensity = 4,
            BurstMs = 500,
            GapMs = 60_000,
            RoundTripMs = 70,
            EndSystemMs = 80,
            SignalLevel = 200,
            NoiseLevel = 210,
            EchoReturnLoss = 55,
            Gmin = 16,
            RFactor = 93,
            ExternalRFactor = 127,
            MosLq = 44,
            MosCq = 43,
            ReceiverConfiguration = VoipMetrics.StandardConcealmentAdaptiveBuffer,
            BufferNominalMs = 40,
            BufferMaximumMs = 60,
            BufferAbsoluteMaximumMs = 200,
        };
        var peer = new RtcpExchange(Theirs, 5, new Random(2), ExtendedReports.Always);
        var exchange = New();
        exchange.Read(Write(peer, 10, metrics: metrics), 0, 0);

        exchange.PeerMetrics.Should().Be(metrics);
    }

    [Fact]
    public void Metrics_about_somebody_else_are_not_ours()
    {
        var peer = new RtcpExchange(Theirs, 5, new Random(2), ExtendedReports.Always);
        var exchange = New();
        exchange.Read(Write(peer, 10, metrics: new VoipMetrics { Ssrc = 0x99 }), 0, 0);

        exchange.PeerMetrics.Should().BeNull();
        exchange.WritesExtended.Should().BeTrue();
    }

    [Fact]
    public void A_party_that_only_listens_learns_the_round_trip_from_reference_times()
    {
        var listener = new RtcpExchange(Ours, 5, new Random(1), ExtendedReports.Always);
        var sender = new RtcpExchange(Theirs, 5, new Random(2));
        // 30 ms there, a second of waiting, 30 ms back.
        sender.Read(Write(listener, 0, wallNs: 1000 * Second), 5 * Second, 900 * Second);
        var answer = Write(sender, 50, wallNs: 901 * Second, nowNs: 6 * Second);
        listener.Read(answer, 0, 1001 * Second + 60_000_000);

        listener.RoundTripMs.Should().BeApproximately(60, 0.1);
        Types(Write(sender, 60, nowNs: 8 * Second)).Should().NotContain(RtcpType.ExtendedReport, "it was answered");
    }

    [Fact]
    public void A_peer_with_our_number_makes_us_take_another_one_once()
    {
        var exchange = New();
        exchange.IsCollision(Theirs).Should().BeFalse();
        exchange.IsCollision(Ours).Should().BeTrue();
        var writer = new RtcpWriter(new byte[RtcpWriter.MaxBytes]);
        exchange.OnCollision(ref writer, 0x3333);

        ReadOnlySpan<byte> compound = writer.Written;
        RtcpPacket.IsValidCompound(compound).Should().BeTrue();
        Types(writer.Written.ToArray())
            .Should()
            .Equal(RtcpType.ReceiverReport, RtcpType.SourceDescription, RtcpType.Bye);
        RtcpPacket.TryRead(ref compound, out var first);
        first.Ssrc.Should().Be(Ours);
        compound = Write(exchange, 5);
        RtcpPacket.TryRead(ref compound, out var next);
        next.Ssrc.Should().Be(0x3333u);
        exchange.IsCollision(0x3333).Should().BeFalse("packets that come back are a loop");
    }

    [Fact]
    public void Reports_are_written_and_read_without_allocating()
    {
        var exchange = new RtcpExchange(Ours, 5, new Random(1), ExtendedReports.Always);
        var source = new RtpSource(Theirs, 0, 8000);
        var buffer = new byte[RtcpWriter.MaxBytes];
        var incoming = Write(
            new RtcpExchange(Theirs, 5, new Random(2), ExtendedReports.Always),
            9,
            source: Ours,
            metrics: new VoipMetrics { Ssrc = Ours }
        );
        var rounds = 0;

        Allocations.ShouldBeNonePer("a report each way", 2000, () => Round(++rounds));

        void Round(int i)
        {
            exchange.Read(incoming, i, i, i, Theirs);
            exchange.IsDue(i * Second);
            var writer = new RtcpWriter(buffer);
            exchange.Write(ref writer, ref source, true, i, i, 0, i, i, bye: false, new VoipMetrics { Ssrc = Theirs });
        }
    }

    private static RtcpExchange New() => new(Ours, 5, new Random(1));

    private static byte[] PeerReports(uint exchangeSsrc) =>
        Write(new RtcpExchange(exchangeSsrc, 5, new Random(2)), 10, source: Ours, bye: true);

    private static byte[] Write(
        RtcpExchange exchange,
        long packetsSent,
        uint? source = null,
        long wallNs = Second,
        long nowNs = Second,
        bool bye = false,
        VoipMetrics? metrics = null
    )
    {
        var stream = source is { } ssrc ? new RtpSource(ssrc, 0, 8000) : default;
        var writer = new RtcpWriter(new byte[RtcpWriter.MaxBytes]);
        exchange.Write(
            ref writer,
            ref stream,
            source is not null,
            wallNs,
            nowNs,
            0,
            packetsSent,
            packetsSent * 160,
            bye,
            metrics
        );
        RtcpPacket.IsValidCompound(writer.Written).Should().BeTrue();
        return writer.Written.ToArray();
    }

    private static List<byte> Types(byte[] datagram)
    {
        var types = new List<byte>();
        ReadOnlySpan<byte> compound = datagram;
        while (RtcpPacket.TryRead(ref compound, out var packet))
            types.Add(packet.Type);
        return types;
    }

    private static byte FirstType(byte[] datagram) => Types(datagram)[0];

    private static void Head(byte[] packet, int count, byte type)
    {
        packet[0] = (byte)(0x80 | count);
        packet[1] = type;
        packet[3] = (byte)(packet.Length / 4 - 1);
        packet[6] = 0x22;
        packet[7] = 0x22;
    }
}

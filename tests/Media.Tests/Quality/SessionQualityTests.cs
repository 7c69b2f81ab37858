using System.Buffers.Binary;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Rtp;
using OCPlatform.Media.Tests.Engine;

namespace OCPlatform.Media.Tests.Quality;

public class SessionQualityTests
{
    [Fact]
    public async Task An_undisturbed_call_has_the_best_rating_both_ways()
    {
        await using var pair = new VirtualPair();
        pair.Run(1500);

        var quality = pair.AgentStream.Quality();
        quality.RoundTripMs.Should().NotBeNull();
        var inbound = quality.Inbound!.Value;
        inbound.Codec.Should().Be(AudioCodec.Pcmu);
        inbound.LossShare.Should().Be(0);
        inbound.MosLq.Should().BeApproximately(4.41, 0.01);
        inbound.MosCq.Should().BeInRange(4.2, 4.41);
        inbound.DelayMs.Should().BeGreaterThan(20);
        quality.Outbound!.Value.MosLq.Should().BeApproximately(4.41, 0.01);
    }

    [Fact]
    public async Task Before_anything_is_heard_nothing_is_rated()
    {
        await using var pair = new VirtualPair();
        pair.AgentStream.Quality().Inbound.Should().BeNull();
        pair.ToAgent = _ => false;
        pair.Run(100);

        pair.AgentStream.Quality().Inbound.Should().BeNull();
        pair.CallerStream.Quality().Outbound.Should().BeNull();
    }

    [Fact]
    public async Task Loss_is_measured_where_it_is_heard_and_reported_to_where_it_came_from()
    {
        await using var pair = new VirtualPair();
        var random = new Random(5);
        pair.ToAgent = packet => RtpHeader.IsRtcp(packet) || random.NextDouble() >= 0.03;
        pair.Run(3000);

        var heard = pair.AgentStream.Quality().Inbound!.Value;
        heard.LossShare.Should().BeApproximately(0.03, 0.01);
        heard.BurstRatio.Should().BeApproximately(1, 0.25);
        heard.GapLossShare.Should().BeGreaterThan(0);
        heard.ConcealedMs.Should().BeGreaterThan(heard.LossShare * 60_000 * 0.5);
        heard.MosLq.Should().BeInRange(3.9, 4.25);
        var sent = pair.CallerStream.Quality().Outbound!.Value;
        sent.LossShare.Should().BeApproximately(heard.LossShare, 0.01);
        sent.ReportedMosLq.Should().BeApproximately(heard.MosLq, 0.1, "the two agreed on extended reports");
        pair.CallerStream.Quality().Inbound!.Value.LossShare.Should().Be(0);
    }

    [Fact]
    public async Task Bursts_are_told_by_their_length()
    {
        await using var pair = new VirtualPair();
        var sent = 0;
        pair.ToAgent = packet => RtpHeader.IsRtcp(packet) || sent++ % 200 is < 100 or >= 105;
        pair.Run(1990);

        var heard = pair.AgentStream.Quality().Inbound!.Value;
        heard.BurstLossShare.Should().Be(1);
        heard.BurstMs.Should().Be(100);
        heard.LongestLossMs.Should().Be(100);
        heard.GapLossShare.Should().Be(0);
        heard.BurstRatio.Should().BeGreaterThan(4);
    }

    [Fact]
    public async Task What_comes_too_late_is_discarded_not_lost()
    {
        await using var pair = new VirtualPair();
        byte[]? held = null;
        var sent = 0;
        pair.ToAgent = packet =>
        {
            if (RtpHeader.IsRtcp(packet))
                return true;
            sent++;
            if (sent == 300)
                held = packet.ToArray();
            if (sent == 340)
                held!.CopyTo(packet, 0);
            return sent != 300;
        };
        pair.Run(600);

        var heard = pair.AgentStream.Quality().Inbound!.Value;
        pair.AgentStats.PacketsLate.Should().Be(1);
        heard.DiscardedShare.Should().BeGreaterThan(0);
    }

    [Fact]
    public async Task With_extended_reports_each_side_knows_the_others_rating()
    {
        await using var pair = new VirtualPair(change: o => o.RtcpExtendedReports = ExtendedReports.Always);
        var sent = 0;
        pair.ToAgent = packet => RtpHeader.IsRtcp(packet) || sent++ % 25 != 24;
        pair.Run(2000);

        var heard = pair.AgentStream.Quality().Inbound!.Value;
        var told = pair.CallerStream.Quality().Outbound!.Value;
        told.ReportedMosLq.Should().BeApproximately(heard.MosLq, 0.06);
        told.ReportedMosCq.Should().NotBeNull();
        told.GapLossShare.Should().BeApproximately(heard.GapLossShare!.Value, 0.01);
    }

    [Fact]
    public async Task A_peer_that_uses_our_number_is_heard_and_we_take_another_one()
    {
        await using var pair = new VirtualPair();
        var numbers = new List<uint>();
        var byes = 0;
        pair.ToCaller = packet =>
        {
            if (!RtpHeader.IsRtcp(packet) && RtpHeader.TryParse(packet, out var rtp) && !numbers.Contains(rtp.Ssrc))
                numbers.Add(rtp.Ssrc);
            ReadOnlySpan<byte> compound = packet;
            while (RtpHeader.IsRtcp(packet) && RtcpPacket.TryRead(ref compound, out var report))
                byes += report.Type == RtcpType.Bye ? 1 : 0;
            return true;
        };
        pair.Run(10);
        pair.ToAgent = packet =>
        {
            if (!RtpHeader.IsRtcp(packet))
                BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), numbers[0]);
            return true;
        };
        pair.Run(100);

        numbers.Should().HaveCount(2);
        byes.Should().Be(1);
        pair.AgentStream.Quality().Inbound!.Value.LossShare.Should().Be(0);
        // An echo service: everything we send comes back.
        pair.ToAgent = packet =>
        {
            if (!RtpHeader.IsRtcp(packet))
                BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), numbers[^1]);
            return true;
        };
        pair.Run(100);
        numbers.Should().HaveCount(2, "no other number would help against a loop");
    }
}

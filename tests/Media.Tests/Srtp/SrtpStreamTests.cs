using OCPlatform.Media.Srtp;

namespace OCPlatform.Media.Tests.Srtp;

/// <summary>Indexes, replay and SSRCs: what a receiver must live through, and what a sender must never do.</summary>
public class SrtpStreamTests : IDisposable
{
    private readonly SrtpPair _pair = new(SrtpSuite.AeadAes128Gcm);

    public void Dispose() => _pair.Dispose();

    [Fact]
    public void A_replayed_packet_is_refused()
    {
        var packets = Enumerable.Range(100, 200).Select(i => _pair.ProtectRtp(SrtpPair.Rtp((ushort)i))).ToArray();
        _pair.OpenAll(packets).Should().OnlyContain(v => v == SrtpVerdict.Accepted);
        _pair.OpenAll(packets).Should().OnlyContain(v => v == SrtpVerdict.Replayed);
    }

    [Fact]
    public void A_late_packet_is_taken_once_within_the_window_and_never_beyond()
    {
        var packets = Enumerable.Range(0, 200).Select(i => _pair.ProtectRtp(SrtpPair.Rtp((ushort)i))).ToArray();
        _pair.Open(packets[199]).Should().Be(SrtpVerdict.Accepted);
        for (var i = 198; i >= 0; i--)
        {
            _pair.Open(packets[i]).Should().Be(199 - i < 128 ? SrtpVerdict.Accepted : SrtpVerdict.Replayed);
            _pair.Open(packets[i]).Should().Be(SrtpVerdict.Replayed);
        }
    }

    [Fact]
    public void A_stream_goes_on_over_many_wraps()
    {
        for (var i = 0; i < 5 * 65_536; i += 1_000)
            _pair.Pass((ushort)i).Should().Be(SrtpVerdict.Accepted);
    }

    [Fact]
    public void Packets_may_be_out_of_order_over_a_wrap()
    {
        ushort[] sequences = [65_533, 65_534, 65_535, 0, 1, 2];
        var packets = sequences.Select(s => _pair.ProtectRtp(SrtpPair.Rtp(s))).ToArray();
        int[] order = [0, 3, 1, 5, 2, 4];
        _pair.OpenAll(order.Select(i => packets[i])).Should().OnlyContain(v => v == SrtpVerdict.Accepted);
        _pair.OpenAll(order.Select(i => packets[i])).Should().OnlyContain(v => v == SrtpVerdict.Replayed);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30_000)]
    [InlineData(32_768)]
    [InlineData(40_000)]
    [InlineData(65_535)]
    public void A_loss_of_nearly_half_a_round_is_survived(int first)
    {
        for (var i = 0; i < 8; i++)
            _pair.Pass((ushort)(first + i * 32_767)).Should().Be(SrtpVerdict.Accepted);
    }

    [Fact]
    public void A_receiver_may_join_late()
    {
        for (ushort i = 0; i < 5_000; i++)
            _pair.ProtectRtp(SrtpPair.Rtp(i));
        _pair.Pass(5_000).Should().Be(SrtpVerdict.Accepted);
        _pair.Pass(5_001).Should().Be(SrtpVerdict.Accepted);
    }

    [Fact]
    public void A_jump_by_more_than_half_a_round_is_survived_in_the_first_one()
    {
        _pair.Pass(100).Should().Be(SrtpVerdict.Accepted);
        using var restarted = new SrtpSender(_pair.Keys);
        var buffer = new byte[200];
        SrtpPair.Rtp(60_000).CopyTo(buffer, 0);
        var length = restarted.ProtectRtp(buffer, 172);
        _pair.Receiver.UnprotectRtp(buffer.AsSpan(0, length), out _).Should().Be(SrtpVerdict.Accepted);
    }

    [Fact]
    public void A_peer_that_restarts_with_another_SSRC_is_heard_again()
    {
        for (var i = 0; i < 3 * 65_536; i += 1_024)
            _pair.Pass((ushort)i).Should().Be(SrtpVerdict.Accepted);
        using var restarted = new SrtpSender(_pair.Keys);
        for (ushort i = 20_000; i < 20_010; i++)
        {
            var buffer = new byte[200];
            SrtpPair.Rtp(i, ssrc: 99).CopyTo(buffer, 0);
            var length = restarted.ProtectRtp(buffer, 172);
            _pair.Receiver.UnprotectRtp(buffer.AsSpan(0, length), out _).Should().Be(SrtpVerdict.Accepted);
        }
    }

    [Fact]
    public void A_peer_may_change_its_SSRC_any_number_of_times()
    {
        for (var ssrc = 1u; ssrc <= 50; ssrc++)
        {
            using var sender = new SrtpSender(_pair.Keys);
            var buffer = new byte[200];
            for (ushort i = 0; i < 3; i++)
            {
                SrtpPair.Rtp(i, ssrc).CopyTo(buffer, 0);
                var length = sender.ProtectRtp(buffer, 172);
                _pair.Receiver.UnprotectRtp(buffer.AsSpan(0, length), out _).Should().Be(SrtpVerdict.Accepted);
            }
        }
    }

    [Fact]
    public void Four_SSRCs_keep_their_own_rounds_and_windows()
    {
        var kept = new List<byte[]>();
        for (var i = 0; i < 3 * 65_536; i += 4_096)
        {
            for (var ssrc = 1u; ssrc <= 4; ssrc++)
            {
                kept.Add(_pair.ProtectRtp(SrtpPair.Rtp((ushort)i, ssrc)));
                _pair.Open(kept[^1]).Should().Be(SrtpVerdict.Accepted);
            }
        }
        _pair.OpenAll(kept[^4..]).Should().OnlyContain(v => v == SrtpVerdict.Replayed);
        _pair.OpenAll(kept).Should().NotContain(SrtpVerdict.Accepted);
    }

    [Fact]
    public void The_SSRC_that_was_silent_longest_is_forgotten_first()
    {
        var first = _pair.ProtectRtp(SrtpPair.Rtp(1, ssrc: 1));
        _pair.Open(first).Should().Be(SrtpVerdict.Accepted);
        _pair.Pass(1, ssrc: 2);
        _pair.Pass(1, ssrc: 3);
        _pair.Pass(1, ssrc: 4);
        _pair.Pass(2, ssrc: 1).Should().Be(SrtpVerdict.Accepted);
        using var fifth = new SrtpSender(_pair.Keys);
        var buffer = new byte[200];
        SrtpPair.Rtp(1, ssrc: 5).CopyTo(buffer, 0);
        _pair
            .Receiver.UnprotectRtp(buffer.AsSpan(0, fifth.ProtectRtp(buffer, 172)), out _)
            .Should()
            .Be(SrtpVerdict.Accepted);
        _pair.Open(first).Should().Be(SrtpVerdict.Replayed, "SSRC 2 went");
    }

    [Fact]
    public void Control_packets_have_indexes_and_a_window_of_their_own()
    {
        var packets = Enumerable.Range(0, 200).Select(_ => _pair.ProtectRtcp(SrtpPair.Rtcp())).ToArray();
        packets.Select(p => p[^1]).Should().Equal(Enumerable.Range(0, 200).Select(i => (byte)i), "it counts from 0");
        _pair.Pass(7).Should().Be(SrtpVerdict.Accepted);
        _pair.OpenRtcp(packets[150]).Should().Be(SrtpVerdict.Accepted);
        _pair.OpenRtcp(packets[150]).Should().Be(SrtpVerdict.Replayed);
        _pair.OpenRtcp(packets[149]).Should().Be(SrtpVerdict.Accepted);
        _pair.OpenRtcp(packets[150 - 127]).Should().Be(SrtpVerdict.Accepted);
        _pair.OpenRtcp(packets[150 - 128]).Should().Be(SrtpVerdict.Replayed);
        _pair.OpenRtcp(packets[199]).Should().Be(SrtpVerdict.Accepted);
        _pair.Pass(8).Should().Be(SrtpVerdict.Accepted);
    }

    [Fact]
    public void A_sender_uses_no_index_twice()
    {
        _pair.ProtectRtp(SrtpPair.Rtp(1_000)).Should().NotBeEmpty();
        _pair.ProtectRtp(SrtpPair.Rtp(1_000)).Should().BeEmpty("it was used");
        _pair.ProtectRtp(SrtpPair.Rtp(999)).Should().BeEmpty("it may have been used");
        _pair.ProtectRtp(SrtpPair.Rtp(1_000 + 32_768)).Should().BeEmpty("it would be read as another round");
        _pair.ProtectRtp(SrtpPair.Rtp(1_000, ssrc: 2)).Should().NotBeEmpty();
        _pair.ProtectRtp(SrtpPair.Rtp(1_000)).Should().BeEmpty("it was used before the SSRC changed");
        _pair.ProtectRtp(SrtpPair.Rtp(1_001)).Should().NotBeEmpty();
    }

    [Fact]
    public void A_sender_that_cannot_remember_another_SSRC_refuses_it()
    {
        for (var ssrc = 1u; ssrc <= 4; ssrc++)
            _pair.ProtectRtp(SrtpPair.Rtp(1, ssrc)).Should().NotBeEmpty();
        _pair.ProtectRtp(SrtpPair.Rtp(1, ssrc: 5)).Should().BeEmpty();
        _pair.ProtectRtp(SrtpPair.Rtp(2, ssrc: 1)).Should().NotBeEmpty();
    }

    [Fact]
    public void A_refused_packet_is_left_as_it_was()
    {
        _pair.ProtectRtp(SrtpPair.Rtp(5));
        var buffer = new byte[200];
        SrtpPair.Rtp(5).CopyTo(buffer, 0);
        _pair.Sender.ProtectRtp(buffer, 172).Should().Be(0);
        buffer.AsSpan(0, 172).SequenceEqual(SrtpPair.Rtp(5)).Should().BeTrue();
    }

    [Fact]
    public void A_key_is_used_for_2_to_the_48_packets_and_2_to_the_31_control_packets()
    {
        _pair.Sender.StartAt(SrtpPair.Ssrc, (1UL << 48) - 3, int.MaxValue - 1);
        _pair.Receiver.StartAt(SrtpPair.Ssrc, (1UL << 48) - 3);
        _pair.Pass(65_534).Should().Be(SrtpVerdict.Accepted);
        _pair.Pass(65_535).Should().Be(SrtpVerdict.Accepted);
        _pair.ProtectRtp(SrtpPair.Rtp(0)).Should().BeEmpty();
        _pair.Open([.. SrtpPair.Rtp(0), .. new byte[16]]).Should().Be(SrtpVerdict.Exhausted);
        _pair.OpenRtcp(_pair.ProtectRtcp(SrtpPair.Rtcp())).Should().Be(SrtpVerdict.Accepted);
        _pair.OpenRtcp(_pair.ProtectRtcp(SrtpPair.Rtcp())).Should().Be(SrtpVerdict.Accepted);
        _pair.ProtectRtcp(SrtpPair.Rtcp()).Should().BeEmpty();
    }
}

using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using OCPlatform.Media.Srtp;

namespace OCPlatform.Media.Tests.Srtp;

/// <summary>What packets cost, and that those of others change nothing.</summary>
public class SrtpCostTests
{
    private const int FloodPackets = 4000;

    public static TheoryData<SrtpSuite, bool> Paths => SrtpRoundTripTests.Paths;

    [Theory]
    [MemberData(nameof(Paths))]
    public void No_packet_allocates(SrtpSuite suite, bool intrinsics)
    {
        using var pair = new SrtpPair(suite, intrinsics);
        var (rtp, rtcp, buffer) = (SrtpPair.Rtp(1), SrtpPair.Rtcp(), new byte[200]);
        var packets = intrinsics ? 20_000 : 2000;

        Allocations.ShouldBeNoneIn($"{packets} packets", () => Exchange(pair, rtp, rtcp, buffer, packets));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_flood_under_another_key_changes_nothing_and_allocates_nothing(SrtpSuite suite, bool intrinsics)
    {
        using var pair = new SrtpPair(suite, intrinsics);
        using var stranger = new SrtpPair(suite, intrinsics, seed: 2);
        for (ushort i = 0; i < 10; i += 2)
            pair.Pass(i).Should().Be(SrtpVerdict.Accepted);
        pair.OpenRtcp(pair.ProtectRtcp(SrtpPair.Rtcp())).Should().Be(SrtpVerdict.Accepted);
        var (rtp, rtcp) = (stranger.ProtectRtp(SrtpPair.Rtp(11)), stranger.ProtectRtcp(SrtpPair.Rtcp()));
        var accepted = 0;
        Allocations.ShouldBeNoneIn($"{FloodPackets} strangers' packets", Flood);
        accepted.Should().Be(0);
        pair.Receiver.Ssrcs.Should().Be((1, 1));
        pair.Pass(10).Should().Be(SrtpVerdict.Accepted, "neither round nor window has moved");
        pair.OpenRtcp(pair.ProtectRtcp(SrtpPair.Rtcp())).Should().Be(SrtpVerdict.Accepted);

        void Flood()
        {
            for (var i = 0; i < FloodPackets; i++)
            {
                // The peer's SSRC and any other, sequence numbers of all rounds.
                BinaryPrimitives.WriteUInt16BigEndian(rtp.AsSpan(2), (ushort)(i * 7 | 1));
                BinaryPrimitives.WriteUInt32BigEndian(rtp.AsSpan(8), i % 2 == 0 ? SrtpPair.Ssrc : (uint)i);
                BinaryPrimitives.WriteUInt32BigEndian(rtcp.AsSpan(4), i % 2 == 0 ? SrtpPair.Ssrc : (uint)i);
                if (pair.Receiver.UnprotectRtp(rtp, out _) == SrtpVerdict.Accepted)
                    accepted++;
                if (pair.Receiver.UnprotectRtcp(rtcp, out _) == SrtpVerdict.Accepted)
                    accepted++;
            }
        }
    }

    [Fact]
    public void A_packet_that_is_not_authentic_is_not_decrypted()
    {
        var counter = new CountingCounter();
        using var cipher = new CounterModeCipher(counter, new byte[14], new byte[20], tagBytes: 10);
        byte[] rtp = [.. SrtpPair.Rtp(1), .. new byte[10]];
        byte[] rtcp = [.. SrtpPair.Rtcp(), 0x80, 0, 0, 1, .. new byte[10]];
        cipher.OpenRtp(rtp, 12, SrtpPair.Ssrc, 1).Should().BeFalse();
        cipher.OpenRtcp(rtcp, SrtpPair.Ssrc).Should().BeFalse();
        counter.Applied.Should().Be(0);
        cipher.SealRtp(rtp, 12, SrtpPair.Ssrc, 1);
        cipher.OpenRtp(rtp, 12, SrtpPair.Ssrc, 1).Should().BeTrue();
        counter.Applied.Should().Be(2);
    }

    [Fact]
    public void A_replayed_packet_is_refused_before_any_cryptography()
    {
        using var pair = new SrtpPair(SrtpSuite.AesCm128HmacSha1Tag80);
        var packet = pair.ProtectRtp(SrtpPair.Rtp(1));
        pair.Open(packet).Should().Be(SrtpVerdict.Accepted);
        RandomNumberGenerator.Fill(packet.AsSpan(12));
        pair.Open(packet).Should().Be(SrtpVerdict.Replayed, "its content is not looked at");
    }

    private static void Exchange(SrtpPair pair, byte[] rtp, byte[] rtcp, byte[] buffer, int packets)
    {
        for (var i = 0; i < packets; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(
                rtp.AsSpan(2),
                (ushort)(BinaryPrimitives.ReadUInt16BigEndian(rtp.AsSpan(2)) + 1)
            );
            rtp.CopyTo(buffer, 0);
            var length = pair.Sender.ProtectRtp(buffer, rtp.Length);
            if (pair.Receiver.UnprotectRtp(buffer.AsSpan(0, length), out _) != SrtpVerdict.Accepted)
                throw new InvalidOperationException("An RTP packet did not come through.");
            if (i % 8 != 0)
                continue;
            rtcp.CopyTo(buffer, 0);
            length = pair.Sender.ProtectRtcp(buffer, rtcp.Length);
            if (pair.Receiver.UnprotectRtcp(buffer.AsSpan(0, length), out _) != SrtpVerdict.Accepted)
                throw new InvalidOperationException("An RTCP packet did not come through.");
        }
    }

    private sealed class CountingCounter : AesCounter
    {
        public int Applied { get; private set; }

        public override void Apply(Vector128<byte> firstBlock, Span<byte> data) => Applied++;

        public override void Dispose() { }
    }
}

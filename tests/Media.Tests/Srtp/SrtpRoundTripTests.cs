using System.Buffers.Binary;
using OCPlatform.Media.Srtp;

namespace OCPlatform.Media.Tests.Srtp;

/// <summary>Every suite, with the processor's instructions and with the base class library.</summary>
public class SrtpRoundTripTests
{
    public static TheoryData<SrtpSuite, bool> Paths
    {
        get
        {
            var data = new TheoryData<SrtpSuite, bool>();
            foreach (var suite in SrtpPair.Suites)
            {
                data.Add(suite, true);
                data.Add(suite, false);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_packet_of_any_length_is_the_same_at_the_other_end(SrtpSuite suite, bool intrinsics)
    {
        using var pair = new SrtpPair(suite, intrinsics);
        for (ushort length = 0; length < 1_400; length += 7)
        {
            var packet = SrtpPair.Rtp(length, payloadBytes: length);
            var secured = pair.ProtectRtp(packet);
            secured.Length.Should().Be(packet.Length + TagBytes(suite));
            secured.Take(12).Should().Equal(packet.Take(12));
            if (length > 16)
                secured.Skip(12).Take(length).Should().NotEqual(packet.Skip(12));
            pair.Receiver.UnprotectRtp(secured, out var plain).Should().Be(SrtpVerdict.Accepted);
            secured.AsSpan(0, plain).SequenceEqual(packet).Should().BeTrue();
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_control_packet_is_the_same_at_the_other_end(SrtpSuite suite, bool intrinsics)
    {
        using var pair = new SrtpPair(suite, intrinsics);
        for (var length = 0; length < 400; length += 4)
        {
            var packet = SrtpPair.Rtcp(moreBytes: length);
            var secured = pair.ProtectRtcp(packet);
            secured.Length.Should().Be(packet.Length + 4 + (TagBytes(suite) == 16 ? 16 : 10));
            secured.Take(8).Should().Equal(packet.Take(8));
            pair.Receiver.UnprotectRtcp(secured, out var plain).Should().Be(SrtpVerdict.Accepted);
            secured.AsSpan(0, plain).SequenceEqual(packet).Should().BeTrue();
        }
    }

    [Fact]
    public void Both_paths_make_the_same_bytes()
    {
        foreach (var suite in SrtpPair.Suites)
        {
            var keys = SrtpKeys.Create(suite);
            using var one = new SrtpSender(keys, intrinsics: true);
            using var other = new SrtpSender(keys, intrinsics: false);
            for (ushort i = 0; i < 300; i++)
            {
                var (a, b) = (new byte[600], new byte[600]);
                SrtpPair.Rtp(i, payloadBytes: i).CopyTo(a, 0);
                SrtpPair.Rtp(i, payloadBytes: i).CopyTo(b, 0);
                one.ProtectRtp(a, 12 + i).Should().Be(other.ProtectRtp(b, 12 + i));
                a.Should().Equal(b);
                one.ProtectRtcp(a, 12 + i).Should().Be(other.ProtectRtcp(b, 12 + i));
                a.Should().Equal(b);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void CSRCs_and_extension_stay_plain_and_are_authenticated(SrtpSuite suite, bool intrinsics)
    {
        using var pair = new SrtpPair(suite, intrinsics);
        var packet = WithExtension();
        var secured = pair.ProtectRtp(packet);
        secured.Take(28).Should().Equal(packet.Take(28));
        secured.Skip(28).Take(40).Should().NotEqual(packet.Skip(28));
        secured[25] ^= 1;
        pair.Open(secured).Should().Be(SrtpVerdict.Forged);
        secured[25] ^= 1;
        pair.Open(secured).Should().Be(SrtpVerdict.Accepted);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_packet_with_any_bit_changed_is_refused_and_left_as_it_came(SrtpSuite suite, bool intrinsics)
    {
        using var pair = new SrtpPair(suite, intrinsics);
        var rtp = pair.ProtectRtp(WithExtension());
        var rtcp = pair.ProtectRtcp(SrtpPair.Rtcp());
        for (var bit = 0; bit < 8 * rtp.Length; bit++)
        {
            var packet = WithBit(rtp, bit);
            pair.Receiver.UnprotectRtp(packet, out var length).Should().NotBe(SrtpVerdict.Accepted);
            length.Should().Be(0);
            packet.Should().Equal(WithBit(rtp, bit));
        }
        for (var bit = 0; bit < 8 * rtcp.Length; bit++)
        {
            var packet = WithBit(rtcp, bit);
            pair.Receiver.UnprotectRtcp(packet, out var length).Should().NotBe(SrtpVerdict.Accepted);
            length.Should().Be(0);
            packet.Should().Equal(WithBit(rtcp, bit));
        }
        pair.Open(rtp).Should().Be(SrtpVerdict.Accepted);
        pair.OpenRtcp(rtcp).Should().Be(SrtpVerdict.Accepted);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_packet_that_ends_early_is_refused(SrtpSuite suite, bool intrinsics)
    {
        using var pair = new SrtpPair(suite, intrinsics);
        var rtp = pair.ProtectRtp(WithExtension());
        var rtcp = pair.ProtectRtcp(SrtpPair.Rtcp());
        for (var length = 0; length < rtp.Length; length++)
            pair.Open(rtp[..length]).Should().BeOneOf(SrtpVerdict.Malformed, SrtpVerdict.Forged);
        for (var length = 0; length < rtcp.Length; length++)
            pair.OpenRtcp(rtcp[..length]).Should().BeOneOf(SrtpVerdict.Malformed, SrtpVerdict.Forged);
        pair.Open([.. rtp, 0]).Should().Be(SrtpVerdict.Forged);
        pair.OpenRtcp([.. rtcp, 0]).Should().Be(SrtpVerdict.Forged);
    }

    [Fact]
    public void A_control_packet_that_its_sender_left_plain_is_taken_when_authentic()
    {
        using var pair = new SrtpPair(SrtpSuite.AesCm128HmacSha1Tag80);
        Span<byte> key = stackalloc byte[20];
        using (var derivation = new SrtpKeyDerivation(pair.Keys, intrinsics: true))
            derivation.Derive(SrtpLabel.RtcpAuthentication, key);
        byte[] packet = [.. SrtpPair.Rtcp(), 0, 0, 0, 7];
        byte[] secured = [.. packet, .. System.Security.Cryptography.HMACSHA1.HashData(key, packet).Take(10)];
        pair.Receiver.UnprotectRtcp(secured, out var length).Should().Be(SrtpVerdict.Accepted);
        secured.Take(length).Should().Equal(SrtpPair.Rtcp());
    }

    [Fact]
    public void What_is_not_a_packet_is_not_protected()
    {
        using var pair = new SrtpPair(SrtpSuite.AeadAes128Gcm);
        var buffer = new byte[100];
        pair.Sender.ProtectRtp(buffer, 60).Should().Be(0, "it has no version");
        pair.Sender.ProtectRtcp(buffer, 60).Should().Be(0);
        buffer[0] = 0x8F;
        pair.Sender.ProtectRtp(buffer, 60).Should().Be(0, "15 CSRCs need 72 bytes");
        buffer[0] = 0x80;
        pair.Sender.ProtectRtp(buffer, 11).Should().Be(0);
        pair.Sender.ProtectRtcp(buffer, 7).Should().Be(0);
        pair.Sender.Invoking(s => s.ProtectRtp(new byte[75], 60)).Should().Throw<ArgumentException>();
        pair.Sender.Invoking(s => s.ProtectRtcp(new byte[79], 60)).Should().Throw<ArgumentException>();
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Nothing_is_protected_with_keys_that_were_wiped(SrtpSuite suite, bool intrinsics)
    {
        using var pair = new SrtpPair(suite, intrinsics);
        var secured = pair.ProtectRtp(SrtpPair.Rtp(1));
        pair.Dispose();
        pair.Invoking(p => p.ProtectRtp(SrtpPair.Rtp(2))).Should().Throw<ObjectDisposedException>();
        pair.Invoking(p => p.ProtectRtcp(SrtpPair.Rtcp())).Should().Throw<ObjectDisposedException>();
        pair.Invoking(p => p.Open(secured)).Should().Throw<ObjectDisposedException>();
        pair.Invoking(p => p.OpenRtcp(secured)).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void Neither_senders_nor_receivers_print_keys()
    {
        using var pair = new SrtpPair(SrtpSuite.AeadAes128Gcm);
        pair.Sender.ToString().Should().Be(typeof(SrtpSender).FullName);
        pair.Receiver.ToString().Should().Be(typeof(SrtpReceiver).FullName);
    }

    private static int TagBytes(SrtpSuite suite) =>
        suite switch
        {
            SrtpSuite.AeadAes256Gcm or SrtpSuite.AeadAes128Gcm => 16,
            SrtpSuite.AesCm256HmacSha1Tag80 or SrtpSuite.AesCm128HmacSha1Tag80 => 10,
            _ => 4,
        };

    /// <summary>Two CSRCs and one word of extension: 28 bytes of header, 40 of payload.</summary>
    private static byte[] WithExtension()
    {
        var packet = SrtpPair.Rtp(9, payloadBytes: 56);
        packet[0] = 0x92;
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(20), 0xBEDE_0001);
        return packet;
    }

    private static byte[] WithBit(byte[] packet, int bit)
    {
        var changed = packet.ToArray();
        changed[bit / 8] ^= (byte)(1 << bit % 8);
        return changed;
    }
}

using CsCheck;
using OCPlatform.Media.Rtp;

namespace OCPlatform.Media.Tests.Rtp;

public class RtpHeaderTests
{
    // V=2, P, X, CC=2, M, PT=96, seq 0x1234, timestamp, SSRC, two CSRCs, extension 0xBEDE of one word, "hello", 3 padding.
    private static readonly byte[] Full =
    [
        0xB2,
        0xE0,
        0x12,
        0x34,
        0x00,
        0x00,
        0x01,
        0x00,
        0xDE,
        0xAD,
        0xBE,
        0xEF,
        0x00,
        0x00,
        0x00,
        0x01,
        0x00,
        0x00,
        0x00,
        0x02,
        0xBE,
        0xDE,
        0x00,
        0x01,
        0x10,
        0xAA,
        0x00,
        0x00,
        (byte)'h',
        (byte)'e',
        (byte)'l',
        (byte)'l',
        (byte)'o',
        0x00,
        0x00,
        0x03,
    ];

    [Fact]
    public void Every_part_of_a_full_packet_is_found()
    {
        RtpHeader.TryParse(Full, out var packet).Should().BeTrue();

        packet.Marker.Should().BeTrue();
        packet.PayloadType.Should().Be(96);
        packet.SequenceNumber.Should().Be(0x1234);
        packet.Timestamp.Should().Be(256);
        packet.Ssrc.Should().Be(0xDEADBEEF);
        packet.CsrcCount.Should().Be(2);
        packet.Csrc(1).Should().Be(2);
        packet.ExtensionProfile.Should().Be(0xBEDE);
        packet.Extension.ToArray().Should().Equal(0x10, 0xAA, 0x00, 0x00);
        packet.Payload.SequenceEqual("hello"u8).Should().BeTrue();
    }

    [Fact]
    public void Every_truncation_within_the_header_is_refused()
    {
        for (var length = 0; length < 28; length++)
            RtpHeader.TryParse(Full.AsSpan(0, length), out _).Should().BeFalse($"{length} bytes are no packet");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(255)]
    public void Padding_that_is_empty_or_longer_than_the_payload_is_refused(byte padding)
    {
        var packet = (byte[])Full.Clone();
        packet[^1] = padding;

        RtpHeader.TryParse(packet, out _).Should().BeFalse();
    }

    [Theory]
    [InlineData(0x00)]
    [InlineData(0x40)]
    [InlineData(0xC0)]
    public void Other_versions_are_refused(byte first)
    {
        var packet = new byte[20];
        packet[0] = first;

        RtpHeader.TryParse(packet, out _).Should().BeFalse();
    }

    [Fact]
    public void A_written_header_is_read_back()
    {
        Gen.Select(Gen.Int[0, 127], Gen.Bool, Gen.UShort, Gen.UInt, Gen.UInt)
            .Sample(
                (payloadType, marker, sequence, timestamp, ssrc) =>
                {
                    var bytes = new byte[RtpHeader.FixedBytes + 3];
                    RtpHeader.Write(bytes, payloadType, marker, sequence, timestamp, ssrc);
                    RtpHeader.TryParse(bytes, out var read).Should().BeTrue();
                    (read.PayloadType, read.Marker, read.SequenceNumber, read.Timestamp, read.Ssrc)
                        .Should()
                        .Be((payloadType, marker, sequence, timestamp, ssrc));
                    read.Payload.Length.Should().Be(3);
                },
                iter: 1000
            );
    }

    [Fact]
    public void Random_bytes_never_throw_and_stay_within_their_bounds()
    {
        Gen.Byte.Array[0, 80]
            .Sample(
                bytes =>
                {
                    if (bytes.Length > 0)
                        bytes[0] = (byte)(0x80 | (bytes[0] & 0x3F));
                    if (!RtpHeader.TryParse(bytes, out var packet))
                        return;
                    var parts = RtpHeader.FixedBytes + 4 * packet.CsrcCount + packet.Payload.Length;
                    parts += packet.HasExtension ? 4 + packet.Extension.Length : 0;
                    parts.Should().BeLessThanOrEqualTo(bytes.Length);
                },
                iter: 100_000
            );
    }
}

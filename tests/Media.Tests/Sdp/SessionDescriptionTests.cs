using System.Text;
using CsCheck;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Tests.Sdp;

public class SessionDescriptionTests
{
    private const string Offer = """
        v=0
        o=alice 2890844526 2890844527 IN IP4 host.atlanta.example.com
        s=-
        c=IN IP4 192.0.2.10
        t=0 0
        a=sendrecv
        m=audio 49170 RTP/AVP 0 8 97 101
        a=rtpmap:0 PCMU/8000
        a=rtpmap:97 iLBC/8000
        a=rtpmap:101 telephone-event/8000
        a=fmtp:101 0-16
        a=ptime:30
        a=maxptime:60.0
        a=rtcp:53020 IN IP4 192.0.2.11
        a=rtcp-mux
        m=video 51372 RTP/AVP 31
        c=IN IP6 2001:db8::1
        a=inactive
        """;

    [Fact]
    public void A_complete_description_is_read()
    {
        SessionDescription.TryParse(Offer, out var sdp, out _).Should().BeTrue();

        sdp!.Origin.Should().Be(new SdpOrigin("alice", "2890844526", "2890844527", "host.atlanta.example.com"));
        sdp.Media.Should().HaveCount(2);
        var audio = sdp.Media[0];
        audio.Port.Should().Be(49170);
        audio.PtimeMs.Should().Be(30);
        audio.MaxPtimeMs.Should().Be(60);
        audio.RtcpPort.Should().Be(53020);
        audio.RtcpMux.Should().BeTrue();
        sdp.AddressOf(audio).Should().Be("192.0.2.10");
        sdp.DirectionOf(audio).Should().Be(MediaDirection.SendRecv);
        audio
            .PayloadFormats.Select(f => $"{f.PayloadType} {f.Encoding}/{f.ClockRateHz} {f.Parameters}".Trim())
            .Should()
            .Equal("0 PCMU/8000", "8 PCMA/8000", "97 iLBC/8000", "101 telephone-event/8000 0-16");
        sdp.AddressOf(sdp.Media[1]).Should().Be("2001:db8::1");
        sdp.DirectionOf(sdp.Media[1]).Should().Be(MediaDirection.Inactive);
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\n")]
    public void What_is_written_is_read_back_the_same(string lineEnd)
    {
        SessionDescription.TryParse(Offer.ReplaceLineEndings(lineEnd), out var first, out _).Should().BeTrue();

        var text = first!.ToString();
        SessionDescription.TryParse(Encoding.UTF8.GetBytes(text), out var second, out _).Should().BeTrue();

        text.Should().EndWith("\r\n").And.NotContain("\n\n");
        second!.ToString().Should().Be(text);
        second.Should().BeEquivalentTo(first);
    }

    [Theory]
    [InlineData("", SdpError.Empty, 0)]
    [InlineData("x", SdpError.BadLine, 1)]
    [InlineData("o=- 1 1 IN IP4 1.2.3.4", SdpError.BadVersion, 1)]
    [InlineData("v=1", SdpError.BadVersion, 1)]
    [InlineData("v=0", SdpError.MissingOrigin, 0)]
    [InlineData("v=0\no=- 1 IN IP4 1.2.3.4", SdpError.BadOrigin, 2)]
    [InlineData("v=0\no=- a 1 IN IP4 1.2.3.4", SdpError.BadOrigin, 2)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\no=- 1 1 IN IP4 1.2.3.4", SdpError.BadOrigin, 3)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nc=IN IP5 1.2.3.4", SdpError.BadConnection, 3)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio 70000 RTP/AVP 0", SdpError.BadMedia, 3)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio -1 RTP/AVP 0", SdpError.BadMedia, 3)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio 1 RTP/AVP", SdpError.BadMedia, 3)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\na=:x", SdpError.BadAttribute, 3)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\ns=a\0b", SdpError.BadEncoding, 3)]
    public void A_wrong_description_names_the_error_and_the_line(string text, SdpError error, int line)
    {
        SessionDescription.TryParse(text, out var sdp, out var failure).Should().BeFalse();

        sdp.Should().BeNull();
        failure.Should().Be(new SdpFailure(error, line));
    }

    [Fact]
    public void Bytes_that_are_no_text_and_endless_bodies_are_refused()
    {
        SessionDescription.TryParse("v=0\no=\xff\xfe"u8[..5], out _, out _).Should().BeFalse();
        SessionDescription.TryParse([(byte)'v', (byte)'=', 0xFF], out _, out var encoding).Should().BeFalse();
        encoding.Error.Should().Be(SdpError.BadEncoding);
        SessionDescription.TryParse(new byte[SessionDescription.MaxBytes + 1], out _, out var size).Should().BeFalse();
        size.Error.Should().Be(SdpError.TooLarge);
        var manyMedia = "v=0\no=- 1 1 IN IP4 1.2.3.4\n" + string.Concat(Enumerable.Repeat("m=audio 1 RTP/AVP 0\n", 33));
        SessionDescription.TryParse(manyMedia, out _, out var media).Should().BeFalse();
        media.Error.Should().Be(SdpError.TooLarge);
    }

    [Fact(DisplayName = "Found by fuzzing: a tab before the TTL of an address")]
    public void A_tab_is_no_part_of_an_address()
    {
        const string text = "v=0\no=- 1 1 IN IP4 1.2.3.4\nc=IN IP4 224.2.36.42\t\t/127\nm=audio 1\tRTP/AVP 0\n";
        SessionDescription.TryParse(text.Replace("\t\t/127", "\t"), out var sdp, out _).Should().BeTrue();
        sdp!.ConnectionAddress.Should().Be("224.2.36.42");
        sdp.Media[0].Protocol.Should().Be("RTP/AVP");
        SessionDescription.TryParse(text, out _, out var failure).Should().BeFalse();
        failure.Error.Should().Be(SdpError.BadConnection);
    }

    [Fact]
    public void More_formats_than_there_are_payload_types_are_refused()
    {
        Parse(128).Should().Be(SdpError.None);
        Parse(129).Should().Be(SdpError.TooLarge);

        static SdpError Parse(int formats)
        {
            var line = string.Concat(Enumerable.Range(0, formats).Select(i => $" {i}"));
            SessionDescription.TryParse(
                $"v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio 1 RTP/AVP{line}",
                out _,
                out var failure
            );
            return failure.Error;
        }
    }

    [Theory(DisplayName = "RFC 5118 §4.6, §4.8, §4.9: IPv6, both families, IPv4-mapped")]
    [InlineData("c=IN IP6 2001:db8::20\nt=0 0\nm=audio 9992 RTP/AVP 0", "2001:db8::20")]
    [InlineData(
        "t=0 0\nm=audio 22334 RTP/AVP 0\nc=IN IP6 2001:db8::1\nm=video 6024 RTP/AVP 107\nc=IN IP4 192.0.2.1",
        "2001:db8::1"
    )]
    [InlineData("c=IN IP6 ::ffff:192.0.2.2\nt=338 338\nm=audio 6000 RTP/AVP 0", "192.0.2.2")]
    public void Addresses_of_either_family_are_answered(string lines, string remote)
    {
        var text = $"v=0\no=assistant 971731711378798081 0 IN IP6 2001:db8::20\ns=-\n{lines}\n";
        SessionDescription.TryParse(text, out var offer, out _).Should().BeTrue();
        var answer = OfferAnswer.Answer(offer!, MediaCapabilities.Default, new LocalMedia("2001:db8::99", 10000, 1, 1));
        answer.Accepted.Should().BeTrue();
        answer.Media!.RemoteAddress.Should().BeOneOf(remote, $"::ffff:{remote}");
    }

    [Fact]
    public void Every_truncation_is_read_or_refused_without_an_exception()
    {
        var bytes = Encoding.UTF8.GetBytes(Offer);
        for (var length = 0; length < bytes.Length; length++)
        {
            if (SessionDescription.TryParse(bytes.AsSpan(0, length), out var sdp, out var failure))
                OfferAnswer.Answer(sdp, MediaCapabilities.Default, new LocalMedia("192.0.2.1", 10000, 1, 1));
            else
                failure.Error.Should().NotBe(SdpError.None);
        }
    }

    [Fact]
    public void Mutated_descriptions_never_throw_and_what_is_read_can_be_answered_and_written()
    {
        var bytes = Encoding.UTF8.GetBytes(Offer);
        var change = Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte);
        change
            .Array[1, 12]
            .Sample(
                changes =>
                {
                    var mutated = (byte[])bytes.Clone();
                    foreach (var (at, value) in changes)
                        mutated[at] = value;
                    if (!SessionDescription.TryParse(mutated, out var sdp, out _))
                        return;
                    SessionDescription.TryParse(sdp.ToString(), out _, out var failure);
                    failure.Error.Should().Be(SdpError.None);
                    OfferAnswer.Answer(sdp, MediaCapabilities.Default, new LocalMedia("192.0.2.1", 10000, 1, 1));
                },
                iter: 20_000
            );
    }
}

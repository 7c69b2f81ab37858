using System.Text.Json;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Tests.Sdp;

public class CodecNegotiationTests
{
    private static readonly LocalMedia Local = new("198.51.100.1", 10020, 77, 5);
    private static readonly MediaCapabilities All = new()
    {
        Codecs =
        [
            AudioCodec.Opus,
            AudioCodec.G722,
            AudioCodec.Pcmu,
            AudioCodec.Pcma,
            AudioCodec.L16,
            AudioCodec.L16Narrow,
        ],
    };

    private static SessionDescription Description(string media)
    {
        SessionDescription
            .TryParse(
                $"v=0\no=- 1 1 IN IP4 192.0.2.10\ns=-\nc=IN IP4 192.0.2.10\nt=0 0\n{media}",
                out var sdp,
                out var failure
            )
            .Should()
            .BeTrue(failure.ToString());
        return sdp!;
    }

    [Theory]
    [InlineData("9 0", "", AudioCodec.G722, 9)]
    [InlineData("96 0", "a=rtpmap:96 opus/48000/2\n", AudioCodec.Opus, 96)]
    [InlineData("96 0", "a=rtpmap:96 opus/48000\n", AudioCodec.Pcmu, 0)]
    [InlineData("97", "a=rtpmap:97 L16/16000\n", AudioCodec.L16, 97)]
    [InlineData("97", "a=rtpmap:97 L16/8000/1\n", AudioCodec.L16Narrow, 97)]
    [InlineData("97 8", "a=rtpmap:97 L16/44100/2\n", AudioCodec.Pcma, 8)]
    public void Codecs_are_known_by_name_rate_and_channels(
        string formats,
        string attributes,
        AudioCodec codec,
        int payloadType
    )
    {
        var result = OfferAnswer.Answer(Description($"m=audio 4000 RTP/AVP {formats}\n{attributes}"), All, Local);

        result.Media!.Codec.Should().Be(codec);
        result.Media.SendPayloadType.Should().Be(payloadType);
    }

    [Fact]
    public void The_other_formats_of_our_offer_may_come_too()
    {
        var offer = OfferAnswer.Offer(All, Local);
        var answer = Description(
            "m=audio 4000 RTP/AVP 0 111 101\na=rtpmap:111 opus/48000/2\na=rtpmap:101 telephone-event/8000\n"
        );

        var media = OfferAnswer.AcceptAnswer(offer, answer, All).Media!;

        media.Codec.Should().Be(AudioCodec.Pcmu);
        media
            .OtherFormats.Should()
            .Equal(
                new ReceivedFormat(111, AudioCodec.Opus),
                new ReceivedFormat(9, AudioCodec.G722),
                new ReceivedFormat(8, AudioCodec.Pcma),
                new ReceivedFormat(98, AudioCodec.L16),
                new ReceivedFormat(97, AudioCodec.L16Narrow),
                new ReceivedFormat(102, null, 16_000),
                new ReceivedFormat(110, null, 48_000)
            );
        media.TryFind(110, out var events).Should().BeTrue();
        events.TelephoneEventRateHz.Should().Be(48_000);
        media.TryFind(101, out events).Should().BeTrue();
        events.TelephoneEventRateHz.Should().Be(8000);
        media.TryFind(96, out _).Should().BeFalse();
        var restored = JsonSerializer.Deserialize<NegotiatedMedia>(JsonSerializer.Serialize(media))!;
        restored.OtherFormats.Should().Equal(media.OtherFormats);
        OfferAnswer.Offer(All, Local, media).ToString().Should().Contain(" RTP/AVP 0 111 9 8 98 97 101 102 110\r\n");
    }

    [Fact]
    public void A_number_that_the_peer_chose_is_kept_and_given_to_nothing_else()
    {
        var offer = Description(
            "m=audio 4000 RTP/AVP 98 110\na=rtpmap:98 opus/48000/2\na=rtpmap:110 telephone-event/8000\n"
        );
        var current = OfferAnswer.Answer(offer, All, Local).Media!;
        current.OtherFormats.Should().BeEmpty("an answer of ours names one codec");

        var again = OfferAnswer.Offer(All, Local, current).Media[0];

        again.Formats.Should().OnlyHaveUniqueItems();
        var formats = again.PayloadFormats.ToDictionary(f => f.PayloadType);
        (formats[98].Encoding, formats[110].ClockRateHz).Should().Be(("opus", 8000));
        formats
            .Values.Should()
            .Contain(f => f.Is("L16", 16_000, 1))
            .And.Contain(f => f.Is("telephone-event", 48_000, 1));
    }

    [Fact]
    public void An_offer_names_each_codec_and_an_event_format_for_each_clock()
    {
        var text = OfferAnswer.Offer(All, Local).ToString();

        text.Should().Contain("m=audio 10020 RTP/AVP 111 9 0 8 98 97 101 102 110\r\n");
        text.Should().Contain("a=rtpmap:111 opus/48000/2\r\n").And.Contain("a=fmtp:111 ");
        text.Should().Contain("a=rtpmap:9 G722/8000\r\n").And.Contain("a=rtpmap:98 L16/16000\r\n");
        text.Should().Contain("a=rtpmap:101 telephone-event/8000\r\n");
        text.Should().Contain("a=rtpmap:102 telephone-event/16000\r\n");
        text.Should().Contain("a=rtpmap:110 telephone-event/48000\r\n");
    }

    [Fact]
    public void Each_side_keeps_its_own_numbers()
    {
        var offer = OfferAnswer.Offer(All, Local);
        var answer = Description(
            "m=audio 4000 RTP/AVP 120 121\na=rtpmap:120 opus/48000/2\na=rtpmap:121 telephone-event/48000\n"
        );

        var media = OfferAnswer.AcceptAnswer(offer, answer, All).Media!;

        (media.SendPayloadType, media.ReceivePayloadType).Should().Be((120, 111));
        (media.SendTelephoneEventType, media.ReceiveTelephoneEventType).Should().Be((121, 110));
        media.TelephoneEventRateHz.Should().Be(48_000);
    }

    [Fact]
    public void A_phone_that_has_events_at_8_kHz_only_gets_them_so()
    {
        var offer = Description(
            "m=audio 4000 RTP/AVP 96 101\na=rtpmap:96 opus/48000/2\na=rtpmap:101 telephone-event/8000\n"
        );

        var media = OfferAnswer.Answer(offer, All, Local).Media!;

        (media.ReceiveTelephoneEventType, media.TelephoneEventRateHz).Should().Be((101, 8000));
    }

    [Theory]
    [InlineData(10, 10)]
    [InlineData(30, 20)]
    [InlineData(50, 40)]
    [InlineData(60, 60)]
    [InlineData(120, 60)]
    public void Opus_is_sent_in_packets_that_it_has(int asked, int ptimeMs)
    {
        var offer = Description($"m=audio 4000 RTP/AVP 96\na=rtpmap:96 opus/48000/2\na=ptime:{asked}\n");

        OfferAnswer.Answer(offer, All, Local).Media!.SendPtimeMs.Should().Be(ptimeMs);
    }

    [Theory]
    [InlineData("a=rtcp-xr:rcvr-rtt=all voip-metrics\n", true)]
    [InlineData("a=rtcp-xr:pkt-loss-rle=40\n", false)]
    [InlineData("", false)]
    public void Extended_reports_are_taken_by_a_peer_that_says_so(string attribute, bool taken)
    {
        var offer = Description($"m=audio 4000 RTP/AVP 0\n{attribute}");

        var result = OfferAnswer.Answer(offer, All, Local);

        result.Media!.ExtendedReports.Should().Be(taken);
        result.Description!.ToString().Contains("a=rtcp-xr:voip-metrics").Should().Be(taken);
    }
}

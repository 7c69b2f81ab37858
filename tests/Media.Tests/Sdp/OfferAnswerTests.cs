using System.Text.Json;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Tests.Sdp;

public class OfferAnswerTests
{
    private static readonly LocalMedia Local = new("198.51.100.1", 10020, 77, 5);

    private static SessionDescription Parse(string lines)
    {
        SessionDescription.TryParse(lines, out var sdp, out var failure).Should().BeTrue(failure.ToString());
        return sdp!;
    }

    private static SessionDescription Offer(string media, string connection = "c=IN IP4 192.0.2.10\n") =>
        Parse($"v=0\no=- 1 1 IN IP4 192.0.2.10\ns=-\n{connection}t=0 0\n{media}");

    private static OfferAnswerResult Answer(string media, MediaCapabilities? capabilities = null) =>
        OfferAnswer.Answer(Offer(media), capabilities ?? MediaCapabilities.Default, Local);

    [Theory]
    [InlineData("m=audio 4000 RTP/AVP 0 8", AudioCodec.Pcmu, 0)]
    [InlineData("m=audio 4000 RTP/AVP 8 0", AudioCodec.Pcma, 8)]
    [InlineData("m=audio 4000 RTP/AVP 18 9 8", AudioCodec.Pcma, 8)]
    [InlineData("m=audio 4000 RTP/AVP 110\na=rtpmap:110 pcma/8000/1", AudioCodec.Pcma, 110)]
    [InlineData("m=audio 4000 RTP/AVP 0 8\na=rtpmap:0 PCMA/8000", AudioCodec.Pcma, 0)]
    public void The_offerers_first_common_codec_is_taken(string media, AudioCodec codec, int payloadType)
    {
        var result = Answer(media);

        result.Accepted.Should().BeTrue();
        result.Media!.Codec.Should().Be(codec);
        result.Media.SendPayloadType.Should().Be(payloadType);
        result.Description!.Media.Should().ContainSingle().Which.Formats[0].Should().Be($"{payloadType}");
    }

    [Fact]
    public void Our_preference_can_win()
    {
        var ours = new MediaCapabilities { Codecs = [AudioCodec.Pcma, AudioCodec.Pcmu], PreferOurOrder = true };

        Answer("m=audio 4000 RTP/AVP 0 8", ours).Media!.Codec.Should().Be(AudioCodec.Pcma);
    }

    [Theory]
    [InlineData("", MediaRefusal.NoAudio)]
    [InlineData("m=video 4000 RTP/AVP 31", MediaRefusal.NoAudio)]
    [InlineData("m=audio 0 RTP/AVP 0", MediaRefusal.NoAudio)]
    [InlineData("m=audio 4000 RTP/AVP 18", MediaRefusal.NoCommonCodec)]
    [InlineData("m=audio 4000 RTP/AVP 101\na=rtpmap:101 telephone-event/8000", MediaRefusal.NoCommonCodec)]
    [InlineData("m=audio 4000 RTP/AVP 0\na=rtpmap:0 PCMU/16000", MediaRefusal.NoCommonCodec)]
    [InlineData("m=audio 4000 RTP/AVP 0\na=rtpmap:0 PCMU/8000/2", MediaRefusal.NoCommonCodec)]
    [InlineData("m=audio 4000 RTP/SAVP 0", MediaRefusal.NoCommonEncryption)]
    [InlineData("m=audio 4000 TCP/RTP/AVP 0", MediaRefusal.NoCommonTransport)]
    [InlineData("m=audio 4000 RTP/AVP 0\nc=IN IP4 phone.example.com", MediaRefusal.NoUsableAddress)]
    public void An_offer_that_does_not_fit_is_refused_with_the_reason(string media, MediaRefusal refusal)
    {
        var result = Answer(media);

        result.Refusal.Should().Be(refusal);
        result.Media.Should().BeNull();
        result.Description.Should().BeNull();
    }

    [Fact]
    public void Other_streams_are_rejected_in_their_place()
    {
        var result = Answer(
            """
            m=image 5000 udptl t38
            m=audio 4000 RTP/SAVP 0
            m=audio 4002 RTP/AVP 8
            a=rtcp-mux
            m=video 4004 RTP/AVP 31 96
            a=rtpmap:96 H264/90000
            """
        );

        var answer = Parse(result.Description!.ToString());
        answer
            .Media.Select(m => $"{m.Kind} {m.Port} {m.Protocol}")
            .Should()
            .Equal("image 0 udptl", "audio 0 RTP/SAVP", "audio 10020 RTP/AVP", "video 0 RTP/AVP");
        answer.Media[3].Formats.Should().Equal("31", "96");
        result.Media!.MediaIndex.Should().Be(2);
        result.Media.RemotePort.Should().Be(4002);
        result.Media.RtcpMux.Should().BeTrue();
        result.Media.RemoteRtcpPort.Should().Be(4002);
    }

    [Theory]
    [InlineData("sendrecv", MediaDirection.SendRecv, MediaDirection.SendRecv)]
    [InlineData("sendonly", MediaDirection.SendRecv, MediaDirection.RecvOnly)]
    [InlineData("recvonly", MediaDirection.SendRecv, MediaDirection.SendOnly)]
    [InlineData("inactive", MediaDirection.SendRecv, MediaDirection.Inactive)]
    [InlineData("sendrecv", MediaDirection.SendOnly, MediaDirection.SendOnly)]
    [InlineData("sendonly", MediaDirection.SendOnly, MediaDirection.Inactive)]
    public void Direction_is_turned_round_and_limited_by_what_we_want(
        string offered,
        MediaDirection wanted,
        MediaDirection agreed
    )
    {
        var result = OfferAnswer.Answer(
            Offer($"m=audio 4000 RTP/AVP 0\na={offered}"),
            MediaCapabilities.Default,
            Local with
            {
                Direction = wanted,
            }
        );

        result.Media!.Direction.Should().Be(agreed);
        Parse(result.Description!.ToString()).Media[0].Direction.Should().Be(agreed);
    }

    [Fact]
    public void The_old_hold_by_an_empty_address_stops_our_sending_only()
    {
        var result = OfferAnswer.Answer(
            Offer("m=audio 4000 RTP/AVP 0", "c=IN IP4 0.0.0.0\n"),
            MediaCapabilities.Default,
            Local
        );

        result.Media!.Direction.Should().Be(MediaDirection.RecvOnly);
        result.Media.OnHold.Should().BeTrue();
    }

    [Theory]
    [InlineData("", 20)]
    [InlineData("a=ptime:10", 10)]
    [InlineData("a=ptime:60", 60)]
    [InlineData("a=ptime:200", 60)]
    [InlineData("a=ptime:5", 10)]
    [InlineData("a=ptime:25", 20)]
    [InlineData("a=ptime:40\na=maxptime:30", 30)]
    [InlineData("a=ptime:nonsense", 20)]
    public void We_send_the_packet_time_the_peer_wants_within_limits(string attribute, int ptimeMs)
    {
        Answer($"m=audio 4000 RTP/AVP 0\n{attribute}").Media!.SendPtimeMs.Should().Be(ptimeMs);
    }

    [Fact]
    public void The_answer_carries_our_address_and_origin()
    {
        var text = Answer("m=audio 4000 RTP/AVP 0 101\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-16")
            .Description!.ToString();

        text.Should()
            .Be(
                "v=0\r\no=- 77 5 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\n"
                    + "m=audio 10020 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
                    + "a=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
            );
    }

    [Fact]
    public void Offerer_and_answerer_agree_on_the_same_thing()
    {
        var capabilities = new MediaCapabilities { Codecs = [AudioCodec.Pcma], PtimeMs = 30 };
        var offer = OfferAnswer.Offer(capabilities, new LocalMedia("192.0.2.7", 20000, 9, 1));

        var answered = OfferAnswer.Answer(Parse(offer.ToString()), MediaCapabilities.Default, Local);
        var accepted = OfferAnswer.AcceptAnswer(offer, Parse(answered.Description!.ToString()), capabilities);

        var (caller, callee) = (accepted.Media!, answered.Media!);
        caller.Codec.Should().Be(AudioCodec.Pcma).And.Be(callee.Codec);
        caller.SendPtimeMs.Should().Be(30).And.Be(callee.SendPtimeMs);
        (caller.RemoteAddress, caller.RemotePort).Should().Be(("198.51.100.1", 10020));
        (callee.RemoteAddress, callee.RemotePort).Should().Be(("192.0.2.7", 20000));
        caller.RtcpMux.Should().BeTrue();
        callee.RtcpMux.Should().BeTrue();
        caller.SendTelephoneEventType.Should().Be(callee.ReceiveTelephoneEventType).And.Be(101);
    }

    [Fact]
    public void The_answerer_may_number_the_dynamic_types_its_own_way()
    {
        var offer = OfferAnswer.Offer(MediaCapabilities.Default, Local);
        var answer = Offer("m=audio 4000 RTP/AVP 120 96\na=rtpmap:120 PCMA/8000\na=rtpmap:96 telephone-event/8000");

        var media = OfferAnswer.AcceptAnswer(offer, answer, MediaCapabilities.Default).Media!;

        (media.SendPayloadType, media.ReceivePayloadType).Should().Be((120, 8));
        (media.SendTelephoneEventType, media.ReceiveTelephoneEventType).Should().Be((96, 101));
    }

    [Theory]
    [InlineData("m=audio 0 RTP/AVP 0", MediaRefusal.AudioRejected)]
    [InlineData("m=audio 4000 RTP/AVP 18", MediaRefusal.NoCommonCodec)]
    [InlineData("m=audio 4000 RTP/AVP 0\nm=audio 4002 RTP/AVP 0", MediaRefusal.AnswerMismatch)]
    [InlineData("m=video 4000 RTP/AVP 31", MediaRefusal.AnswerMismatch)]
    [InlineData("", MediaRefusal.AnswerMismatch)]
    public void An_answer_that_does_not_fit_the_offer_is_refused(string media, MediaRefusal refusal)
    {
        var offer = OfferAnswer.Offer(MediaCapabilities.Default, Local);

        OfferAnswer.AcceptAnswer(offer, Offer(media), MediaCapabilities.Default).Refusal.Should().Be(refusal);
    }

    [Fact]
    public void A_re_offer_keeps_the_numbers_and_the_places_and_raises_the_version()
    {
        var agreed = Answer(
            """
            m=video 4004 RTP/AVP 31
            m=audio 4002 RTP/AVP 96 8
            a=rtpmap:8 PCMA/8000
            a=rtpmap:96 telephone-event/8000
            """
        ).Media!;

        var offer = OfferAnswer.Offer(
            MediaCapabilities.Default,
            Local with
            {
                SessionVersion = agreed.SessionVersion + 1,
                Direction = MediaDirection.SendOnly,
            },
            agreed
        );

        offer.Origin.SessionVersion.Should().Be("6");
        offer.Media.Select(m => m.Port).Should().Equal(0, 10020);
        offer.Media[1].Formats.Should().Equal("8", "0", "96");
        offer.Media[1].Direction.Should().Be(MediaDirection.SendOnly);
    }

    [Fact]
    public void What_was_negotiated_survives_the_journal()
    {
        var media = Answer("m=audio 4000 RTP/AVP 8 101\na=rtpmap:101 telephone-event/8000\na=sendonly").Media!;

        var restored = JsonSerializer.Deserialize<NegotiatedMedia>(JsonSerializer.Serialize(media));

        restored.Should().BeEquivalentTo(media, o => o.ComparingByMembers<NegotiatedMedia>());
    }
}

using System.Text.Json;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Sdp;
using OCPlatform.Media.Srtp;

namespace OCPlatform.Media.Tests.Sdp;

public class EncryptedOfferAnswerTests
{
    private const string Key80 = "AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
    private const string Fingerprint =
        "a=fingerprint:sha-256 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:3A:4B:65:2E:7D:46:3F:54:42:CD:54:F1\n";
    private static readonly DtlsFingerprint Ours = new("sha-256", string.Join(':', Enumerable.Repeat("AB", 32)));

    private static LocalMedia Local(LocalSecrets? secrets = null) =>
        new("198.51.100.1", 10020, 77, 5) { Secrets = secrets ?? new LocalSecrets(Ours) };

    private static MediaCapabilities Under(SrtpPolicy policy) => new() { Srtp = policy };

    private static SessionDescription Parse(string text)
    {
        SessionDescription.TryParse(text, out var sdp, out var failure).Should().BeTrue(failure.ToString());
        return sdp!;
    }

    private static SessionDescription Offer(string media, string session = "") =>
        Parse($"v=0\no=- 1 1 IN IP4 192.0.2.10\ns=-\nc=IN IP4 192.0.2.10\nt=0 0\n{session}{media}");

    private static string? Attribute(SessionDescription description, string name) =>
        description.Media[0].Attributes.FirstOrDefault(a => a.Name == name)?.Value;

    [Theory]
    [InlineData("RTP/AVP", "")]
    [InlineData("RTP/SAVP", $"a=crypto:1 {Key80}\n")]
    [InlineData("RTP/AVP", $"a=crypto:1 {Key80}\n")]
    public void An_offer_with_keys_is_answered_with_keys_and_one_without_in_the_clear(string protocol, string crypto)
    {
        var result = OfferAnswer.Answer(
            Offer($"m=audio 4000 {protocol} 0\n{crypto}"),
            Under(SrtpPolicy.Allowed),
            Local()
        );

        result.Accepted.Should().BeTrue();
        result.Description!.Media[0].Protocol.Should().Be(protocol);
        var isEncrypted = crypto.Length > 0;
        (result.Media!.Security is not null).Should().Be(isEncrypted);
        (Attribute(result.Description, "crypto") is not null).Should().Be(isEncrypted);
    }

    [Fact]
    public void The_first_suite_that_we_have_is_taken_with_its_tag_and_keys_of_our_own()
    {
        var secrets = new LocalSecrets(null);
        var offer = Offer(
            $"m=audio 4000 RTP/SAVP 0\na=crypto:1 F8_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\na=crypto:7 {Key80}|2^20\n"
        );

        var result = OfferAnswer.Answer(offer, Under(SrtpPolicy.Required), Local(secrets));

        var security = result.Media!.Security!;
        security.Agreement.Should().Be(KeyAgreement.Sdes);
        security.CryptoTag.Should().Be(7);
        security.SendKeys.Should().BeSameAs(secrets.KeysFor(SrtpSuite.AesCm128HmacSha1Tag80));
        security.ReceiveKeys!.MasterKey.ToArray().Should().Equal("YS___semctl () {"u8.ToArray());
        SdesCrypto.TryRead(Attribute(result.Description!, "crypto")!, out var ours).Should().BeTrue();
        ours!.Tag.Should().Be(7);
        ours.Keys.Matches(security.SendKeys!).Should().BeTrue();
    }

    [Theory]
    [InlineData(SrtpPolicy.Never, "RTP/SAVP", $"a=crypto:1 {Key80}\n")]
    [InlineData(SrtpPolicy.Required, "RTP/AVP", "")]
    [InlineData(SrtpPolicy.Allowed, "RTP/SAVP", "")]
    [InlineData(SrtpPolicy.Allowed, "RTP/SAVP", "a=crypto:1 F8_128_HMAC_SHA1_80 inline:AAAA\n")]
    [InlineData(SrtpPolicy.Allowed, "UDP/TLS/RTP/SAVPF", $"a=crypto:1 {Key80}\n")]
    public void Demands_that_do_not_meet_are_refused(SrtpPolicy policy, string protocol, string attributes)
    {
        var result = OfferAnswer.Answer(Offer($"m=audio 4000 {protocol} 0\n{attributes}"), Under(policy), Local());

        result.Refusal.Should().Be(MediaRefusal.NoCommonEncryption);
    }

    [Fact]
    public void A_policy_of_never_leaves_the_keys_beside_plain_RTP_unused()
    {
        var result = OfferAnswer.Answer(
            Offer($"m=audio 4000 RTP/AVP 0\na=crypto:1 {Key80}\n"),
            Under(SrtpPolicy.Never),
            Local()
        );

        result.Media!.Security.Should().BeNull();
        Attribute(result.Description!, "crypto").Should().BeNull();
    }

    [Fact]
    public void A_browsers_offer_is_answered_with_DTLS_and_ICE_lite()
    {
        var offer = Offer(
            "m=audio 9 UDP/TLS/RTP/SAVPF 111 0 8 110 126\nc=IN IP4 0.0.0.0\na=rtcp:9 IN IP4 0.0.0.0\n"
                + "a=ice-ufrag:Yf8o\na=ice-pwd:x9cml/YzichV2+XlhiMu8g1h\na=ice-options:trickle\n"
                + Fingerprint
                + "a=setup:actpass\na=mid:0\na=sendrecv\na=rtcp-mux\n"
                + "a=rtpmap:111 opus/48000/2\na=fmtp:111 minptime=10;useinbandfec=1\na=rtpmap:0 PCMU/8000\n"
                + "a=rtpmap:110 telephone-event/48000\na=rtpmap:126 telephone-event/8000\n",
            "a=group:BUNDLE 0\na=msid-semantic: WMS x\n"
        );
        var capabilities = new MediaCapabilities
        {
            Codecs = [AudioCodec.Opus, AudioCodec.Pcmu],
            Srtp = SrtpPolicy.Allowed,
        };

        var result = OfferAnswer.Answer(offer, capabilities, Local());

        result.Accepted.Should().BeTrue();
        var media = result.Media!;
        media.Codec.Should().Be(AudioCodec.Opus);
        media.ReceiveTelephoneEventType.Should().Be(110, "events share the stream's clock rate");
        media.TelephoneEventRateHz.Should().Be(48_000);
        media.Direction.Should().Be(MediaDirection.SendRecv, "0.0.0.0 is no hold where candidates tell the address");
        media.Security!.Agreement.Should().Be(KeyAgreement.Dtls);
        media.Security.Role.Should().Be(DtlsRole.Server);
        media.Security.RemoteFingerprints.Should().ContainSingle().Which.Value.Should().StartWith("4A:AD");
        media.Ice!.RemoteUfrag.Should().Be("Yf8o");
        var text = result.Description!.ToString();
        text.Should().Contain("a=ice-lite\r\n").And.Contain("a=group:BUNDLE 0\r\n").And.Contain("a=mid:0\r\n");
        text.Should().Contain("a=setup:passive\r\n").And.Contain($"a=fingerprint:{Ours}\r\n");
        text.Should().Contain(" 198.51.100.1 10020 typ host\r\n").And.Contain("a=rtpmap:111 opus/48000/2\r\n");
        text.Should().Contain("m=audio 10020 UDP/TLS/RTP/SAVPF 111 110\r\n");
    }

    [Theory]
    [InlineData("active", DtlsRole.Server)]
    [InlineData("passive", DtlsRole.Client)]
    [InlineData("actpass", DtlsRole.Server)]
    public void We_take_the_side_of_the_handshake_that_the_peer_leaves(string setup, DtlsRole role)
    {
        var result = OfferAnswer.Answer(
            Offer($"m=audio 4000 UDP/TLS/RTP/SAVP 0\n{Fingerprint}a=setup:{setup}\n"),
            Under(SrtpPolicy.Required),
            Local()
        );

        result.Media!.Security!.Role.Should().Be(role);
        Attribute(result.Description!, "setup").Should().Be(role == DtlsRole.Server ? "passive" : "active");
    }

    [Fact]
    public void A_reoffer_of_the_peer_keeps_the_sides_of_the_handshake()
    {
        var reoffer = Offer($"m=audio 4000 UDP/TLS/RTP/SAVP 0\n{Fingerprint}a=setup:actpass\n");
        var first = OfferAnswer.Answer(
            Offer($"m=audio 4000 UDP/TLS/RTP/SAVP 0\n{Fingerprint}a=setup:passive\n"),
            Under(SrtpPolicy.Allowed),
            Local()
        );

        var second = OfferAnswer.Answer(reoffer, Under(SrtpPolicy.Allowed), Local(), first.Media);

        second.Media!.Security!.Role.Should().Be(DtlsRole.Client);
    }

    [Theory]
    [InlineData(OfferKind.Plain, "RTP/AVP", false)]
    [InlineData(OfferKind.Opportunistic, "RTP/AVP", true)]
    [InlineData(OfferKind.Sdes, "RTP/SAVP", true)]
    [InlineData(OfferKind.Browser, "UDP/TLS/RTP/SAVPF", true)]
    public void Two_of_us_agree_by_every_kind_of_offer(OfferKind kind, string protocol, bool encrypted)
    {
        var (caller, callee) = (new LocalSecrets(Ours), new LocalSecrets(Ours));
        var capabilities = Under(SrtpPolicy.Allowed);
        var offer = OfferedSecurity.Only(OfferAnswer.Offer(capabilities, Local(caller)), kind);
        // We are lite and expect a full agent; played by two of us, the caller passes for one.
        var asFull = Parse(offer.ToString().Replace("a=ice-lite\r\n", ""));

        var answered = OfferAnswer.Answer(asFull, capabilities, Local(callee));
        var fromFull = Parse(answered.Description!.ToString().Replace("a=ice-lite\r\n", ""));
        var accepted = OfferAnswer.AcceptAnswer(offer, fromFull, capabilities, caller);

        offer.Media[0].Protocol.Should().Be(protocol);
        accepted.Refusal.Should().Be(MediaRefusal.None);
        (answered.Media!.Security is not null).Should().Be(encrypted);
        (accepted.Media!.Security is not null).Should().Be(encrypted);
        (accepted.Media.Ice is not null).Should().Be(kind == OfferKind.Browser);
        if (kind is OfferKind.Opportunistic or OfferKind.Sdes)
        {
            accepted.Media.Security!.SendKeys!.Matches(answered.Media.Security!.ReceiveKeys!).Should().BeTrue();
            accepted.Media.Security.ReceiveKeys!.Matches(answered.Media.Security.SendKeys!).Should().BeTrue();
        }
        if (kind == OfferKind.Browser)
        {
            accepted.Media.Ice!.RemoteUfrag.Should().Be(answered.Media.Ice!.LocalUfrag);
            accepted.Media.Security!.Role.Should().Be(DtlsRole.Client).And.NotBe(answered.Media.Security!.Role);
        }
    }

    [Theory]
    [InlineData("a=crypto:1 " + Key80, "tag 1 was another suite")]
    [InlineData("a=crypto:9 " + Key80, "there was no tag 9")]
    [InlineData("", "keys were demanded")]
    public void An_answer_with_keys_that_were_not_offered_is_refused(string crypto, string because)
    {
        var secrets = new LocalSecrets(null);
        var offer = OfferedSecurity.Only(OfferAnswer.Offer(Under(SrtpPolicy.Allowed), Local(secrets)), OfferKind.Sdes);
        var answer = Offer($"m=audio 4000 RTP/SAVP 0\n{crypto}\n");

        var result = OfferAnswer.AcceptAnswer(offer, answer, Under(SrtpPolicy.Allowed), secrets);

        result.Refusal.Should().Be(MediaRefusal.NoCommonEncryption, because);
    }

    [Fact]
    public void A_reoffer_of_ours_keeps_transport_keys_tag_and_numbers()
    {
        var secrets = new LocalSecrets(Ours);
        var first = OfferAnswer.Answer(
            Offer($"m=audio 4000 RTP/SAVP 0\na=crypto:3 {Key80}\n"),
            Under(SrtpPolicy.Allowed),
            Local(secrets)
        );

        var reoffer = OfferAnswer.Offer(Under(SrtpPolicy.Allowed), Local(secrets), first.Media);

        reoffer.Media[0].Protocol.Should().Be("RTP/SAVP");
        Attribute(reoffer, "crypto").Should().Be(Attribute(first.Description!, "crypto"));
        Attribute(reoffer, "fingerprint").Should().BeNull();
        Attribute(reoffer, "ice-ufrag").Should().BeNull();
    }

    [Fact]
    public void A_reoffer_of_a_plain_call_offers_no_keys()
    {
        var secrets = new LocalSecrets(Ours);
        var first = OfferAnswer.Answer(Offer("m=audio 4000 RTP/AVP 0\n"), Under(SrtpPolicy.Allowed), Local(secrets));

        var reoffer = OfferAnswer.Offer(Under(SrtpPolicy.Allowed), Local(secrets), first.Media);

        reoffer.ToString().Should().NotContainAny("crypto", "fingerprint", "ice-", "group", "mid");
    }

    [Theory]
    [InlineData("a=rtcp-mux\n", 1)]
    [InlineData("", 2)]
    public void Without_rtcp_mux_the_answer_names_a_candidate_for_each_component(string mux, int components)
    {
        var offer = Offer(
            $"m=audio 4000 RTP/AVP 0\n{mux}a=ice-ufrag:Yf8o\na=ice-pwd:x9cml/YzichV2+XlhiMu8g1h\n"
                + "a=candidate:1 1 UDP 2130706431 192.0.2.10 4000 typ host\n"
                + "a=candidate:1 2 UDP 2130706430 192.0.2.10 4001 typ host\n"
        );

        var result = OfferAnswer.Answer(offer, Under(SrtpPolicy.Allowed), Local());

        result.Media!.Ice.Should().NotBeNull();
        result
            .Description!.Media[0]
            .Attributes.Where(a => a.Name == "candidate")
            .Select(a => a.Value)
            .Should()
            .Equal(
                new[]
                {
                    "1 1 UDP 2130706431 198.51.100.1 10020 typ host",
                    "1 2 UDP 2130706430 198.51.100.1 10021 typ host",
                }.Take(components)
            );
    }

    [Fact]
    public void Our_offer_names_both_components_and_the_answer_may_keep_them_apart()
    {
        var local = Local();
        var offer = OfferAnswer.Offer(Under(SrtpPolicy.Allowed), local);
        offer.ToString().Should().Contain("a=rtcp-mux\r\n").And.Contain(" 10021 typ host\r\n");
        var answer = Offer("m=audio 4000 RTP/AVP 0\na=ice-ufrag:Yf8o\na=ice-pwd:x9cml/YzichV2+XlhiMu8g1h\n");

        var media = OfferAnswer.AcceptAnswer(offer, answer, Under(SrtpPolicy.Allowed), local.Secrets).Media!;

        media.RtcpMux.Should().BeFalse();
        media.Ice.Should().NotBeNull();
    }

    [Fact]
    public void A_peer_that_is_lite_as_well_is_answered_without_ICE()
    {
        var offer = Offer(
            "m=audio 4000 RTP/AVP 0\na=rtcp-mux\na=ice-ufrag:Yf8o\na=ice-pwd:x9cml/YzichV2+XlhiMu8g1h\n",
            "a=ice-lite\n"
        );

        OfferAnswer.Answer(offer, Under(SrtpPolicy.Allowed), Local()).Media!.Ice.Should().BeNull();
    }

    [Theory]
    [InlineData("sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB")]
    [InlineData("sha-256 4A:AD")]
    [InlineData("sha-256 ")]
    [InlineData("md5 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B")]
    public void A_fingerprint_that_proves_nothing_is_none(string fingerprint)
    {
        var offer = Offer($"m=audio 4000 UDP/TLS/RTP/SAVP 0\na=fingerprint:{fingerprint}\na=setup:active\n");

        OfferAnswer
            .Answer(offer, Under(SrtpPolicy.Allowed), Local())
            .Refusal.Should()
            .Be(MediaRefusal.NoCommonEncryption);
    }

    [Fact]
    public void What_is_journaled_of_an_agreement_holds_no_secret()
    {
        var secrets = new LocalSecrets(Ours);
        var offer = Offer(
            $"m=audio 4000 RTP/SAVP 0\na=rtcp-mux\na=crypto:1 {Key80}\na=ice-ufrag:Yf8o\na=ice-pwd:x9cml/YzichV2+XlhiMu8g1h\n"
        );
        var media = OfferAnswer.Answer(offer, Under(SrtpPolicy.Allowed), Local(secrets)).Media!;

        var json = JsonSerializer.Serialize(media);

        json.Should().NotContain(secrets.IcePassword).And.NotContain("x9cml/YzichV2").And.NotContain("MasterKey");
        media.ToString().Should().NotContain("WVNfX19zZW1jdGwg");
        JsonSerializer.Deserialize<NegotiatedMedia>(json)!.Security!.Agreement.Should().Be(KeyAgreement.Sdes);
    }
}

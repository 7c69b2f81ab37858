namespace OCPlatform.Sip.Tests.Messages;

public class SipIdentityTests
{
    private static SipRequest With(string lines) => SipSamples.Request(SipSamples.Minimal(lines: lines));

    [Fact(DisplayName = "RFC 3325 §9.1: an asserted SIP and tel identity")]
    public void Asserted_identities_are_read()
    {
        var identity = SipIdentity.Of(
            With(
                "P-Asserted-Identity: \"Cullen\" <sip:fluffy@cisco.com>\nP-Asserted-Identity: tel:+14085264000\nPrivacy: id\n"
            )
        );
        identity.Caller!.DisplayName.Should().Be("Cullen");
        identity.Number.Should().Be("+14085264000");
        identity.WantsAnonymity.Should().BeTrue();
        identity.Preferred.Should().BeEmpty();
    }

    [Fact]
    public void More_than_two_and_malformed_identities_are_left_out()
    {
        var identity = SipIdentity.Of(
            With("P-Asserted-Identity: <sip:a@h>, <sip:b@h>, <sip:c@h>\nP-Preferred-Identity: <<>>\n")
        );
        identity.Asserted.Select(a => a.Uri.User).Should().Equal("a", "b");
        identity.Preferred.Should().BeEmpty();
        identity.Number.Should().BeNull();
    }

    [Theory(DisplayName = "RFC 3323 §4.2: the values of Privacy")]
    [InlineData("none", SipPrivacy.None, false)]
    [InlineData("id;critical", SipPrivacy.Id | SipPrivacy.Critical, true)]
    [InlineData("HEADER ; session", SipPrivacy.Header | SipPrivacy.Session, true)]
    [InlineData("user, history", SipPrivacy.User | SipPrivacy.History, true)]
    [InlineData("frob;;", SipPrivacy.Unspecified, false)]
    public void Privacy_values(string text, SipPrivacy privacy, bool anonymous)
    {
        var identity = SipIdentity.Of(With($"Privacy: {text}\n"));
        identity.Privacy.Should().Be(privacy);
        identity.WantsAnonymity.Should().Be(anonymous);
    }

    [Fact]
    public void What_is_set_on_a_message_replaces_what_was_there_and_is_read_again()
    {
        var request = With("P-Asserted-Identity: <sip:liar@h>\nPrivacy: none\n");
        var identity = new SipIdentity
        {
            Asserted = [NameAddress.Parse("\"A\" <sip:+1555@h>")],
            Preferred = [NameAddress.Parse("<tel:+1556>")],
            Privacy = SipPrivacy.Id | SipPrivacy.User,
        };
        identity.SetOn(request);
        request.Headers["Privacy"].Should().Be("user;id");
        SipIdentity.Of((SipRequest)SipParser.Parse(request.ToBytes())).Should().BeEquivalentTo(identity);
        SipIdentity.RemoveFrom(request);
        SipIdentity.Of(request).Should().BeEquivalentTo(new SipIdentity());
    }

    [Theory]
    [InlineData("tel:+1-408-526.4000", "+14085264000")]
    [InlineData("tel:(089)12;phone-context=+49", "08912")]
    [InlineData("sip:+49301234@h", "+49301234")]
    [InlineData("sip:+49301234;ext=1@h", "+49301234")]
    [InlineData("sip:1000@h;user=phone", "1000")]
    [InlineData("sip:1000@h", null)]
    [InlineData("sip:alice@h;user=phone", null)]
    [InlineData("sip:+@h", null)]
    [InlineData("sip:h", null)]
    public void A_number_is_one_only_where_the_URI_says_so(string uri, string? number) =>
        SipIdentity.NumberOf(SipUri.Parse(uri)).Should().Be(number);

    [Fact(DisplayName = "RFC 5806: Diversion, newest first")]
    public void Diversions()
    {
        var request = With(
            "Diversion: <sip:bob@h>;reason=user-busy;counter=2;privacy=\"full\"\nDiversion: <sip:carol@h>;reason=\"a b\";counter=x, sip:dave@h\n"
        );
        var diversions = SipDiversion.Of(request);
        diversions.Select(d => d.Diverter.Uri.User).Should().Equal("bob", "carol", "dave");
        diversions.Select(d => d.Reason).Should().Equal("user-busy", "a b", "unknown");
        diversions[0].Privacy.Should().Be("full");
        SipDiversion.CountOf(request).Should().Be(4);

        new SipDiversion(NameAddress.Parse("\"E\" <sip:eve@h>"), "do not disturb", 1, "off").AddTo(request);
        var again = SipDiversion.Of(SipParser.Parse(request.ToBytes()));
        again[0].Diverter.DisplayName.Should().Be("E");
        again[0].Reason.Should().Be("do not disturb");
        again.Should().HaveCount(4);
    }

    [Fact]
    public void A_made_up_counter_does_not_overflow() =>
        SipDiversion
            .CountOf(With("Diversion: <sip:a@h>;counter=4294967295, <sip:b@h>;counter=99999999999\n"))
            .Should()
            .Be(1_001);

    [Fact(DisplayName = "RFC 7044: History-Info, oldest first, with reason and mechanism")]
    public void Histories()
    {
        var request = With(
            "History-Info: <sip:bob@h>;index=1, <sip:bob@192.0.2.4?Reason=SIP%3Bcause%3D302%3Btext%3D%22Moved%22>;index=1.1;rc=1\n"
                + "History-Info: \"Office\" <sip:office@h?Privacy=history&x=y>;index=1.2;mp=1\nHistory-Info: <sip:no@h>;index=x\n"
        );
        var histories = SipHistory.Of(request);
        histories.Select(h => h.Index).Should().Equal("1", "1.1", "1.2");
        histories[1].Reason.Should().Be(new SipReason("SIP", 302, "Moved"));
        (histories[1].Mechanism, histories[1].From).Should().Be(("rc", "1"));
        histories[1].Target.Uri.Headers.Should().BeNull();
        histories[2].IsPrivate.Should().BeTrue();
        (histories[2].Mechanism, histories[2].Target.DisplayName).Should().Be(("mp", "Office"));

        var written = SipSamples.Request(SipSamples.Minimal());
        foreach (var history in histories)
        {
            history.AddTo(written);
        }
        SipHistory.Of(SipParser.Parse(written.ToBytes())).Should().BeEquivalentTo(histories);
    }

    [Fact]
    public void A_reason_that_would_break_its_line_is_not_read() =>
        SipHistory.Of(With("History-Info: <sip:a@h?Reason=SIP%0D%0AX:y>;index=1\n"))[0].Reason.Should().BeNull();
}

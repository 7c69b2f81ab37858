using OCPlatform.Sip.Transactions;

namespace OCPlatform.Sip.Tests.Messages;

/// <summary>What fuzzing found, each by its name.</summary>
public class FuzzFindingTests
{
    [Theory]
    [InlineData("tel:+4930123;phone-context=x ")]
    [InlineData("tel:+4930123; phone-context=x")]
    [InlineData("sip:a@b;c=\"d\"")]
    [InlineData("sip:a@b;c\r\n =d")]
    public void White_space_and_quotes_are_no_part_of_a_URI(string uri) =>
        SipUri.TryParse(uri, out _).Should().BeFalse();

    [Fact]
    public void A_space_after_a_tel_URI_does_not_get_into_a_start_line_of_ours() =>
        SipSamples
            .Refuse(SipSamples.Minimal("OPTIONS tel:+4930123;phone-context=x  SIP/2.0"))
            .Kind.Should()
            .Be(SipParseErrorKind.BadRequestUri);

    [Fact]
    public void A_URI_with_a_parameter_twice_is_equivalent_to_itself()
    {
        var uri = SipUri.Parse("sip:a@b;x=1;x=2");
        uri.IsEquivalentTo(SipUri.Parse(uri.ToString())).Should().BeTrue();
        uri.Should().Be(SipUri.Parse("sip:a@b;X=1;x=2"));
    }

    [Fact]
    public void A_control_character_in_a_bare_display_name_is_refused() =>
        NameAddress.TryParse("B\0b <sip:b@c>", out _).Should().BeFalse();

    [Fact]
    public void Reading_the_Request_URI_does_not_change_how_it_is_written()
    {
        var request = SipSamples.Request(SipSamples.Minimal("OPTIONS SIP:b%6fb@Example.COM SIP/2.0"));
        var before = request.ToString();
        request.RequestUri.Scheme.Should().Be("sip");
        request.ToString().Should().Be(before).And.StartWith("OPTIONS SIP:b%6fb@Example.COM SIP/2.0\r\n");
    }

    [Fact]
    public void A_copy_has_every_byte_of_its_original_text_or_not()
    {
        var bytes = SipSamples.Bytes(SipSamples.Wire(SipSamples.Minimal(lines: "User-Agent: x\0y\nX-Raw: #\n")));
        bytes[bytes.AsSpan().IndexOf((byte)'#')] = 0xff;
        var request = (SipRequest)SipParser.Parse(bytes);
        request.Clone().ToBytes().Should().Equal(request.ToBytes());
    }

    [Theory]
    [InlineData("branch=z9hG4bKone;branch=z9hG4bKtwo", "z9hG4bKone")]
    [InlineData("branch;branch=z9hG4bKtwo", null)]
    public void Of_a_parameter_that_stands_twice_the_first_counts_for_everyone(string parameters, string? branch)
    {
        var text = SipSamples.Wire(SipSamples.Minimal().Replace("branch=z9hG4bKmin", parameters));
        var request = (SipRequest)SipSamples.Parse(text);
        SipPeek.TryRead(SipSamples.Bytes(text), out var peek).Should().BeTrue();
        request.TopVia.Branch.Should().Be(branch);
        peek.Branch.SequenceEqual(SipSamples.Bytes(branch ?? "")).Should().BeTrue();
        (TransactionKey.ForServer(in peek) == TransactionKey.ForServer(request, "OPTIONS")).Should().BeTrue();
    }

    [Fact]
    public void A_peek_leaves_a_fold_within_a_quoted_pair_to_the_parser()
    {
        var text = SipSamples.Wire(SipSamples.Minimal()).Replace("<sip:a@", "\"A \\\r\n B\" <sip:a@");
        SipSamples.Parse(text).From.Tag.Should().Be("1");
        SipPeek.TryRead(SipSamples.Bytes(text), out _).Should().BeFalse();
    }

    [Fact]
    public void The_tag_of_a_To_that_has_the_bare_word_tag_is_ours()
    {
        var request = SipSamples.Request(
            SipSamples.Minimal().Replace("<sip:b@example.com>", "<sip:b@example.com>;tag")
        );
        SipSamples.Parse(SipResponse.Create(request, 200, toTag: "ours").ToString()).To.Tag.Should().Be("ours");
    }
}

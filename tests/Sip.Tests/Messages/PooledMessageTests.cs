namespace OCPlatform.Sip.Tests.Messages;

public class PooledMessageTests
{
    private static SipMessage Pooled(string text)
    {
        SipParser.TryParsePooled(SipSamples.Bytes(SipSamples.Wire(text)), out var message, out _).Should().BeTrue();
        return message!;
    }

    [Fact]
    public void A_pooled_message_reads_and_changes_like_any_other()
    {
        var message = Pooled(SipSamples.Invite);
        for (var i = 0; i < 40; i++)
        {
            message.Headers.Add("X-More", $"{i}");
        }
        message.ToString().Should().Contain("X-More: 39").And.Contain("Session-Expires: 1800");
        message.Release();
    }

    [Fact]
    public void After_the_last_release_every_use_throws()
    {
        var message = Pooled(SipSamples.Invite);
        message.Retain();
        message.Release();
        message.CSeq.Number.Should().Be(102);
        message.Release();
        foreach (
            var use in new Action[]
            {
                () => _ = message.Headers["Via"],
                () => _ = message.Body,
                () => _ = message.To,
                () => message.ToBytes(),
                () => message.Headers.Add("X", "y"),
                message.Retain,
            }
        )
        {
            use.Should().Throw<ObjectDisposedException>();
        }
    }

    [Fact]
    public void One_release_too_many_gives_no_memory_away_twice()
    {
        var first = Pooled(SipSamples.Invite);
        first.Release();
        first.Release();
        var (second, third) = (Pooled(SipSamples.Minimal()), Pooled(SipSamples.Minimal("BYE sip:x@y SIP/2.0")));
        second.CSeq.Method.Should().Be("OPTIONS");
        third.CSeq.Method.Should().Be("BYE");
    }

    [Fact]
    public void A_message_of_the_collectors_memory_takes_holds_and_releases_without_effect()
    {
        var message = SipSamples.Parse(SipSamples.Minimal());
        message.Retain();
        message.Release();
        message.Release();
        message.CallId.Should().Be("minimal");
    }

    [Fact]
    public void What_was_made_of_a_pooled_message_outlives_it()
    {
        var request = (SipRequest)Pooled(SipSamples.Invite);
        var copy = request.Clone();
        var response = SipResponse.Create(request, 200, toTag: "t");
        request.Release();
        Pooled(SipSamples.Minimal()).Release();
        copy.ToString().Should().Be(SipSamples.Invite);
        response.To.Tag.Should().Be("t");
        response.Vias.Should().HaveCount(2);
    }

    [Fact]
    public void The_request_of_a_refusal_is_pooled_too()
    {
        SipParser
            .TryParsePooled(
                SipSamples.Bytes(SipSamples.Wire(SipSamples.Minimal(lines: "Max-Forwards: x\n"))),
                out _,
                out var error
            )
            .Should()
            .BeFalse();
        error!.Request!.CallId.Should().Be("minimal");
        error.Request.Release();
        var read = () => error.Request.Headers["Via"];
        read.Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void A_message_changed_a_thousand_times_keeps_what_was_not_changed()
    {
        var request = SipSamples.Request(SipSamples.Minimal());
        request.Headers.Add("X-Kept", "kept").Add("Subject", "0");
        for (var i = 1; i <= 1_000; i++)
        {
            request.Headers.Set(SipHeaderId.Subject, $"{i} {new string('x', 50)}");
            request.Headers.Set("X-Other", $"{i}");
        }
        request.Headers["X-Kept"].Should().Be("kept");
        request.Headers["Subject"].Should().StartWith("1000 x");
        request.Headers["X-Other"].Should().Be("1000");
        request.CallId.Should().Be("minimal");
    }

    [Theory]
    [InlineData("line\r\nend")]
    [InlineData("line\nend")]
    public void A_value_that_would_end_its_line_is_refused_and_leaves_no_trace(string value)
    {
        var request = SipSamples.Request(SipSamples.Minimal());
        var add = () => request.Headers.Add("Subject", value);
        add.Should().Throw<ArgumentException>();
        var interpolate = () => request.Headers.Add(SipHeaderId.Subject, $"<{value}>");
        interpolate.Should().Throw<ArgumentException>();
        var typed = () => request.From = new NameAddress(SipUri.Create("a\r\nX: y", "h"));
        typed.Should().Throw<ArgumentException>();
        request.ToString().Should().Be(SipSamples.Parse(SipSamples.Minimal()).ToString());
    }

    [Fact]
    public void A_NUL_that_is_echoed_becomes_a_space()
    {
        var request = SipSamples.Request(SipSamples.Minimal(lines: "Require: 100rel\0\n"));
        new RequestInspection().Refuse(request)!.Headers["Unsupported"].Should().Be("100rel ");
    }

    [Fact]
    public void A_start_line_cannot_be_broken_from_within()
    {
        var request = SipSamples.Request(SipSamples.Minimal());
        request.RequestUri = SipUri.Create("a SIP/2.0\r\nX: y\r\n", "h");
        var write = () => request.ToBytes();
        write.Should().Throw<InvalidOperationException>();
        var respond = () => SipResponse.Create(SipSamples.Request(SipSamples.Minimal()), 400, "no\r\nX: y").ToBytes();
        respond.Should().Throw<InvalidOperationException>();
    }
}

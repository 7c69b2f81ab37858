using System.Text;

namespace OCPlatform.Sip.Tests.Messages;

/// <summary>RFC 5621, and the multipart syntax of RFC 2046 §5.1.</summary>
public class SipBodyTests
{
    private static SipMessage With(string contentType, string body)
    {
        var request = SipSamples.Request(SipSamples.Minimal());
        request.SetBody(SipSamples.Bytes(SipSamples.Wire(body)), contentType);
        return request;
    }

    private static string[]? Parts(string contentType, string body) =>
        SipBody.TryReadParts(With(contentType, body), out var parts)
            ?
            [
                .. parts.Select(p =>
                    $"{p.ContentType} {p.Disposition} {Encoding.UTF8.GetString(p.Content.Span)}".Replace("\r\n", "|")
                ),
            ]
            : null;

    private const string Mixed =
        "preamble\n--b1\nContent-Type: application/sdp\nContent-Disposition: session;handling=required\n\nv=0\ns=-\n\n--b1 \t\nContent-Type: application/isup; version=x\n"
        + "Content-Disposition: signal ;handling=optional\n\n\u0001--b1 is not a line\n--b1--\nepilogue\n--b1\n";

    [Fact]
    public void The_parts_of_a_mixed_body_are_found()
    {
        Parts("multipart/mixed;boundary=b1", Mixed)
            .Should()
            .Equal("application/sdp session v=0|s=-|", "application/isup signal \u0001--b1 is not a line");
        SipBody.TryReadParts(With("multipart/mixed;boundary=\"b1\"", Mixed), out var parts).Should().BeTrue();
        parts.Select(p => p.IsOptional).Should().Equal(false, true);
    }

    [Fact]
    public void The_session_description_is_found_wherever_it_is()
    {
        Session("multipart/mixed;boundary=b1", Mixed).Should().Be("v=0\r\ns=-\r\n");
        Session("Application/SDP;x=y", "v=0").Should().Be("v=0");
        Session(
                "multipart/related; boundary=\"o:1\"",
                $"--o:1\nContent-Type: multipart/alternative;boundary=b1\n\n{Mixed.Replace("session;", "x;")}\n--o:1--"
            )
            .Should()
            .Be("v=0\r\ns=-\r\n");
        Session("text/plain", "v=0").Should().BeNull();
        Session(
                "multipart/mixed;boundary=b1",
                "--b1\nContent-Type: application/sdp\nContent-Transfer-Encoding: base64\n\ndj0w\n--b1--\n"
            )
            .Should()
            .BeNull("an encoding that SIP does without is not understood");
        SipBody
            .SessionDescriptionOf(SipSamples.Parse(SipSamples.Minimal() + "v=0"))
            .Should()
            .NotBeNull("old phones name no type");
        SipBody.SessionDescriptionOf(SipSamples.Parse(SipSamples.Minimal())).Should().BeNull();

        string? Session(string type, string body) =>
            SipBody.SessionDescriptionOf(With(type, body)) is { } found ? Encoding.UTF8.GetString(found.Span) : null;
    }

    [Theory]
    [InlineData("no boundary", "multipart/mixed", "--b1\n\nx\n--b1--")]
    [InlineData(
        "an endless boundary",
        "multipart/mixed;boundary=aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhh",
        "x"
    )]
    [InlineData("no delimiter", "multipart/mixed;boundary=b1", "x\n")]
    [InlineData("no end", "multipart/mixed;boundary=b1", "--b1\n\nx\n")]
    [InlineData("half an end", "multipart/mixed;boundary=b1", "--b1\n\nx\n--b1-")]
    public void A_malformed_multipart_is_no_body(string why, string type, string body) =>
        Parts(type, body).Should().BeNull(why);

    [Theory]
    [InlineData("--b1\n\n\n--b1--", "text/plain  ")]
    [InlineData("--b1\n\n--b1--", "text/plain  ")]
    [InlineData("--b1\nX: y\n--b1--", "text/plain  ")]
    [InlineData("--b1--", null)]
    public void Parts_may_be_empty(string body, string? part) =>
        Parts("multipart/mixed;boundary=b1", body).Should().Equal(part is null ? [] : [part]);

    [Fact]
    public void Too_many_or_too_deep_parts_are_refused()
    {
        Parts("multipart/mixed;boundary=b", string.Concat(Enumerable.Repeat("--b\n\nx\n", 16)) + "--b--")
            .Should()
            .HaveCount(16);
        Parts("multipart/mixed;boundary=b", string.Concat(Enumerable.Repeat("--b\n\nx\n", 17)) + "--b--")
            .Should()
            .BeNull();
        var deep = "x";
        for (var i = 0; i < 5; i++)
        {
            deep =
                $"--b{i}\nContent-Type: {(i == 0 ? "text/plain" : $"multipart/mixed;boundary=b{i - 1}")}\n\n{deep}\n--b{i}--\n";
        }
        Parts("multipart/mixed;boundary=b4", deep).Should().BeNull();
    }

    [Fact]
    public void A_body_full_of_half_delimiters_takes_no_more_than_its_length()
    {
        var body = new string('-', 2) + string.Concat(Enumerable.Repeat("b--", 20_000));
        var start = TimeProvider.System.GetTimestamp();
        Parts("multipart/mixed;boundary=b", body).Should().BeNull();
        TimeProvider.System.GetElapsedTime(start).Should().BeLessThan(TimeSpan.FromSeconds(5));
    }
}

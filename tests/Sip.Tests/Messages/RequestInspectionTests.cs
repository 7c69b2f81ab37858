namespace OCPlatform.Sip.Tests.Messages;

/// <summary>RFC 3261 §8.2.1–§8.2.3; the torture corpus has the RFC's own cases.</summary>
public class RequestInspectionTests
{
    private static readonly RequestInspection Inspection = new() { Extensions = ["100rel", "replaces"] };

    private static SipResponse? Refuse(string line, string headers = "", string body = "") =>
        Inspection.Refuse(SipSamples.Request(SipSamples.Minimal(line, headers) + body));

    [Theory]
    [InlineData("INVITE sip:a@b SIP/2.0", "", "")]
    [InlineData("INVITE tel:+4930123 SIP/2.0", "", "")]
    [InlineData("INVITE sips:a@b SIP/2.0", "Require: 100REL\n", "")]
    [InlineData("INVITE sip:a@b SIP/2.0", "Content-Type: Application / SDP ;x=y\n", "v=0")]
    [InlineData(
        "INVITE sip:a@b SIP/2.0",
        "Content-Type: text/x\nContent-Disposition: render ; handling=OPTIONAL\n",
        "hm"
    )]
    [InlineData("INVITE sip:a@b SIP/2.0", "Content-Type: text/x\n", "")]
    [InlineData("INVITE sip:a@b SIP/2.0", "Accept: text/html, application/*;q=0.5\n", "")]
    [InlineData("OPTIONS sip:a@b SIP/2.0", "Accept: text/html\n", "")]
    [InlineData("INVITE sip:a@b SIP/2.0", "Content-Type: application/sdp\nContent-Encoding: identity\n", "v=0")]
    public void Nothing_to_object_to(string line, string headers, string body) =>
        Refuse(line, headers, body).Should().BeNull();

    [Theory]
    [InlineData("MESSAGE sip:a@b SIP/2.0", "", "", 405, "Allow", "INVITE, BYE, OPTIONS")]
    [InlineData("FROB sip:a@b SIP/2.0", "", "", 501, "Allow", "INVITE, BYE, OPTIONS")]
    [InlineData("INVITE http://a.b/ SIP/2.0", "", "", 416, null, null)]
    [InlineData("INVITE sip:a@b SIP/2.0", "Require: replaces, frob\n", "", 420, "Unsupported", "frob")]
    [InlineData("INVITE sip:a@b SIP/2.0", "Content-Type: text/x\n", "hm", 415, "Accept", "application/sdp")]
    [InlineData(
        "INVITE sip:a@b SIP/2.0",
        "Content-Type: application/sdp\nContent-Encoding: gzip\n",
        "hm",
        415,
        "Accept-Encoding",
        "identity"
    )]
    [InlineData("INVITE sip:a@b SIP/2.0", "Accept:\n", "", 406, null, null)]
    public void A_refusal_says_what_would_do(
        string line,
        string headers,
        string body,
        int status,
        string? header,
        string? value
    )
    {
        var refusal = Refuse(line, headers, body)!;
        refusal.StatusCode.Should().Be(status);
        if (header is not null)
        {
            refusal.Headers[header].Should().Be(value);
        }
    }
}

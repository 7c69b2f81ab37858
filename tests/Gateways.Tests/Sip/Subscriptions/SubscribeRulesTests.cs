using System.Text;
using OCPlatform.Gateways.Sip.Subscriptions;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Tests.Sip.Subscriptions;

/// <summary>What a SUBSCRIBE may ask for (RFC 6665 §4.2.1, RFC 4235 §3).</summary>
public sealed class SubscribeRulesTests
{
    private const string Contact = "Contact: <sip:bob@192.0.2.7>";
    private readonly SubscriptionOptions _options = new() { MinExpirySeconds = 60, MaxExpirySeconds = 7200 };

    [Theory]
    [InlineData(200, "Event: dialog", Contact)]
    [InlineData(200, "o: dialog;id=7", Contact)]
    [InlineData(489, "Event: presence", Contact)]
    [InlineData(489, "Event: dialog.winfo", Contact)]
    [InlineData(489, "Event: refer", Contact)]
    [InlineData(489, Contact)]
    [InlineData(400, "Event: dialog")]
    [InlineData(200, "Event: dialog", Contact, "Accept: application/dialog-info+xml")]
    [InlineData(200, "Event: dialog", Contact, "Accept: text/html, application/dialog-info+xml;q=0.5")]
    [InlineData(200, "Event: dialog", Contact, "Accept: */*")]
    [InlineData(200, "Event: dialog", Contact, "Accept: application/*")]
    [InlineData(406, "Event: dialog", Contact, "Accept: application/pidf+xml")]
    [InlineData(423, "Event: dialog", Contact, "Expires: 59")]
    [InlineData(200, "Event: dialog", Contact, "Expires: 60")]
    [InlineData(200, "Event: dialog", Contact, "Expires: 0")]
    public void It_is_taken_or_refused_rightly(int status, params string[] headers)
    {
        SubscribeRules.Judge(Request(headers), _options).Status.Should().Be(status);
    }

    [Theory]
    [InlineData(null, 3600)]
    [InlineData("Expires: 300", 300)]
    [InlineData("Expires: 0", 0)]
    [InlineData("Expires: 86400", 7200)]
    public void It_lasts_as_asked_within_bounds(string? expires, int seconds)
    {
        string[] headers = expires is null ? [Contact, "Event: dialog"] : [Contact, "Event: dialog", expires];

        SubscribeRules.Judge(Request(headers), _options).Seconds.Should().Be(seconds);
    }

    [Fact]
    public void The_id_of_the_Event_is_kept_for_the_notifications()
    {
        SubscribeRules.Judge(Request(Contact, "Event: dialog;id=7;x=y"), _options).Event.Should().Be("dialog;id=7");
    }

    [Fact]
    public void The_Event_may_name_one_dialog()
    {
        var verdict = SubscribeRules.Judge(
            Request(Contact, "Event: dialog;call-id=\"a@b\";to-tag=t;from-tag=f"),
            _options
        );

        verdict.Filter.Should().Be(new DialogFilter("a@b", "t", "f"));
    }

    private static SipRequest Request(params string[] headers)
    {
        string[] lines =
        [
            "SUBSCRIBE sip:frontdesk@example.com SIP/2.0",
            "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1",
            "From: <sip:bob@example.com>;tag=b",
            "To: <sip:frontdesk@example.com>",
            "Call-ID: c",
            "CSeq: 1 SUBSCRIBE",
            "Max-Forwards: 70",
            .. headers,
            "Content-Length: 0",
            "",
            "",
        ];
        return (SipRequest)SipParser.Parse(Encoding.UTF8.GetBytes(string.Join("\r\n", lines)));
    }
}

using System.Text;

namespace OCPlatform.Sip.Tests;

public class SmokeTests
{
    [Fact]
    public void A_typical_invite_is_parsed_and_written_back()
    {
        var text =
            "INVITE sip:bob@biloxi.com SIP/2.0\r\nVia: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8\r\nMax-Forwards: 70\r\nTo: Bob <sip:bob@biloxi.com>\r\n"
            + "From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\nCall-ID: a84b4c76e66710\r\nCSeq: 314159 INVITE\r\nContact: <sip:alice@pc33.atlanta.com>\r\n"
            + "Content-Type: application/sdp\r\nContent-Length: 4\r\n\r\nv=0\n";
        SipParser.TryParse(Encoding.UTF8.GetBytes(text), out var message, out var error).Should().BeTrue(error?.Reason);
        var request = message.Should().BeOfType<SipRequest>().Subject;
        request.From.Tag.Should().Be("1928301774");
        request.CSeq.Should().Be(new CSeq(314159, "INVITE"));
        SipParser.Parse(request.ToBytes()).ToString().Should().Be(request.ToString());
    }
}

using System.Text;

namespace OCPlatform.Sip.Tests.Messages;

public class SipPeekTests
{
    [Fact]
    public void What_routes_an_invite_is_read_from_its_bytes()
    {
        SipPeek.TryRead(SipSamples.InviteBytes, out var peek).Should().BeTrue();
        Text(peek.Method).Should().Be("INVITE");
        Text(peek.RequestUri).Should().Be("sip:agent@203.0.113.5:5060;transport=udp");
        Text(peek.CallId).Should().Be("3848276298220188511@10.0.0.12");
        Text(peek.FromTag).Should().Be("8ab3f00d");
        peek.ToTag.IsEmpty.Should().BeTrue();
        (peek.CSeqNumber, Text(peek.CSeqMethod)).Should().Be((102u, "INVITE"));
        Text(peek.Branch).Should().Be("z9hG4bK74bf9a1c0e");
        (Text(peek.SentByHost), peek.SentByPort).Should().Be(("198.51.100.7", 5060));
        peek.HasOneVia.Should().BeFalse();
        peek.HasMagicCookie.Should().BeTrue();
    }

    [Theory]
    [InlineData("\"a;tag=x <b>\" <sip:a@b;tag=uri>;tag=real", "real")]
    [InlineData("sip:a@b;tag=real", "real")]
    [InlineData("a<sip:a@b>;x=1 ; TAG = real", "real")]
    [InlineData("<sip:a@b;tag=uri>", "")]
    public void The_tag_is_the_headers_not_the_uris(string to, string tag)
    {
        var text = SipSamples.Wire(SipSamples.Minimal().Replace("<sip:b@example.com>", to));
        SipPeek.TryRead(SipSamples.Bytes(text), out var peek).Should().BeTrue();
        Text(peek.ToTag).Should().Be(tag);
        Text(SipSamples.Parse(text).ToTag).Should().Be(tag);
    }

    [Theory]
    [InlineData("Call-ID: minimal", "Call-ID: minimal\nCall-ID: other")]
    [InlineData("Call-ID: minimal", "X: y")]
    [InlineData("CSeq: 1 OPTIONS", "CSeq: 1 INVITE")]
    [InlineData("SIP/2.0/UDP", "SIP/3.0/UDP")]
    [InlineData(" SIP/2.0\n", " SIP/7.0\n")]
    [InlineData("From: <sip:a@example.com>;tag=1", "From:")]
    public void What_is_odd_is_left_to_the_parser(string usual, string odd) =>
        SipPeek
            .TryRead(SipSamples.Bytes(SipSamples.Wire(SipSamples.Minimal().Replace(usual, odd))), out _)
            .Should()
            .BeFalse();

    [Fact]
    public void Every_truncation_before_the_body_is_left_to_the_parser()
    {
        var head = SipSamples.InviteBytes.AsSpan().IndexOf("\r\n\r\n"u8) + 2;
        for (var length = 0; length <= head; length++)
        {
            SipPeek.TryRead(SipSamples.InviteBytes.AsSpan(0, length), out _).Should().BeFalse();
        }
        SipPeek.TryRead(SipSamples.InviteBytes.AsSpan(0, head + 2), out _).Should().BeTrue();
    }

    [Fact]
    public void A_tag_finds_its_entry_by_bytes_and_by_text()
    {
        var table = new SipTagTable<object>();
        var entry = new object();
        table.TryAdd("c07f3k2m", entry).Should().BeTrue();
        table.TryAdd("c07f3k2m", new()).Should().BeFalse();
        table.TryAdd(new string('l', 100), new()).Should().BeTrue();
        table.TryFind("c07f3k2m"u8, out var found).Should().BeTrue();
        found.Should().BeSameAs(entry);
        table.TryFind("C07F3K2M"u8, out _).Should().BeFalse();
        table.TryFind([0xff, 0x80], out _).Should().BeFalse();
        table.TryFind(SipSamples.Bytes(new string('l', 100)), out _).Should().BeTrue();
        table.TryRemove("c07f3k2m", out _).Should().BeTrue();
        table.TryFind("c07f3k2m", out _).Should().BeFalse();
        table.Count.Should().Be(1);
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}

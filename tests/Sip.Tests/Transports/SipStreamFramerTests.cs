using System.Text;
using CsCheck;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Transports;

public class SipStreamFramerTests
{
    private const string WithBody =
        "MESSAGE sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nContent-Length: 4\r\n\r\na\r\n\r";

    private const string Folded =
        "OPTIONS sip:b@example.com SIP/2.0\r\nSubject: x\r\n y\r\nl:\r\n  0\r\nTo: <sip:b>\r\n\r\n";

    private const string BareLineEnds = "SIP/2.0 200 OK\nContent-Length: 2\rTo: <sip:b>\n\nhi";

    private static readonly string[] Stream =
    [
        WithBody,
        Folded,
        "\r\n",
        SipSamples.Invite,
        BareLineEnds,
        "\r\n\r\n",
        Folded,
    ];

    [Fact]
    public void Every_split_point_gives_the_same_messages()
    {
        var bytes = SipSamples.Bytes(string.Concat(Stream));
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var framer = new SipStreamFramer();
            var read = Feed(framer, bytes.AsSpan(0, cut));
            read.AddRange(Feed(framer, bytes.AsSpan(cut)));
            ShouldBeTheStream(read);
        }
    }

    [Fact]
    public void Byte_by_byte_gives_the_same_messages()
    {
        var framer = new SipStreamFramer();
        var read = new List<string>();
        foreach (var b in SipSamples.Bytes(string.Concat(Stream)))
        {
            read.AddRange(Feed(framer, [b]));
        }
        ShouldBeTheStream(read);
        framer.IsMidMessage.Should().BeFalse();
    }

    [Fact]
    public void Any_pieces_give_the_same_messages() =>
        Gen.Int[1, 200]
            .Array[1, 400]
            .Sample(
                pieces =>
                {
                    var bytes = SipSamples.Bytes(string.Concat(Stream));
                    var framer = new SipStreamFramer();
                    var read = new List<string>();
                    var at = 0;
                    for (var i = 0; at < bytes.Length; i++)
                    {
                        var length = Math.Min(pieces[i % pieces.Length], bytes.Length - at);
                        read.AddRange(Feed(framer, bytes.AsSpan(at, length)));
                        at += length;
                    }
                    ShouldBeTheStream(read);
                },
                iter: 300
            );

    [Fact]
    public void Bytes_of_noise_never_throw_nor_hold_more_than_the_cap() =>
        Gen
            .Byte.Array[0, 3_000]
            .Sample(
                noise =>
                {
                    var framer = new SipStreamFramer(1_000);
                    byte[] all = [.. "OPTIONS sip:x SIP/2.0\r\n"u8, .. noise];
                    Feed(framer, all);
                },
                iter: 2_000
            );

    [Theory]
    [InlineData("\r\n\r\n", "pong ping")]
    [InlineData("\r\n", "pong")]
    [InlineData("\r\n\r\n\r\n\r\n", "pong ping pong ping")]
    [InlineData("\n\r", "")]
    public void Line_ends_between_messages_are_keep_alives(string text, string found)
    {
        var framer = new SipStreamFramer();
        string.Join(' ', Feed(framer, SipSamples.Bytes(text))).Should().Be(found);
        Feed(framer, SipSamples.Bytes("\n" + Folded)).Should().Contain(Folded);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n", SipFramingError.NotSip)]
    [InlineData("\x16\x03\x01\x02", SipFramingError.NotSip)]
    [InlineData("OPTIONS sip:b SIP/2.0\r\nTo: <sip:b>\r\n\r\n", SipFramingError.MissingContentLength)]
    [InlineData("OPTIONS sip:b SIP/2.0\r\nContent-Length: many\r\n\r\n", SipFramingError.BadContentLength)]
    [InlineData("OPTIONS sip:b SIP/2.0\r\nContent-Length: -1\r\n\r\n", SipFramingError.BadContentLength)]
    [InlineData("OPTIONS sip:b SIP/2.0\r\nContent-Length:\r\n\r\n", SipFramingError.BadContentLength)]
    [InlineData("OPTIONS sip:b SIP/2.0\r\nl: 1\r\nContent-Length: 2\r\n\r\n", SipFramingError.BadContentLength)]
    [InlineData("OPTIONS sip:b SIP/2.0\r\nContent-Length: 99999999999\r\n\r\n", SipFramingError.BadContentLength)]
    [InlineData("OPTIONS sip:b SIP/2.0\r\nContent-Length: 4294967295\r\n\r\n", SipFramingError.TooLarge)]
    [InlineData("OPTIONS sip:b SIP/2.0\r\nContent-Length: 2000\r\n\r\n", SipFramingError.TooLarge)]
    public void A_stream_that_cannot_be_cut_says_why_and_stays_ended(string text, SipFramingError error)
    {
        var framer = new SipStreamFramer(2_000);
        Feed(framer, Encoding.Latin1.GetBytes(text)).Should().Equal("error");
        framer.Error.Should().Be(error);
        framer.RefusedHead.IsEmpty.Should().Be(error == SipFramingError.NotSip);
        framer.TryRead(out _).Should().Be(SipFrame.Error);
    }

    [Fact]
    public void Two_equal_lengths_cut_the_same_message()
    {
        var text = "OPTIONS sip:b SIP/2.0\r\nContent-Length: 2\r\nl : 02\r\n\r\nhi";
        Feed(new SipStreamFramer(), SipSamples.Bytes(text)).Should().Equal(text);
    }

    [Fact]
    public void A_header_part_without_end_is_given_up_at_the_cap()
    {
        var framer = new SipStreamFramer(5_000);
        var line = SipSamples.Bytes("X-Header: " + new string('x', 90) + "\r\n");
        Feed(framer, "OPTIONS sip:b SIP/2.0\r\n"u8);
        var fed = 0;
        while (Feed(framer, line).Count == 0)
        {
            (fed += line.Length).Should().BeLessThan(5_200);
        }
        framer.Error.Should().Be(SipFramingError.TooLarge);
    }

    [Fact]
    public void A_long_message_in_small_pieces_is_not_read_again_for_each_piece()
    {
        // 60 KB of header lines byte by byte: a framer that starts over for each would look at 1.8 GB.
        var lines = string.Concat(Enumerable.Range(0, 3_000).Select(i => $"X-{i}: aaaaaaaaaaa\r\n"));
        var bytes = SipSamples.Bytes($"OPTIONS sip:b SIP/2.0\r\nContent-Length: 0\r\n{lines}\r\n");
        var framer = new SipStreamFramer();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var read = 0;
        foreach (ref readonly var b in bytes.AsSpan())
        {
            framer.GetMemory().Span[0] = b;
            framer.Advance(1);
            read += framer.TryRead(out _) == SipFrame.Message ? 1 : 0;
        }
        read.Should().Be(1);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(300_000, "the buffer doubles");
    }

    [Fact]
    public void Whole_messages_are_cut_without_allocation()
    {
        var framer = new SipStreamFramer();
        var bytes = SipSamples.InviteBytes;

        Allocations.ShouldBeNonePer(
            "message",
            500,
            () =>
            {
                bytes.CopyTo(framer.GetMemory());
                framer.Advance(bytes.Length);
                var kind = framer.TryRead(out var message);
                if (
                    kind != SipFrame.Message
                    || message.Length != bytes.Length
                    || framer.TryRead(out _) != SipFrame.Incomplete
                )
                    throw new InvalidOperationException("not one whole message");
            }
        );
    }

    private static void ShouldBeTheStream(List<string> read) =>
        read.Should().Equal(WithBody, Folded, "pong", SipSamples.Invite, BareLineEnds, "pong", "ping", Folded);

    private static List<string> Feed(SipStreamFramer framer, ReadOnlySpan<byte> bytes)
    {
        var read = new List<string>();
        do
        {
            var room = framer.GetMemory();
            var count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room.Span);
            bytes = bytes[count..];
            framer.Advance(count);
            while (framer.TryRead(out var message) is var kind && kind != SipFrame.Incomplete)
            {
                read.Add(
                    kind == SipFrame.Message
                        ? Encoding.Latin1.GetString(message.Span)
                        : kind.ToString().ToLowerInvariant()
                );
                if (kind == SipFrame.Error)
                {
                    return read;
                }
            }
        } while (!bytes.IsEmpty);
        return read;
    }
}

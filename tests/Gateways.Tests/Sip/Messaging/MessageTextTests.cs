using System.Globalization;
using System.Text;
using OCPlatform.Gateways.Sip.Messaging;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Tests.Sip.Messaging;

/// <summary>What a MESSAGE may hold, and how long replies are cut and queued (RFC 3428 §4, §8).</summary>
public sealed class MessageTextTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("text/plain", 0)]
    [InlineData("text/plain;charset=UTF-8", 0)]
    [InlineData("Text/Plain; Charset=\"utf-8\"", 0)]
    [InlineData("text/plain;charset=us-ascii", 0)]
    [InlineData("text/plain;charset=iso-8859-1", 415)]
    [InlineData("text/html", 415)]
    [InlineData("message/cpim", 415)]
    [InlineData("application/im-iscomposing+xml", 415)]
    [InlineData(null, 415)]
    public void Plain_text_in_UTF_8_is_taken(string? type, int status)
    {
        MessageText.Read(Message("hello", type), 100).Status.Should().Be(status);
    }

    [Fact]
    public void What_is_too_big_coded_not_UTF_8_or_empty_is_refused()
    {
        MessageText.Read(Message(new string('a', 101), "text/plain"), 100).Status.Should().Be(413);
        MessageText.Read(Message(new string('a', 100), "text/plain"), 100).Status.Should().Be(0);
        MessageText.Read(Message(" \r\n ", "text/plain"), 100).Status.Should().Be(400);
        var latin = Message("", "text/plain");
        latin.Body = new byte[] { 0x47, 0xFC, 0x6E };
        MessageText.Read(latin, 100).Status.Should().Be(400);
        var zipped = Message("hello", "text/plain");
        zipped.Headers.Add(SipHeaderId.ContentEncoding, "gzip");
        MessageText.Read(zipped, 100).Status.Should().Be(415);
    }

    [Theory]
    [InlineData("Short.", 20, "Short.")]
    [InlineData("First one. Second one. Third.", 24, "First one. Second one.|Third.")]
    [InlineData("One line\nand another line", 16, "One line|and another line")]
    [InlineData("Ok. A sentence that does not fit here.", 24, "Ok. A sentence that does|not fit here.")]
    [InlineData("abcdefghijklmnopqrstuvwxyz", 10, "abcdefghij|klmnopqrst|uvwxyz")]
    [InlineData("Grüße für Jürgen", 10, "Grüße|für|Jürgen")]
    [InlineData("😀😀😀", 9, "😀😀|😀")]
    public void A_long_text_is_cut_where_a_reader_would(string text, int mostBytes, string parts)
    {
        Split(text, mostBytes).Should().Equal(parts.Split('|'));
    }

    [Fact]
    public void No_part_is_too_big_no_character_is_cut_and_nothing_is_lost()
    {
        var random = new Random(7);
        string[] pieces = ["a", "é", "e\u0301", "😀", "👩‍👩‍👧", " ", ". ", "\n", "word ", "字"];
        for (var run = 0; run < 300; run++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 200)).Select(_ => pieces[random.Next(10)]))
                .Trim();
            if (text.Length == 0)
            {
                continue;
            }
            var most = random.Next(32, 200);

            var parts = Split(text, most).ToList();

            parts.Should().OnlyContain(part => part.Length > 0 && Encoding.UTF8.GetByteCount(part) <= most);
            parts.SelectMany(Elements).Should().Equal(Elements(text));
        }

        static IEnumerable<string> Elements(string text)
        {
            var elements = StringInfo.GetTextElementEnumerator(text);
            while (elements.MoveNext())
            {
                if (!string.IsNullOrWhiteSpace(elements.GetTextElement()))
                {
                    yield return elements.GetTextElement();
                }
            }
        }
    }

    [Fact]
    public void A_heap_of_combining_marks_is_cut_all_the_same()
    {
        var heap = "a" + new string('\u0301', 500);

        Split(heap, 100).Should().OnlyContain(part => Encoding.UTF8.GetByteCount(part) <= 100);
    }

    [Fact]
    public void Replies_leave_in_order_and_part_by_part()
    {
        var outbox = new MessageOutbox(100, TimeSpan.FromSeconds(10));
        outbox.TryAdd("First one. Second one.", Now);
        outbox.TryAdd("Third.", Now);

        outbox.Next(12, Now).Should().Be("First one.");
        outbox.Next(12, Now).Should().Be("Second one.");
        outbox.Next(12, Now).Should().Be("Third.");
        outbox.Next(12, Now).Should().BeNull();
        outbox.IsEmpty.Should().BeTrue();
        outbox.GivenUp.Should().Be(0);
    }

    [Fact]
    public void A_reply_that_finds_no_room_is_given_up_and_room_comes_back_with_delivery()
    {
        var outbox = new MessageOutbox(20, TimeSpan.FromSeconds(10));
        outbox.TryAdd("fifteen letters", Now).Should().BeTrue();
        outbox.TryAdd("too many", Now).Should().BeFalse();
        outbox.Next(100, Now);

        outbox.TryAdd("too many", Now).Should().BeTrue();

        outbox.GivenUp.Should().Be(1);
    }

    [Fact]
    public void A_reply_that_waits_too_long_is_given_up()
    {
        var outbox = new MessageOutbox(100, TimeSpan.FromSeconds(10));
        outbox.TryAdd("First one. Second one.", Now);
        outbox.TryAdd("Stale.", Now);
        outbox.TryAdd("Fresh.", Now.AddSeconds(5));
        outbox.Next(12, Now);

        outbox.Next(12, Now.AddSeconds(10)).Should().Be("Fresh.");

        outbox.GivenUp.Should().Be(2);
        outbox.IsEmpty.Should().BeTrue();
    }

    [Fact]
    public void When_a_part_does_not_arrive_the_rest_of_its_reply_is_not_sent()
    {
        var outbox = new MessageOutbox(100, TimeSpan.FromSeconds(10));
        outbox.TryAdd("First one. Second one.", Now);
        outbox.TryAdd("Third.", Now);
        outbox.Next(12, Now);

        outbox.OnFailed();

        outbox.Next(12, Now).Should().Be("Third.");
        outbox.GivenUp.Should().Be(1);
    }

    private static IEnumerable<string> Split(string text, int mostBytes)
    {
        while (text.Length > 0)
        {
            (var part, text) = TextSplitter.Take(text, mostBytes);
            yield return part;
        }
    }

    private static SipRequest Message(string text, string? type)
    {
        var request = SipRequest.Create(
            SipMethod.Message,
            SipUri.Parse("sip:frontdesk@example.com"),
            new NameAddress(SipUri.Parse("sip:alice@example.com"))
        );
        request.Body = Encoding.UTF8.GetBytes(text);
        request.ContentType = type;
        return request;
    }
}

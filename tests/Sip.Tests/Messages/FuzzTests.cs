using CsCheck;

namespace OCPlatform.Sip.Tests.Messages;

public class FuzzTests
{
    private static readonly byte[][] Seeds =
    [
        SipSamples.InviteBytes,
        SipSamples.Bytes(
            SipSamples.Wire(
                SipSamples.Minimal(lines: "Subject: a\n folded\nContact: \"x\\\"y\" <sip:[::1]:5060;lr>;q=0.1, *\n")
            )
        ),
        SipSamples.Bytes(SipSamples.Wire(SipSamples.Minimal("SIP/2.0 200 OK", "Content-Length: 0\n", "BYE"))),
    ];

    /// <summary>Bytes that steer a SIP parser.</summary>
    private static readonly byte[] Interesting = "\r\n \t:;,=<>\"\\@?[]%/*.0129aZ\0"u8.ToArray();

    private static readonly Gen<byte> InterestingByte = Gen.Frequency(
        (3, Gen.Int[0, Interesting.Length - 1].Select(i => Interesting[i])),
        (1, Gen.Byte)
    );

    [Fact]
    public void Random_bytes_never_throw() => Gen.Byte.Array[0, 400].Sample(ParseAndUse, iter: 20_000);

    [Fact]
    public void Interesting_bytes_never_throw() => InterestingByte.Array[0, 200].Sample(ParseAndUse, iter: 50_000);

    [Fact]
    public void Mutated_messages_never_throw()
    {
        var mutation = Gen.Select(Gen.Int[0, 1_000], Gen.Int[0, 3], InterestingByte, Gen.Int[0, 30]);
        Gen.Select(Gen.Int[0, Seeds.Length - 1], mutation.Array[1, 8])
            .Sample((seed, mutations) => ParseAndUse(Mutate(Seeds[seed], mutations)), iter: 60_000);
    }

    private static byte[] Mutate(byte[] seed, (int At, int Kind, byte Value, int Length)[] mutations)
    {
        var bytes = seed.ToList();
        foreach (var (position, kind, value, length) in mutations)
        {
            if (bytes.Count == 0)
            {
                break;
            }
            var at = position % bytes.Count;
            var count = Math.Min(length, bytes.Count - at);
            switch (kind)
            {
                case 0:
                    bytes[at] = value;
                    break;
                case 1:
                    bytes.Insert(at, value);
                    break;
                case 2:
                    bytes.RemoveRange(at, count);
                    break;
                default:
                    bytes.InsertRange(at, bytes.GetRange(at, count));
                    break;
            }
        }
        return [.. bytes];
    }

    /// <summary>Whatever parses must be usable in every way, and be read the same after writing.</summary>
    private static void ParseAndUse(byte[] bytes)
    {
        if (!SipParser.TryParse(bytes, out var message, out var error))
        {
            error!.Offset.Should().BeInRange(0, bytes.Length);
            if (error.Request is { } refused)
            {
                SipResponse.Create(refused, error.Status).ToBytes().Should().StartWith("SIP/2.0 "u8.ToArray());
            }
            return;
        }
        Use(message!);
        SipParser
            .TryParse(message!.ToBytes(), out var again, out var second)
            .Should()
            .BeTrue("it was read before: {0}", second);
        again!.CallId.Should().Be(message.CallId);
        again.CSeq.Should().Be(message.CSeq);
        again.From.Tag.Should().Be(message.From.Tag);
        if (message is SipRequest { IsAck: false } request)
        {
            var response = (SipResponse)SipParser.Parse(SipResponse.Create(request, 200).ToBytes());
            response.TopVia.Should().BeEquivalentTo(request.TopVia);
        }
    }

    private static void Use(SipMessage message)
    {
        _ = message.TopVia.HasMagicCookie;
        _ = message.Vias;
        _ = message.From.ToString();
        _ = message.To.ToString();
        _ = message.Contacts;
        _ = message.Routes;
        _ = message.RecordRoutes;
        _ = message.MaxForwards;
        _ = message.Expires;
        _ = message.ContentType;
        _ = message.Allow;
        _ = message.RetryAfter;
        _ = message.Headers.ToList();
        _ = SipReason.Of(message);
        _ = SipWarning.Of(message);
        foreach (var id in Enum.GetValues<SipHeaderId>())
        {
            _ = message.Headers[id];
            _ = message.Headers.Elements(id);
            _ = message.Addresses(id);
        }
        if (message is SipRequest request)
        {
            _ = request.RequestUri.ToString();
            _ = request.RequestUri.UnescapedUser;
        }
    }
}

using OCPlatform.Sip.Transactions;

namespace OCPlatform.Sip.Tests.Transactions;

public class KeyedHashTests
{
    // Key and inputs of the reference: 00 01 02 … 0f, and the first n of 00 01 02 …
    private static string HashOfFirst(int count)
    {
        var hash = new KeyedHash(0x0706050403020100, 0x0f0e0d0c0b0a0908);
        hash.Add(Enumerable.Range(0, count).Select(i => (byte)i).ToArray());
        return Hex(hash.Finish());
    }

    private static string Hex((ulong First, ulong Second) hash) =>
        Convert.ToHexStringLower([.. BitConverter.GetBytes(hash.First), .. BitConverter.GetBytes(hash.Second)]);

    [Theory(DisplayName = "SipHash-2-4-128: vectors of the reference")]
    [InlineData(0, "a3817f04ba25a8e66df67214c7550293")]
    [InlineData(1, "da87c1d86b99af44347659119b22fc45")]
    [InlineData(2, "8177228da4a45dc7fca38bdef60affe4")]
    public void Reference_vectors(int count, string expected) => HashOfFirst(count).Should().Be(expected);

    [Fact]
    public void The_bytes_count_not_the_pieces_they_come_in()
    {
        var bytes = Enumerable.Range(0, 100).Select(i => (byte)(i * 7)).ToArray();
        var whole = new KeyedHash(1, 2);
        whole.Add(bytes);
        var expected = Hex(whole.Finish());
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var pieces = new KeyedHash(1, 2);
            pieces.Add(bytes.AsSpan(0, cut));
            pieces.Add(bytes.AsSpan(cut));
            Hex(pieces.Finish()).Should().Be(expected);
        }
    }

    [Fact]
    public void Parts_do_not_run_into_each_other()
    {
        var first = new KeyedHash(1, 2);
        first.AddPart("ab"u8);
        first.AddPart("c"u8);
        var second = new KeyedHash(1, 2);
        second.AddPart("a"u8);
        second.AddPart("bc"u8);
        Hex(first.Finish()).Should().NotBe(Hex(second.Finish()));
    }

    [Fact]
    public void An_id_that_crossed_an_actor_names_the_same_transaction()
    {
        var key = TransactionKey.ForServer(SipSamples.Request(SipSamples.Minimal()), "OPTIONS");
        var id = new SipTransactionId(key);
        new SipTransactionId(id.Value).Should().Be(id);
        new SipTransactionId("from another program").Should().NotBe(new SipTransactionId("from a third"));
        new SipTransactionId("").Should().NotBe(id);
    }
}

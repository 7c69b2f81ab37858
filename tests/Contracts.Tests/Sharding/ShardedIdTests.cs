using CsCheck;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.Contracts.Tests.Sharding;

public class ShardedIdTests
{
    [Fact]
    public void Every_shard_is_carried_by_its_ids_and_told_from_the_others() =>
        Enumerable
            .Range(0, ShardedId.ShardCount)
            .Select(shard => ShardedId.ShardOf(CallId.New(shard).Value))
            .Should()
            .OnlyHaveUniqueItems();

    [Fact]
    public void An_id_is_read_back_and_a_changed_one_is_refused()
    {
        var id = CallId.New();
        CallId.TryParse(id.Value, out var read).Should().BeTrue();
        read.Should().Be(id);
        CallId.TryParse(id.Value + "0", out _).Should().BeFalse();
        CallId.TryParse("x" + id.Value[1..], out _).Should().BeFalse();
        CallId.TryParse(id.Value.ToUpperInvariant(), out _).Should().BeFalse();
        CallId.TryParse(null, out _).Should().BeFalse();
    }

    [Fact]
    public void No_foreign_text_is_taken_for_an_id_or_breaks_the_reader() =>
        Gen.String.Sample(text => !CallId.TryParse(text, out var id) || id.Value == text);

    [Fact]
    public void An_id_is_a_SIP_token() => CallId.New().Value.Should().MatchRegex("^[a-z0-9]{23}$");

    [Fact]
    public void A_calls_conversation_is_known_from_the_call_alone_and_lies_in_the_same_shard()
    {
        var call = CallId.New();
        var conversation = ConversationId.OfCall(call);
        conversation.Should().Be(ConversationId.OfCall(call));
        ShardedId.ShardOf(conversation.Value).Should().Be(ShardedId.ShardOf(call.Value));
        ConversationId.TryParse(conversation.Value, out _).Should().BeTrue();
        ConversationId.TryParse(ConversationId.NewChat().Value, out _).Should().BeTrue();
    }

    [Fact]
    public void Every_shard_has_a_name_that_leads_back_to_it() =>
        Enumerable
            .Range(0, ShardedId.ShardCount)
            .Should()
            .OnlyContain(shard => ShardedId.NumberOf(ShardedId.NameOf(shard)) == shard);

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("0u")]
    [InlineData("000")]
    public void What_names_no_shard_has_no_number(string name) => ShardedId.NumberOf(name).Should().Be(-1);

    [Theory]
    [InlineData("c00zzzzzzzzzzzzzzzzzzzz", 0)]
    [InlineData("c1zzzzzzzzzzzzzzzzzzzzz", 63)]
    public void Ids_of_the_time_of_64_shards_stay_where_they_were(string id, int shard)
    {
        CallId.TryParse(id, out _).Should().BeTrue();
        ShardedId.NumberOfId(id).Should().Be(shard);
        ShardedId.NameOf(shard).Should().Be(ShardedId.ShardOf(id));
    }

    [Fact]
    public void A_set_of_shards_comes_back_from_its_bytes_and_bears_bytes_of_another_length()
    {
        var set = new ShardSet();
        foreach (var shard in new[] { 0, 7, 8, 63, 64, 1023 })
        {
            set.Add(shard).Should().BeTrue();
            set.Add(shard).Should().BeFalse();
        }
        set.Remove(64).Should().BeTrue();
        set.Remove(64).Should().BeFalse();

        new ShardSet(set.ToBytes()).ToList().Should().Equal(set.ToList()).And.Equal(0, 7, 8, 63, 1023);
        new ShardSet(set.ToBytes()).Count.Should().Be(set.Count);
        new ShardSet([0xff]).Count.Should().Be(8);
        new ShardSet(new byte[1_000]).Count.Should().Be(0);
    }
}

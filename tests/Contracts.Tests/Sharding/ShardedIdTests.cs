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
}

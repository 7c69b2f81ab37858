using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.Contracts.Tests.Sharding;

public sealed class ShardExtractorTests
{
    [Fact]
    public void A_message_goes_to_the_call_that_it_names()
    {
        var id = CallId.New();
        new CallShardExtractor().EntityId(new CallQueries.Get(id)).Should().Be(id.Value);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("czzzzzzzzzzzzzzzzzzzzzu")]
    public void What_is_no_id_has_no_entity_so_that_its_message_is_dropped(string? id)
    {
        new CallShardExtractor().EntityId(new CallQueries.Get(new CallId(id!))).Should().BeNull();
        new ConversationShardExtractor()
            .EntityId(new ConversationCommands.End(new ConversationId(id!), "", DateTimeOffset.UnixEpoch))
            .Should()
            .BeNull();
    }

    [Fact]
    public void A_touch_goes_to_the_shard_that_it_names_and_to_nothing_else()
    {
        var extractor = new CallShardExtractor();
        var entity = extractor.EntityId(new ShardTouch("1z"))!;
        extractor.ShardId(entity).Should().Be("1z");
        CallId.TryParse(entity, out _).Should().BeFalse();
        extractor.EntityId(new ShardTouch("u")).Should().BeNull();
        extractor.EntityId(new ShardTouch("uu")).Should().BeNull();
    }
}

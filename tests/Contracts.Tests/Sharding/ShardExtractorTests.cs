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
    [InlineData("czzzzzzzzzzzzzzzzzzzzzz")]
    public void What_is_no_id_has_no_entity_so_that_its_message_is_dropped(string? id)
    {
        new CallShardExtractor().EntityId(new CallQueries.Get(new CallId(id!))).Should().BeNull();
        new ConversationShardExtractor()
            .EntityId(new ConversationCommands.End(new ConversationId(id!), "", DateTimeOffset.UnixEpoch))
            .Should()
            .BeNull();
    }
}

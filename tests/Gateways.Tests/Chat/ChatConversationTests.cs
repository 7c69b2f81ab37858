using OCPlatform.Contracts.Conversations;

namespace OCPlatform.Gateways.Tests.Chat;

public sealed class ChatConversationTests : IAsyncLifetime
{
    private ChatServer _server = null!;

    public async Task InitializeAsync() => _server = await ChatServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_new_chat_opens_a_conversation_of_its_own_with_the_default_agent()
    {
        using var client = await _server.ConnectAsync();
        await client.SendAsync(new { type = "open", version = 1 });

        var attach = _server.Conversations.ExpectMsg<ConversationCommands.Attach>();
        attach.Channel.Should().Be(ConversationChannel.Chat);
        attach.Agent.Should().Be("frontdesk");
        _server.Conversations.Reply(
            new ConversationEvents.Attached(attach.ConversationId, Resumed: false, Ended: false, [])
        );
        var opened = await client.ExpectAsync("opened");
        opened.GetProperty("resumed").GetBoolean().Should().BeFalse();
        opened.GetProperty("limits").GetProperty("maxTextLength").GetInt32().Should().Be(2_000);
        _server.Tokens.TryRead(opened.GetProperty("token").GetString()!, out var id).Should().BeTrue();
        id.Should().Be(attach.ConversationId);
    }

    [Fact]
    public async Task The_greeting_streams_piece_by_piece_after_a_typing_sign()
    {
        var (client, conversation, _) = await _server.OpenAsync();
        conversation.Start();
        conversation.Say("Good ");
        conversation.Say("morning.");
        conversation.Finish();

        (await client.ExpectAsync("typing")).GetProperty("active").GetBoolean().Should().BeFalse();
        (await client.ExpectAsync("turnStart")).GetProperty("from").GetInt32().Should().Be(0);
        (await client.ExpectAsync("delta")).GetProperty("text").GetString().Should().Be("Good ");
        (await client.ExpectAsync("delta")).GetProperty("index").GetInt32().Should().Be(1);
        var end = await client.ExpectAsync("turnEnd");
        end.GetProperty("text").GetString().Should().Be("Good morning.");
        end.GetProperty("interrupted").GetBoolean().Should().BeFalse();
        client.Dispose();
    }

    [Fact]
    public async Task A_text_is_acknowledged_only_when_the_conversation_has_journaled_it_and_the_reply_waits_for_that()
    {
        var (client, conversation, _) = await _server.OpenAsync();
        await client.SendAsync(
            new
            {
                type = "send",
                id = "q1",
                text = "  hello  ",
            }
        );
        conversation.ExpectSaid("hello");
        conversation.Start("q1");
        conversation.Say("Hi.");
        conversation.Finish();

        // What comes before the pong came before the acknowledgement: nothing.
        await client.SendAsync(new { type = "ping" });
        await client.ExpectAsync("pong");
        conversation.Accept("q1");

        var accepted = await client.ExpectAsync("accepted");
        accepted.GetProperty("id").GetString().Should().Be("q1");
        accepted.GetProperty("turn").GetInt32().Should().Be(2);
        await client.ExpectAsync("typing");
        var start = await client.ExpectAsync("turnStart");
        start.GetProperty("inReplyTo").GetString().Should().Be("q1");
        start.GetProperty("turn").GetInt32().Should().Be(3);
        await client.ExpectAsync("delta");
        await client.ExpectAsync("turnEnd");
        client.Dispose();
    }

    [Fact]
    public async Task The_same_id_twice_before_the_acknowledgement_reaches_the_conversation_once()
    {
        var (client, conversation, _) = await _server.OpenAsync();
        await client.SendAsync(
            new
            {
                type = "send",
                id = "q1",
                text = "hello",
            }
        );
        await client.SendAsync(
            new
            {
                type = "send",
                id = "q1",
                text = "hello",
            }
        );
        await client.SendAsync(
            new
            {
                type = "send",
                id = "q2",
                text = "there",
            }
        );

        conversation.ExpectSaid("hello");
        conversation.ExpectSaid("there");
        client.Dispose();
    }

    [Fact]
    public async Task The_same_id_after_the_acknowledgement_is_acknowledged_again_as_the_same_turn()
    {
        var (client, conversation, _) = await _server.OpenAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync(
                new
                {
                    type = "send",
                    id = "q1",
                    text = "hello",
                }
            );
            conversation.ExpectSaid("hello");
            conversation.Accept("q1");
            (await client.ExpectAsync("accepted")).GetProperty("turn").GetInt32().Should().Be(2);
        }

        conversation.Lines().Should().Equal("2 User: hello");
        client.Dispose();
    }

    [Fact]
    public async Task A_new_text_breaks_the_open_reply_off()
    {
        var (client, conversation, _) = await _server.OpenAsync();
        conversation.Start();
        conversation.Say("Once upon ");
        await client.SendAsync(
            new
            {
                type = "send",
                id = "q1",
                text = "stop",
            }
        );
        conversation.ExpectSaid("stop");
        conversation.Accept("q1");
        conversation.Start("q1");

        await client.ExpectAsync("typing");
        await client.ExpectAsync("turnStart");
        await client.ExpectAsync("delta");
        await client.ExpectAsync("accepted");
        var broken = await client.ExpectAsync("turnEnd");
        broken.GetProperty("turn").GetInt32().Should().Be(1);
        broken.GetProperty("interrupted").GetBoolean().Should().BeTrue();
        (await client.ExpectAsync("turnStart")).GetProperty("turn").GetInt32().Should().Be(3);
        client.Dispose();
    }

    [Fact]
    public async Task The_agents_goodbye_is_delivered_before_the_chat_ends()
    {
        var (client, conversation, _) = await _server.OpenAsync();
        conversation.Start();
        conversation.Say("Goodbye.");
        conversation.Finish(AfterTurn.HangUp);
        conversation.Expect<ConversationCommands.End>();
        conversation.End("completed");

        await client.ExpectAsync("typing");
        await client.ExpectAsync("turnStart");
        await client.ExpectAsync("delta");
        await client.ExpectAsync("turnEnd");
        (await client.ExpectAsync("ended")).GetProperty("cause").GetString().Should().Be("completed");
        (await client.ExpectCloseAsync()).Should().Be(1000);
    }

    [Fact]
    public async Task Close_ends_the_conversation_for_good()
    {
        var (client, conversation, _) = await _server.OpenAsync();
        await client.SendAsync(new { type = "close" });

        conversation.Expect<ConversationCommands.End>().Cause.Should().Be("closed by the user");
        conversation.End("closed by the user");
        await client.ExpectAsync("typing");
        await client.ExpectAsync("ended");
        (await client.ExpectCloseAsync()).Should().Be(1000);
    }

    [Fact]
    public async Task A_dropped_connection_does_not_end_the_conversation()
    {
        var (client, conversation, token) = await _server.OpenAsync();
        client.Drop();
        using var again = await _server.ConnectAsync();
        await again.SendAsync(
            new
            {
                type = "open",
                version = 1,
                token,
            }
        );

        // An End would have come first.
        conversation.ExpectAttach();
        await again.ExpectAsync("opened");
    }

    [Fact]
    public async Task A_stop_of_the_platform_closes_with_going_away()
    {
        var (client, _, _) = await _server.OpenAsync();
        var stopping = _server.StopAsync();

        (await client.ExpectCloseAsync()).Should().Be(1001);
        await stopping;
    }
}

/// <summary>What happens when the conversations do not answer.</summary>
public sealed class ChatWithoutConversationTests
{
    [Fact]
    public async Task What_is_unanswered_is_told_again_and_given_up_with_a_cause()
    {
        await using var server = await ChatServer.StartAsync(options =>
        {
            options.RetryMs = 50;
            options.ConversationTimeoutMs = 500;
        });
        var (client, conversation, _) = await server.OpenAsync();
        await client.SendAsync(
            new
            {
                type = "send",
                id = "q1",
                text = "hello",
            }
        );

        conversation.ExpectSaid("hello").InputId.Should().Be("q1");
        conversation.ExpectSaid("hello").InputId.Should().Be("q1");
        var error = await client.ExpectErrorAsync("unavailable");
        error.GetProperty("id").GetString().Should().Be("q1");
        client.Dispose();
    }

    [Fact]
    public async Task A_chat_that_cannot_be_opened_is_closed_with_try_again_later()
    {
        await using var server = await ChatServer.StartAsync(options =>
        {
            options.RetryMs = 50;
            options.ConversationTimeoutMs = 300;
        });
        using var client = await server.ConnectAsync();
        await client.SendAsync(new { type = "open", version = 1 });

        (await client.ExpectCloseAsync()).Should().Be(1013);
    }
}

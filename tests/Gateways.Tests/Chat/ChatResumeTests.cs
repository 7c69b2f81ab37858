using OCPlatform.Contracts.Conversations;

namespace OCPlatform.Gateways.Tests.Chat;

public sealed class ChatResumeTests : IAsyncLifetime
{
    private static readonly string[] Pieces = ["We ", "are ", "open ", "from ", "nine ", "to ", "five."];

    private static readonly string[] Whole = ["2 User: when are you open?", "3 Agent: We are open from nine to five."];

    private ChatServer _server = null!;

    public async Task InitializeAsync() => _server = await ChatServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    /// <summary>Points of a reply. 0: not begun; 1: turn started; 2 to 8: after each piece; 9: turn ended.</summary>
    public static TheoryData<int> Points() => [.. Enumerable.Range(0, Pieces.Length + 3)];

    [Theory]
    [MemberData(nameof(Points))]
    public async Task A_drop_at_any_point_of_a_reply_loses_nothing_and_doubles_nothing(int before)
    {
        for (var until = before; until <= Pieces.Length + 2; until++)
        {
            await DropAndResumeAsync(before, until);
        }
    }

    /// <summary>The connection drops at one point of the reply, and is taken up again at the same or a later one.</summary>
    private async Task DropAndResumeAsync(int before, int until)
    {
        var view = new ClientView();
        var (first, conversation) = await ConnectAsync(view, isNew: true);
        await AskAsync(first, conversation, view);
        await PlayAsync(conversation, 0, before, first, view);
        first.Drop();

        await PlayAsync(conversation, before, until, client: null, view);
        var seenBefore = view.Deltas;
        var (second, _) = await ConnectAsync(view, isNew: false, conversation);
        await PlayAsync(conversation, until, Pieces.Length + 2, client: null, view);
        await TakeUntilAsync(second, view, () => view.IsSettled && view.Lines.SequenceEqual(conversation.Lines()));
        await ExpectQuietAsync(second);

        view.Lines.Should().Equal(Whole, $"dropped at {before}, resumed at {until}");
        var shown = Math.Clamp(before - 1, 0, Pieces.Length);
        var wholeTurnCameAtOnce = until == Pieces.Length + 2;
        (view.Deltas - seenBefore).Should().Be(wholeTurnCameAtOnce ? 0 : Pieces.Length - shown);
        second.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_text_whose_acknowledgement_was_lost_is_sent_again_and_counts_once(bool arrivedAtFirst)
    {
        var view = new ClientView();
        var (first, conversation) = await ConnectAsync(view, isNew: true);
        view.Sent("q1", "hello");
        if (arrivedAtFirst)
        {
            await first.SendAsync(
                new
                {
                    type = "send",
                    id = "q1",
                    text = "hello",
                }
            );
            conversation.ExpectSaid("hello");
        }
        first.Drop();

        var (second, _) = await ConnectAsync(view, isNew: false, conversation);
        await second.SendAsync(
            new
            {
                type = "send",
                id = "q1",
                text = "hello",
            }
        );
        conversation.ExpectSaid("hello");
        conversation.Accept("q1");
        await TakeUntilAsync(second, view, () => view.Unacknowledged.Count == 0);

        view.Lines.Should().Equal("2 User: hello");
        conversation.Lines().Should().Equal("2 User: hello");
        second.Dispose();
    }

    [Fact]
    public async Task A_turn_broken_off_while_the_client_was_away_is_told_as_broken_off()
    {
        var (first, conversation, token) = await _server.OpenAsync();
        conversation.Start();
        conversation.Say("Good ");
        await first.ExpectAsync("typing");
        await first.ExpectAsync("turnStart");
        await first.ExpectAsync("delta");
        await first.SendAsync(
            new
            {
                type = "send",
                id = "q1",
                text = "wait",
            }
        );
        conversation.ExpectSaid("wait");
        first.Drop();
        conversation.Start("q1");
        conversation.Say("Yes?");
        conversation.Finish();

        using var second = await _server.ConnectAsync();
        await second.SendAsync(
            new
            {
                type = "open",
                version = 1,
                token,
                seen = new { turn = 1, index = 0 },
            }
        );
        conversation.ExpectAttach();

        var opened = await second.ExpectAsync("opened");
        opened
            .GetProperty("turns")
            .EnumerateArray()
            .Select(t => t.GetProperty("number").GetInt32())
            .Should()
            .Equal(2, 3);
        var broken = await second.ExpectAsync("turnEnd");
        broken.GetProperty("turn").GetInt32().Should().Be(1);
        broken.GetProperty("interrupted").GetBoolean().Should().BeTrue();
        broken.TryGetProperty("text", out _).Should().BeFalse();
    }

    [Fact]
    public async Task A_conversation_that_dies_in_the_middle_of_a_reply_is_attached_to_again_and_starts_the_turn_over()
    {
        var view = new ClientView();
        var (client, conversation) = await ConnectAsync(view, isNew: true);
        await AskAsync(client, conversation, view);
        await PlayAsync(conversation, 0, 4, client, view);

        conversation.Crash();
        conversation.ExpectAttach();
        await PlayAsync(conversation, 4, Pieces.Length + 2, client: null, view);
        await TakeUntilAsync(client, view, () => view.IsSettled && view.Lines.SequenceEqual(conversation.Lines()));

        view.Lines.Should().Equal(Whole);
        client.Dispose();
    }

    [Fact]
    public async Task A_conversation_that_goes_idle_is_taken_up_again_by_the_next_text_only()
    {
        var view = new ClientView();
        var (client, conversation) = await ConnectAsync(view, isNew: true);
        await AskAsync(client, conversation, view);
        await PlayAsync(conversation, 0, Pieces.Length + 2, client, view);

        conversation.Crash();
        _server.Conversations.ExpectNoMsg(TimeSpan.FromMilliseconds(300));
        await client.SendAsync(
            new
            {
                type = "send",
                id = "q2",
                text = "thanks",
            }
        );

        conversation.ExpectAttach();
        conversation.ExpectSaid("thanks");
        client.Dispose();
    }

    [Fact]
    public async Task A_page_that_was_reloaded_gets_the_whole_history()
    {
        var view = new ClientView();
        var (first, conversation) = await ConnectAsync(view, isNew: true);
        await AskAsync(first, conversation, view);
        await PlayAsync(conversation, 0, Pieces.Length + 2, first, view);
        first.Drop();

        using var second = await _server.ConnectAsync();
        await second.SendAsync(
            new
            {
                type = "open",
                version = 1,
                token = view.Token,
            }
        );
        conversation.ExpectAttach();
        var opened = await second.ExpectAsync("opened");

        opened.GetProperty("resumed").GetBoolean().Should().BeTrue();
        var reloaded = new ClientView();
        reloaded.Take(opened);
        reloaded.Lines.Should().Equal(conversation.Lines());
    }

    [Fact]
    public async Task A_mark_beyond_the_conversations_end_hides_nothing_that_follows()
    {
        var (first, conversation, token) = await _server.OpenAsync();
        first.Drop();
        using var second = await _server.ConnectAsync();
        await second.SendAsync(
            new
            {
                type = "open",
                version = 1,
                token,
                seen = new { turn = 1_000_000 },
            }
        );
        conversation.ExpectAttach();
        await second.ExpectAsync("opened");
        await second.ExpectAsync("typing");

        conversation.Start();
        conversation.Say("Hello.");

        await second.ExpectAsync("typing");
        await second.ExpectAsync("turnStart");
        (await second.ExpectAsync("delta")).GetProperty("text").GetString().Should().Be("Hello.");
    }

    [Fact]
    public async Task The_later_of_two_connections_holds_the_conversation()
    {
        var (first, conversation, token) = await _server.OpenAsync();
        using var second = await _server.ConnectAsync();
        await second.SendAsync(
            new
            {
                type = "open",
                version = 1,
                token,
            }
        );
        conversation.ExpectAttach();
        await second.ExpectAsync("opened");

        (await first.ExpectCloseAsync()).Should().Be(4009);
        first.Dispose();
    }

    [Fact]
    public async Task A_conversation_that_has_ended_shows_its_history_and_ends_again()
    {
        var (first, conversation, token) = await _server.OpenAsync();
        conversation.Start();
        conversation.Say("Goodbye.");
        conversation.Finish(AfterTurn.HangUp);
        conversation.Expect<ConversationCommands.End>();
        conversation.End("completed");
        (await first.SkipToCloseAsync()).Should().Be(1000);
        first.Dispose();

        using var second = await _server.ConnectAsync();
        await second.SendAsync(
            new
            {
                type = "open",
                version = 1,
                token,
            }
        );
        conversation.ExpectAttach();

        (await second.ExpectAsync("opened")).GetProperty("turns").GetArrayLength().Should().Be(1);
        (await second.ExpectAsync("ended")).GetProperty("cause").GetString().Should().Be("completed");
        (await second.ExpectCloseAsync()).Should().Be(1000);
    }

    private async Task<(ChatClient, FakeConversation)> ConnectAsync(
        ClientView view,
        bool isNew,
        FakeConversation? known = null
    )
    {
        var client = await _server.ConnectAsync();
        await client.SendAsync(view.OpenMessage());
        if (isNew)
        {
            known = FakeConversation.ExpectNew(_server);
        }
        else
        {
            known!.ExpectAttach();
        }
        view.Take(await client.ExpectAsync("opened"));
        return (client, known);
    }

    private static async Task AskAsync(ChatClient client, FakeConversation conversation, ClientView view)
    {
        view.Sent("q1", "when are you open?");
        await client.SendAsync(
            new
            {
                type = "send",
                id = "q1",
                text = "when are you open?",
            }
        );
        conversation.ExpectSaid("when are you open?");
        conversation.Accept("q1");
        await TakeUntilAsync(client, view, () => view.Unacknowledged.Count == 0);
    }

    /// <summary>Moves the reply from one point to another; with a client, until that has got it all.</summary>
    private static async Task PlayAsync(
        FakeConversation conversation,
        int from,
        int to,
        ChatClient? client,
        ClientView view
    )
    {
        for (var point = from; point < to; point++)
        {
            switch (point)
            {
                case 0:
                    conversation.Start("q1");
                    break;
                case var n when n <= Pieces.Length:
                    conversation.Say(Pieces[n - 1]);
                    break;
                default:
                    conversation.Finish();
                    break;
            }
            if (client is not null)
            {
                var type =
                    point == 0 ? "turnStart"
                    : point <= Pieces.Length ? "delta"
                    : "turnEnd";
                await TakeThroughAsync(client, view, type);
            }
        }
    }

    private static async Task TakeThroughAsync(ChatClient client, ClientView view, string type)
    {
        while (true)
        {
            var message = await client.ReceiveAsync();
            view.Take(message!.Value);
            if (message.Value.GetProperty("type").GetString() == type)
            {
                return;
            }
        }
    }

    private static async Task TakeUntilAsync(ChatClient client, ClientView view, Func<bool> done)
    {
        while (!done())
        {
            var message = await client.ReceiveAsync();
            message.Should().NotBeNull("the connection should stay");
            view.Take(message.Value);
        }
    }

    /// <summary>Nothing is on its way any more: what comes next answers the ping.</summary>
    private static async Task ExpectQuietAsync(ChatClient client)
    {
        await client.SendAsync(new { type = "ping" });
        await client.ExpectAsync("pong");
    }
}

using System.Text;
using Akka.Actor;
using Akka.TestKit;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Gateways.Sip;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Tests.Sip.Messaging;

/// <summary>MESSAGE through a whole gateway; the conversations are moved by hand.</summary>
public sealed class MessagingTests : SipNode
{
    private static readonly DateTimeOffset At = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    private IActorRef _session = ActorRefs.Nobody;
    private ConversationId _id;

    [Fact]
    public void A_text_is_answered_200_once_the_conversation_has_taken_it_and_not_before()
    {
        Start();
        var phone = Phone("alice");
        phone.Begin(phone.Text("Hello?"));
        var said = ExpectOpened("alice", "Hello?");
        phone.ExpectSilence(300);

        Accept(said, turn: 3);

        var response = phone.ReceiveFinal();
        response.StatusCode.Should().Be(200);
        response.Body.Length.Should().Be(0);
        response.Contact.Should().BeNull();
    }

    [Fact]
    public void The_agents_turns_go_to_the_registered_phone_as_messages_of_the_agent()
    {
        Start();
        var phone = Phone("alice");
        phone.Register();
        phone.Begin(phone.Text("Hello?"));
        var said = ExpectOpened("alice", "Hello?");

        EndTurn(1, "Welcome. How can I help?");
        Accept(said, turn: 3);
        EndTurn(3, "Grüß Gott.");

        var greeting = phone.ReceiveRequest(SipMethod.Message);
        greeting.RequestUri.Should().Be(SipUri.Parse($"sip:alice@{phone.Address}"));
        greeting.From.Uri.ToString().Should().Be("sip:frontdesk@127.0.0.1");
        greeting.To.Uri.ToString().Should().Be("sip:alice@127.0.0.1");
        greeting.Headers[SipHeaderId.ContentType].Should().Be("text/plain;charset=UTF-8");
        greeting.Headers.Contains(SipHeaderId.Contact).Should().BeFalse("RFC 3428 §8 forbids it");
        TextOf(greeting).Should().Be("Welcome. How can I help?");
        var answer = phone.ReceiveRequest(SipMethod.Message);
        TextOf(answer).Should().Be("Grüß Gott.");
        answer.CallId.Should().Be(greeting.CallId);
        answer.CSeq.Number.Should().BeGreaterThan(greeting.CSeq.Number);
    }

    [Fact]
    public void A_phone_that_is_not_registered_gets_the_reply_where_it_wrote_from()
    {
        Start();
        var phone = Phone("alice");
        phone.Begin(phone.Text("Hello?"));
        ExpectOpened("alice", "Hello?");

        EndTurn(1, "Welcome.");

        TextOf(phone.ReceiveRequest(SipMethod.Message)).Should().Be("Welcome.");
    }

    [Fact]
    public void A_long_reply_comes_in_parts_of_1300_bytes_one_after_the_other_is_answered()
    {
        Start();
        var phone = Phone("alice");
        phone.Begin(phone.Text("Tell me all."));
        ExpectOpened("alice", "Tell me all.");
        var reply = string.Join(" ", Enumerable.Range(1, 300).Select(i => $"Sentence number {i}."));

        EndTurn(1, reply);

        var parts = new List<string>();
        while (string.Join(" ", parts).Length < reply.Length)
        {
            var part = phone.ReceiveRequest(SipMethod.Message, status: 0);
            part.ToBytes().Length.Should().BeLessThanOrEqualTo(1300);
            phone.ExpectSilence(50);
            phone.Answer(part, SipStatus.Ok);
            parts.Add(TextOf(part));
        }
        string.Join(" ", parts).Should().Be(reply);
        parts.Should().HaveCountGreaterThan(4).And.OnlyContain(part => part.EndsWith('.'));
    }

    [Fact]
    public void A_text_that_the_conversation_does_not_take_in_time_is_503_and_the_same_one_again_counts_once()
    {
        Options.Messaging.AcknowledgeTimeoutMs = 400;
        Options.Messaging.RetryMs = 100;
        var phone = StartWithTrunk();
        var text = phone.Text("Hello?");
        phone.Send(text);
        var said = ExpectOpened("+15550100", "Hello?");

        var refusal = phone.ReceiveFinal();
        refusal.StatusCode.Should().Be(503);
        refusal.RetryAfter.Should().NotBeNull();
        Conversations.ReceiveWhile<object>(TimeSpan.FromMilliseconds(200), message => message);
        phone.Send(text);
        var again = (ConversationCommands.UserSaid)
            Conversations.FishForMessage(message => message is ConversationCommands.UserSaid);

        again.InputId.Should().Be(said.InputId);
        Accept(again, turn: 3);
        phone.ReceiveFinal().StatusCode.Should().Be(200);
    }

    [Fact]
    public void The_same_text_by_two_ways_is_one_input()
    {
        var phone = StartWithTrunk();
        var text = phone.Text("Hello?");
        phone.Send(text);
        var said = ExpectOpened("+15550100", "Hello?");
        phone.Send(text);
        phone.ReceiveFinal().StatusCode.Should().Be(482);

        Accept(said, turn: 3);

        phone.ReceiveFinal().StatusCode.Should().Be(200);
        Conversations.ExpectNoMsg(200);
    }

    [Fact]
    public void A_sender_goes_on_with_its_conversation_and_another_one_has_its_own()
    {
        Start();
        var alice = Phone("alice");
        var bob = Phone("bob");
        alice.Begin(alice.Text("One"));
        var one = ExpectOpened("alice", "One");
        var first = _id;
        Accept(one, turn: 3);
        alice.ReceiveFinal();

        alice.Begin(alice.Text("Two"));
        var two = Conversations.ExpectMsg<ConversationCommands.UserSaid>();
        two.ConversationId.Should().Be(first);
        two.InputId.Should().NotBe(one.InputId);
        bob.Begin(bob.Text("Three"));

        ExpectOpened("bob", "Three").ConversationId.Should().NotBe(first);
    }

    [Fact]
    public void After_the_agent_has_said_goodbye_the_next_text_begins_a_new_conversation()
    {
        Start();
        var phone = Phone("alice");
        phone.Begin(phone.Text("Bye"));
        var said = ExpectOpened("alice", "Bye");
        var first = _id;
        Accept(said, turn: 3);
        phone.ReceiveFinal();

        EndTurn(3, "Goodbye.", AfterTurn.HangUp);

        Conversations.ExpectMsg<ConversationCommands.End>().ConversationId.Should().Be(first);
        _session.Tell(new ConversationEvents.Ended(first, "completed by the agent"), Conversations);
        TextOf(phone.ReceiveRequest(SipMethod.Message)).Should().Be("Goodbye.");
        phone.Begin(phone.Text("Hello again"));
        ExpectOpened("alice", "Hello again").ConversationId.Should().NotBe(first);
    }

    [Fact]
    public void A_conversation_not_written_to_for_too_long_is_ended()
    {
        Options.Messaging.IdleTimeoutSeconds = 1;
        Start();
        var phone = Phone("alice");
        phone.Begin(phone.Text("Hello?"));
        Accept(ExpectOpened("alice", "Hello?"), turn: 3);

        Conversations.ExpectMsg<ConversationCommands.End>(TimeSpan.FromSeconds(5)).Cause.Should().Contain("too long");
    }

    [Fact]
    public void When_the_conversation_moves_the_turn_that_was_missed_is_sent_and_none_twice()
    {
        Start();
        var phone = Phone("alice");
        phone.Begin(phone.Text("Hello?"));
        var actor = CreateTestProbe();
        var said = ExpectOpened("alice", "Hello?", actor);
        EndTurn(1, "Welcome.");
        Accept(said, turn: 3);
        TextOf(phone.ReceiveRequest(SipMethod.Message)).Should().Be("Welcome.");

        Sys.Stop(actor.Ref);
        Conversations.ExpectMsg<ConversationCommands.Attach>().ConversationId.Should().Be(_id);
        Turn[] history =
        [
            new(1, Speaker.Agent, "Welcome.", At, At, false),
            new(2, Speaker.User, "Hello?", At, At, false),
            new(3, Speaker.Agent, "Here I am.", At, At, false),
        ];
        _session.Tell(new ConversationEvents.Attached(_id, true, false, history), Conversations);

        TextOf(phone.ReceiveRequest(SipMethod.Message)).Should().Be("Here I am.");
        phone.ExpectSilence(200);
    }

    [Fact]
    public void A_reply_that_the_phone_refuses_does_not_hold_up_the_next_one()
    {
        Start();
        var phone = Phone("alice");
        phone.Begin(phone.Text("Hello?"));
        var said = ExpectOpened("alice", "Hello?");
        EndTurn(1, "Welcome.");
        Accept(said, turn: 3);
        EndTurn(3, "Second.");

        phone.ReceiveRequest(SipMethod.Message, SipStatus.NotAcceptable);

        TextOf(phone.ReceiveRequest(SipMethod.Message)).Should().Be("Second.");
    }

    [Theory]
    [InlineData("text/html", 415)]
    [InlineData("text/plain;charset=latin1", 415)]
    [InlineData("text/plain", 413)]
    public void What_is_no_text_or_too_big_is_refused_at_the_door(string type, int status)
    {
        Options.Messaging.MaxMessageBytes = 10;
        Start();
        var phone = Phone("alice");

        var response = phone.Ask(phone.Text("more than ten bytes"[..(status == 413 ? 19 : 4)], type));

        response.StatusCode.Should().Be(status);
        response.Headers[SipHeaderId.Accept].Should().Be(status == 415 ? "text/plain" : null);
        Conversations.ExpectNoMsg(100);
    }

    [Fact]
    public void A_user_may_not_write_as_another_one()
    {
        Start();
        var phone = Phone("alice");
        var text = phone.Text("I am Bob");
        text.From = new NameAddress(SipUri.Parse("sip:bob@127.0.0.1"), tag: "b");

        phone.Ask(text).StatusCode.Should().Be(403);

        Conversations.ExpectNoMsg(100);
    }

    [Fact]
    public void Too_many_texts_are_503_until_later()
    {
        Options.Messaging.MessageBurst = 1;
        Options.Messaging.MessagesPerSecond = 0.1;
        Start();
        var phone = Phone("alice");
        phone.Begin(phone.Text("One"));
        Accept(ExpectOpened("alice", "One"), turn: 3);
        phone.ReceiveFinal().StatusCode.Should().Be(200);

        var response = phone.Ask(phone.Text("Two"));

        response.StatusCode.Should().Be(503);
        response.RetryAfter.Should().BeInRange(5, 10);
    }

    [Fact]
    public void Beyond_the_most_conversations_a_new_sender_is_503()
    {
        Options.Messaging.MaxConversations = 1;
        Start();
        var alice = Phone("alice");
        alice.Begin(alice.Text("One"));
        ExpectOpened("alice", "One");
        var bob = Phone("bob");

        var response = bob.Ask(bob.Text("Two"));

        response.StatusCode.Should().Be(503);
        response.Headers[SipHeaderId.Warning].Should().Contain("all 1 conversations");
    }

    [Fact]
    public void A_trunks_caller_may_write_too_and_gets_its_reply_the_way_it_came()
    {
        var carrier = StartWithTrunk();
        carrier.Send(carrier.Text("Hello?"));

        ExpectOpened("+15550100", "Hello?");
        EndTurn(1, "Welcome.");

        var reply = carrier.ReceiveRequest(SipMethod.Message);
        reply.RequestUri.ToString().Should().Be("sip:+15550100@127.0.0.1");
    }

    [Fact]
    public void A_node_that_is_being_stopped_takes_no_texts()
    {
        Start();
        Drain();
        var phone = Phone("alice");

        var response = phone.Ask(phone.Text("Hello?"));

        response.StatusCode.Should().Be(503);
        response.RetryAfter.Should().NotBeNull();
    }

    /// <summary>A conversation is opened for the caller, attached, and told the text.</summary>
    private ConversationCommands.UserSaid ExpectOpened(string caller, string text, TestProbe? actor = null)
    {
        var attach = Conversations.FishForMessage<ConversationCommands.Attach>(_ => true);
        attach.Caller.Should().Be(caller);
        attach.Agent.Should().Be("frontdesk");
        attach.Channel.Should().Be(ConversationChannel.Chat);
        _session = Conversations.LastSender;
        _id = attach.ConversationId;
        _session.Tell(new ConversationEvents.Attached(_id, false, false, []), actor ?? Conversations);
        var said = Conversations.ExpectMsg<ConversationCommands.UserSaid>();
        said.Text.Should().Be(text);
        return said;
    }

    private void Accept(ConversationCommands.UserSaid said, int turn) =>
        _session.Tell(new ConversationEvents.InputAccepted(said.ConversationId, said.InputId, turn), Conversations);

    private void EndTurn(int turn, string text, AfterTurn next = AfterTurn.Listen) =>
        _session.Tell(new ConversationEvents.AgentTurnEnded(_id, turn, text, next), Conversations);

    private static string TextOf(SipRequest message) => Encoding.UTF8.GetString(message.Body.Span);

    /// <summary>A phone that a trunk calls for; it needs no password.</summary>
    private ScriptedPhone StartWithTrunk()
    {
        Options.Trunks.Add(new TrunkOptions { Name = "carrier", Addresses = ["127.0.0.0/8"] });
        Start();
        return Phone("+15550100");
    }
}

using Akka.Actor;
using Akka.TestKit;
using OCPlatform.Contracts.Conversations;

namespace OCPlatform.Gateways.Tests.Chat;

/// <summary>
/// A conversation as the contract has it, moved by hand: takes each input once, numbers turns, keeps the history, and
/// tells a new listener of the turn that is open from its start.
/// </summary>
internal sealed class FakeConversation
{
    private static readonly DateTimeOffset At = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    private readonly ChatServer _server;
    private readonly List<Turn> _history = [];
    private readonly Dictionary<string, int> _inputs = [];
    private readonly List<string> _pieces = [];
    private TestProbe _self;
    private IActorRef _listener = ActorRefs.Nobody;
    private string? _inReplyTo;
    private int _open;

    // The opening turn has the number 1, whether it was begun yet or not.
    private int _lastTurn = 1;
    private string? _ended;
    private bool _opened;

    private FakeConversation(ChatServer server, ConversationId id)
    {
        _server = server;
        _self = server.Kit.CreateTestProbe();
        Id = id;
    }

    public ConversationId Id { get; }

    /// <summary>UserSaid by input id, each as often as it came.</summary>
    public List<string> Heard { get; } = [];

    public static FakeConversation ExpectNew(ChatServer server)
    {
        var attach = server.Conversations.ExpectMsg<ConversationCommands.Attach>();
        var conversation = new FakeConversation(server, attach.ConversationId);
        conversation.Answer(attach, server.Conversations.LastSender);
        return conversation;
    }

    /// <summary>The next message to the conversation must be an Attach; it is answered.</summary>
    public ConversationCommands.Attach ExpectAttach()
    {
        var attach = Expect<ConversationCommands.Attach>();
        attach.ConversationId.Should().Be(Id);
        Answer(attach, _server.Conversations.LastSender);
        return attach;
    }

    public T Expect<T>() => _server.Conversations.ExpectMsg<T>(TimeSpan.FromSeconds(5));

    /// <summary>The next message must be this text; it is journaled but not acknowledged yet.</summary>
    public ConversationCommands.UserSaid ExpectSaid(string text)
    {
        var said = Expect<ConversationCommands.UserSaid>();
        said.Text.Should().Be(text);
        Heard.Add(said.InputId);
        if (!_inputs.ContainsKey(said.InputId))
        {
            _lastTurn += 2;
            _inputs[said.InputId] = _lastTurn;
            _history.Add(new Turn(_lastTurn - 1, Speaker.User, text, said.StartedAt, said.EndedAt, false));
        }
        return said;
    }

    public void Accept(string inputId) => Tell(new ConversationEvents.InputAccepted(Id, inputId, _inputs[inputId]));

    /// <summary>Begins the agent's turn that answers the input; the opening turn for null.</summary>
    public void Start(string? inReplyTo = null)
    {
        _pieces.Clear();
        _inReplyTo = inReplyTo;
        _open = inReplyTo is null ? 1 : _inputs[inReplyTo];
        Tell(new ConversationEvents.AgentTurnStarted(Id, _open, inReplyTo, At));
    }

    public void Say(string piece)
    {
        Tell(new ConversationEvents.AgentTurnText(Id, _open, _pieces.Count, piece));
        _pieces.Add(piece);
    }

    public void Finish(AfterTurn next = AfterTurn.Listen)
    {
        var text = string.Concat(_pieces);
        _history.Add(new Turn(_open, Speaker.Agent, text, At, At, false));
        Tell(new ConversationEvents.AgentTurnEnded(Id, _open, text, next));
        _open = 0;
    }

    public void End(string cause)
    {
        _ended = cause;
        Tell(new ConversationEvents.Ended(Id, cause));
    }

    /// <summary>Everything told so far has been taken by the session.</summary>
    public Task UntilTakenAsync() => _listener.Ask<ActorIdentity>(new Identify(null), ChatClient.Patience());

    /// <summary>Its actor dies and will come up elsewhere; it remembers nothing but what it journaled.</summary>
    public void Crash()
    {
        var dead = _self;
        _self = _server.Kit.CreateTestProbe();
        _listener = ActorRefs.Nobody;
        _server.Kit.Sys.Stop(dead.Ref);
    }

    /// <summary>The whole conversation as a person reads it.</summary>
    public IEnumerable<string> Lines() =>
        _history.OrderBy(turn => turn.Number).Select(turn => $"{turn.Number} {turn.Speaker}: {turn.Text}");

    private void Answer(ConversationCommands.Attach attach, IActorRef listener)
    {
        attach.Channel.Should().Be(ConversationChannel.Chat);
        _listener = listener;
        Tell(new ConversationEvents.Attached(Id, _opened, _ended is not null, [.. _history]));
        _opened = true;
        if (_ended is not null)
        {
            Tell(new ConversationEvents.Ended(Id, _ended));
        }
        else if (_open > 0)
        {
            Tell(new ConversationEvents.AgentTurnStarted(Id, _open, _inReplyTo, At));
            for (var i = 0; i < _pieces.Count; i++)
            {
                Tell(new ConversationEvents.AgentTurnText(Id, _open, i, _pieces[i]));
            }
        }
    }

    private void Tell(object message) => _listener.Tell(message, _self.Ref);
}

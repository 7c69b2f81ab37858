using Akka.Actor;
using Akka.Event;
using OCPlatform.Contracts.Conversations;

namespace OCPlatform.Gateways.Chat;

/// <summary>
/// One client's connection to its conversation. It holds nothing that must survive: a new connection with the session
/// token gets a new actor, and the conversation itself knows every turn. Watches the conversation and attaches again
/// when that is restarted elsewhere.
/// </summary>
/// <remarks>This file: life of the connection. ChatSessionActor.Talk.cs: texts and replies.</remarks>
internal sealed partial class ChatSessionActor : ReceiveActor, IWithTimers
{
    /// <summary>The one version of the protocol.</summary>
    public const int ProtocolVersion = 1;

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IChatClient _client;
    private readonly IActorRef _conversations;
    private readonly ChatOptions _options;
    private readonly ChatTokens _tokens;
    private readonly TimeProvider _time;

    // Texts that the conversation has not acknowledged, oldest first; told again until it does.
    private readonly List<PendingInput> _pending = [];

    private ConversationId _id;
    private string _agent;
    private bool _byToken;
    private ReplyRelay _relay = new(null);
    private IActorRef? _conversation;
    private bool _attaching;
    private bool _openedSent;
    private bool _typing;
    private string? _ending;

    public ChatSessionActor(
        IChatClient client,
        IActorRef conversations,
        ChatOptions options,
        ChatTokens tokens,
        TimeProvider time
    )
    {
        _client = client;
        _conversations = conversations;
        _options = options;
        _tokens = tokens;
        _time = time;
        _agent = options.Agent;
        Become(AwaitingOpen);
    }

    /// <summary>The connection is over.</summary>
    public sealed record Gone
    {
        public static readonly Gone Instance = new();
    }

    /// <summary>To the gateway: this session holds the conversation now.</summary>
    public sealed record Claim(ConversationId ConversationId);

    /// <summary>From the gateway: another connection holds the conversation now.</summary>
    public sealed record Superseded
    {
        public static readonly Superseded Instance = new();
    }

    private sealed record PendingInput(ConversationCommands.UserSaid Said, DateTimeOffset Until);

    private sealed record OpenOverdue;

    private sealed record IdleOver;

    private sealed record RetryDue;

    private sealed record ConversationOverdue;

    public ITimerScheduler Timers { get; set; } = null!;

    private DateTimeOffset Now => _time.GetUtcNow();

    private TimeSpan ConversationTimeout => TimeSpan.FromMilliseconds(_options.ConversationTimeoutMs);

    protected override void PreStart()
    {
        Timers.StartSingleTimer(
            nameof(OpenOverdue),
            new OpenOverdue(),
            TimeSpan.FromMilliseconds(_options.OpenTimeoutMs)
        );
        RestartIdleTimer();
    }

    protected override void PostStop() => _client.Close(ChatClose.InternalError);

    // --- Before open ---------------------------------------------------------------------------------------------

    private void AwaitingOpen()
    {
        Receive<ClientMessage.Open>(OnOpen);
        Receive<ClientMessage.Send>(send => Refuse(ChatError.NotOpen, "Send 'open' first.", send.Id));
        Receive<ClientMessage.Close>(_ => Finish(ChatClose.Normal));
        Receive<OpenOverdue>(_ => Finish(ChatClose.OpenTimeout));
        ReceiveAlways();
    }

    private void OnOpen(ClientMessage.Open open)
    {
        RestartIdleTimer();
        if (open.Version != ProtocolVersion)
        {
            Refuse(ChatError.VersionUnsupported, $"Version {open.Version} is not spoken here; use {ProtocolVersion}.");
            Finish(ChatClose.VersionUnsupported);
            return;
        }
        if (open.Agent is { } agent && agent != _options.Agent && !_options.Agents.Contains(agent))
        {
            Refuse(ChatError.AgentUnknown, "There is no such agent for chats.");
            return;
        }
        if (open.Token is { } token && !_tokens.TryRead(token, out _id))
        {
            Refuse(ChatError.TokenInvalid, "The token was not made here. Open without one for a new conversation.");
            return;
        }
        _byToken = open.Token is not null;
        _id = _byToken ? _id : ConversationId.NewChat();
        _agent = open.Agent ?? _options.Agent;
        _relay = new ReplyRelay(_byToken ? open.Seen : null);
        Timers.Cancel(nameof(OpenOverdue));
        Context.Parent.Tell(new Claim(_id));
        _log.Info(_byToken ? "Chat {ConversationId} taken up again" : "Chat {ConversationId} opened", _id);
        Become(Open);
        Attach();
    }

    // --- Open ----------------------------------------------------------------------------------------------------

    private void Open()
    {
        Receive<ClientMessage.Open>(_ => Refuse(ChatError.AlreadyOpen, "The conversation is open already."));
        Receive<ClientMessage.Send>(OnSend);
        Receive<ClientMessage.Close>(_ => End("closed by the user"));
        Receive<ConversationEvents.Attached>(OnAttached, e => e.ConversationId == _id);
        Receive<ConversationEvents.InputAccepted>(OnAccepted, _ => _openedSent);
        Receive<ConversationEvents.AgentTurnStarted>(OnReplyOrHold, _ => _openedSent);
        Receive<ConversationEvents.AgentTurnText>(OnReplyOrHold, _ => _openedSent);
        Receive<ConversationEvents.AgentTurnEnded>(OnReplyOrHold, _ => _openedSent);
        Receive<ConversationEvents.Ended>(e => OnEnded(e.Cause));
        Receive<Terminated>(_ => OnConversationLost(), t => t.ActorRef.Equals(_conversation));
        Receive<Terminated>(_ => { });
        Receive<RetryDue>(_ => OnRetryDue());
        Receive<ConversationOverdue>(_ => Finish(ChatClose.Unavailable));
        ReceiveAlways();
    }

    private void Attach()
    {
        _attaching = true;
        _conversations.Tell(new ConversationCommands.Attach(_id, ConversationChannel.Chat, _agent, Caller: null, Now));
        ExpectAnswer();
        if (!Timers.IsTimerActive(nameof(ConversationOverdue)))
        {
            Timers.StartSingleTimer(nameof(ConversationOverdue), new ConversationOverdue(), ConversationTimeout);
        }
    }

    /// <summary>What is not answered by then is told again.</summary>
    private void ExpectAnswer()
    {
        if (!Timers.IsTimerActive(nameof(RetryDue)))
        {
            Timers.StartSingleTimer(nameof(RetryDue), new RetryDue(), _options.Retry);
        }
    }

    private void OnAttached(ConversationEvents.Attached attached)
    {
        Watch(Sender);
        _attaching = false;
        if (_ending is null && !attached.Ended)
        {
            Timers.Cancel(nameof(ConversationOverdue));
        }
        var (missed, brokenOff) = _relay.OnAttached(attached.History);
        if (!_openedSent)
        {
            _openedSent = true;
            var limits = new ChatLimits(
                _options.MaxTextLength,
                _options.MaxMessageBytes,
                _options.MessagesPerSecond,
                _options.IdleTimeoutSeconds
            );
            var resumed = _byToken && attached.Resumed;
            _client.Send(
                new ServerMessage.Opened(ProtocolVersion, _tokens.TokenOf(_id), _agent, resumed, missed, limits)
            );
        }
        else if (missed.Count > 0)
        {
            _client.Send(new ServerMessage.Missed(missed));
        }
        if (brokenOff is not null)
        {
            _client.Send(brokenOff);
        }
        if (attached.Ended)
        {
            // Its Ended follows, and tells the cause.
            return;
        }
        var agentIsNext = attached.History.Count == 0 || attached.History[^1].Speaker == Speaker.User;
        SetTyping(agentIsNext && !_relay.InTurn);
        _pending.ForEach(input => _conversations.Tell(input.Said));
        if (_ending is { } cause)
        {
            _conversations.Tell(new ConversationCommands.End(_id, cause, Now));
        }
    }

    /// <summary>
    /// The conversation's actor is gone (idle, moved, restarted). It is attached to again wherever it comes up: at once
    /// when it owes something, else with the next text.
    /// </summary>
    private void OnConversationLost()
    {
        _conversation = null;
        if (_pending.Count > 0 || _typing || _relay.InTurn || _ending is not null)
        {
            Attach();
        }
    }

    private void OnRetryDue()
    {
        var now = Now;
        foreach (var late in _pending.Where(input => input.Until <= now).ToList())
        {
            _pending.Remove(late);
            Refuse(
                ChatError.Unavailable,
                "The conversation did not take the message; send it again.",
                late.Said.InputId
            );
        }
        if (_conversation is null)
        {
            Attach();
            return;
        }
        _pending.ForEach(input => _conversations.Tell(input.Said));
        if (_ending is { } cause)
        {
            _conversations.Tell(new ConversationCommands.End(_id, cause, now));
        }
        if (_pending.Count > 0 || _ending is not null)
        {
            ExpectAnswer();
        }
    }

    // --- The end -------------------------------------------------------------------------------------------------

    /// <summary>Tells the conversation that it is over; its Ended closes the connection.</summary>
    private void End(string cause)
    {
        if (_ending is not null)
        {
            return;
        }
        _ending = cause;
        SetTyping(false);
        TellOrAttach(new ConversationCommands.End(_id, cause, Now));
        Timers.StartSingleTimer(nameof(ConversationOverdue), new ConversationOverdue(), ConversationTimeout);
    }

    private void OnEnded(string? cause)
    {
        SetTyping(false);
        _client.Send(new ServerMessage.Ended(cause));
        Finish(ChatClose.Normal);
    }

    private void Finish(ChatClose close)
    {
        _log.Info(
            "Chat {ConversationId} closed: {Code} {Reason}",
            _id.Value ?? "(not opened)",
            close.Code,
            close.Reason
        );
        _client.Close(close);
        Context.Stop(Self);
    }

    // --- Always --------------------------------------------------------------------------------------------------

    private void ReceiveAlways()
    {
        Receive<ClientMessage.Typing>(_ => RestartIdleTimer());
        Receive<ClientMessage.Ping>(_ => _client.Send(new ServerMessage.Pong()));
        Receive<IdleOver>(_ => Finish(ChatClose.Idle));
        Receive<Superseded>(_ => Finish(ChatClose.Superseded));
        Receive<Gone>(_ =>
        {
            _log.Info("Chat {ConversationId} disconnected", _id.Value ?? "(not opened)");
            Context.Stop(Self);
        });
    }

    private void Watch(IActorRef conversation)
    {
        if (!conversation.Equals(_conversation))
        {
            _conversation = conversation;
            Context.Watch(conversation);
        }
    }

    private void RestartIdleTimer() =>
        Timers.StartSingleTimer(nameof(IdleOver), new IdleOver(), TimeSpan.FromSeconds(_options.IdleTimeoutSeconds));

    private void SetTyping(bool active)
    {
        if (_typing != active && _openedSent)
        {
            _typing = active;
            _client.Send(new ServerMessage.Typing(active));
        }
    }

    private void SendAll(IEnumerable<ServerMessage> messages)
    {
        foreach (var message in messages)
        {
            _client.Send(message);
        }
    }

    private void Refuse(ChatError code, string message, string? id = null) =>
        _client.Send(new ServerMessage.Error(code, message, id));
}

using Akka.Actor;
using Akka.Event;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Gateways.Chat;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip.Messaging;

/// <summary>
/// One sender's conversation by MESSAGE. A text is answered 200 once the conversation has journaled it, so that 200 means
/// it is not lost; the agent's turns go back as MESSAGE requests, one after the other.
/// </summary>
/// <remarks>This file: texts in, and the life of the conversation. MessageSession.Replies.cs: the way back.</remarks>
internal sealed partial class MessageSession : ReceiveActor, IWithTimers
{
    private const int RetryAfterSeconds = 5;

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly MessagingParts _parts;
    private readonly SipMessagingOptions _options;
    private readonly ConversationId _id = ConversationId.NewChat();
    private readonly string _caller;

    // Which turns have been taken over, so that none is sent twice after the conversation has moved.
    private readonly ReplyRelay _relay = new(null);
    private readonly List<PendingInput> _pending = [];
    private IActorRef? _conversation;
    private bool _attaching;

    // A turn of the agent is to come: the greeting, or an answer.
    private bool _owed = true;
    private bool _closing;

    // Why the conversation ends, until it knows.
    private string? _ending;

    public MessageSession(MessagingParts parts, string caller)
    {
        _parts = parts;
        _options = parts.Options;
        _caller = caller;
        _outbox = new MessageOutbox(_options.MaxOutboxLength, TimeSpan.FromSeconds(_options.ReplyTimeoutSeconds));
        Become(Open);
    }

    /// <summary>A text of the sender.</summary>
    public sealed record Incoming(AdmittedRequest Message, string InputId, string Text)
        : INoSerializationVerificationNeeded;

    /// <summary>To the door: this conversation takes no more texts.</summary>
    public sealed record Closed
    {
        public static readonly Closed Instance = new();
    }

    private sealed record PendingInput(
        ConversationCommands.UserSaid Said,
        DateTimeOffset Until,
        AdmittedRequest Message
    );

    private sealed record RetryDue;

    private sealed record IdleOver;

    private sealed record EndOverdue;

    public ITimerScheduler Timers { get; set; } = null!;

    private DateTimeOffset Now => _parts.Time.GetUtcNow();

    private TimeSpan AcknowledgeTimeout => TimeSpan.FromMilliseconds(_options.AcknowledgeTimeoutMs);

    protected override void PreStart()
    {
        _log.Info("Conversation {ConversationId} by MESSAGE opened for {Caller}", _id, _caller);
        Attach();
    }

    // --- Open ----------------------------------------------------------------------------------------------------

    private void Open()
    {
        Receive<Incoming>(OnIncoming);
        Receive<ConversationEvents.Attached>(OnAttached, e => e.ConversationId == _id);
        Receive<ConversationEvents.InputAccepted>(OnAccepted);
        Receive<ConversationEvents.AgentTurnEnded>(OnTurnEnded);
        Receive<ConversationEvents.Ended>(e => Close(e.Cause, endIsTold: true));
        Receive<IConversationMessage>(_ => { });
        Receive<Terminated>(_ => OnConversationLost(), t => t.ActorRef.Equals(_conversation));
        Receive<Terminated>(_ => { });
        Receive<RetryDue>(_ => OnRetryDue());
        Receive<IdleOver>(_ => Close("no message for too long", endIsTold: false));
        ReceiveDelivery();
    }

    private void OnIncoming(Incoming incoming)
    {
        Timers.StartSingleTimer(nameof(IdleOver), new IdleOver(), TimeSpan.FromSeconds(_options.IdleTimeoutSeconds));
        _peer = new MessagePeer(incoming.Message);
        if (_pending.Exists(input => input.Said.InputId == incoming.InputId))
        {
            // RFC 3261 §8.2.2.2, for one that the endpoint did not tell by its From tag.
            _parts.Sender.Refuse(incoming.Message, SipStatus.LoopDetected, "the same message came by another way");
            return;
        }
        if (_pending.Count >= _options.MaxPendingInputs)
        {
            Refuse(incoming.Message, "earlier messages are not taken yet");
            return;
        }
        var now = Now;
        var said = new ConversationCommands.UserSaid(_id, incoming.InputId, incoming.Text, now, now);
        _pending.Add(new PendingInput(said, now + AcknowledgeTimeout, incoming.Message));
        if (_conversation is not null)
        {
            _parts.Conversations.Tell(said);
            ExpectAnswer();
        }
        else if (!_attaching)
        {
            // What is pending is told once attached.
            Attach();
        }
    }

    private void OnAccepted(ConversationEvents.InputAccepted accepted)
    {
        _relay.OnAccepted(accepted.Turn - 1);
        _owed |= _relay.IsAwaited(accepted.Turn);
        if (_pending.Find(input => input.Said.InputId == accepted.InputId) is not { } input)
        {
            return;
        }
        _pending.Remove(input);
        _parts.Metrics.Answered(SipStatus.Ok);
        _parts.Sender.Respond(input.Message, SipResponse.Create(input.Message.Request, SipStatus.Ok));
    }

    private void Refuse(AdmittedRequest message, string cause)
    {
        _parts.Metrics.Answered(SipStatus.ServiceUnavailable);
        _parts.Sender.Refuse(message, SipStatus.ServiceUnavailable, cause, RetryAfterSeconds);
    }

    private void RefusePending(Predicate<PendingInput> which, string cause)
    {
        foreach (var input in _pending.Where(input => which(input)))
        {
            Refuse(input.Message, cause);
        }
        _pending.RemoveAll(which);
    }

    // --- The conversation ----------------------------------------------------------------------------------------

    private void Attach()
    {
        _attaching = true;
        _parts.Conversations.Tell(
            new ConversationCommands.Attach(_id, ConversationChannel.Chat, _parts.Agent, _caller, Now)
        );
        ExpectAnswer();
    }

    /// <summary>What is not answered by then is told again.</summary>
    private void ExpectAnswer()
    {
        if (!Timers.IsTimerActive(nameof(RetryDue)))
        {
            var delayMs = Math.Min(_options.RetryMs, _options.AcknowledgeTimeoutMs);
            Timers.StartSingleTimer(nameof(RetryDue), new RetryDue(), TimeSpan.FromMilliseconds(delayMs));
        }
    }

    private void OnAttached(ConversationEvents.Attached attached)
    {
        if (!Sender.Equals(_conversation))
        {
            _conversation = Sender;
            Context.Watch(Sender);
        }
        _attaching = false;
        var missed = _relay.OnAttached(attached.History).Missed;
        foreach (var turn in missed.Where(turn => turn.Speaker == Speaker.Agent))
        {
            Reply(turn.Text);
        }
        _owed = attached.History.Count == 0 || attached.History[^1].Speaker == Speaker.User;
        if (!attached.Ended)
        {
            _pending.ForEach(input => _parts.Conversations.Tell(input.Said));
        }
    }

    /// <summary>
    /// The conversation's actor is gone (idle, moved, restarted). It is attached to again wherever it comes up: at once
    /// when it owes something, else with the next text.
    /// </summary>
    private void OnConversationLost()
    {
        _conversation = null;
        if (_owed || _pending.Count > 0)
        {
            Attach();
        }
    }

    private void OnRetryDue()
    {
        var now = Now;
        RefusePending(input => input.Until <= now, "the conversation did not take the message in time");
        if (_conversation is null)
        {
            Attach();
            return;
        }
        _pending.ForEach(input => _parts.Conversations.Tell(input.Said));
        if (_pending.Count > 0)
        {
            ExpectAnswer();
        }
    }

    private void OnTurnEnded(ConversationEvents.AgentTurnEnded ended)
    {
        _owed = false;
        foreach (var turn in _relay.OnEnded(ended).OfType<ServerMessage.TurnEnd>())
        {
            Reply(turn.Text ?? "");
        }
        if (ended.Next == AfterTurn.HangUp)
        {
            Close("completed by the agent", endIsTold: false);
        }
    }

    // --- The end -------------------------------------------------------------------------------------------------

    private void Close(string cause, bool endIsTold)
    {
        _log.Info("Conversation {ConversationId} by MESSAGE closed: {Cause}", _id, cause);
        _closing = true;
        Timers.CancelAll();
        RefusePending(_ => true, "the conversation is over; send again for a new one");
        Context.Parent.Tell(Closed.Instance);
        Become(Closing);
        if (endIsTold)
        {
            StopWhenDelivered();
            return;
        }
        _ending = cause;
        Timers.StartSingleTimer(nameof(EndOverdue), new EndOverdue(), AcknowledgeTimeout);
        TellEnd();
    }

    /// <summary>No more texts; the conversation is told its end, and what was said is delivered.</summary>
    private void Closing()
    {
        // It crossed with the word to the door, which begins a new conversation for it.
        Receive<Incoming>(incoming => Context.Parent.Tell(incoming.Message));
        Receive<ConversationEvents.Ended>(_ => EndIsTold());
        Receive<EndOverdue>(_ => EndIsTold());
        Receive<RetryDue>(_ => TellEnd());
        Receive<IConversationMessage>(_ => { });
        Receive<Terminated>(_ => { });
        ReceiveDelivery();
    }

    private void TellEnd()
    {
        if (_ending is { } cause)
        {
            _parts.Conversations.Tell(new ConversationCommands.End(_id, cause, Now));
            ExpectAnswer();
        }
    }

    private void EndIsTold()
    {
        _ending = null;
        StopWhenDelivered();
    }
}

using Akka.Actor;
using OCPlatform.Contracts.Conversations;

namespace OCPlatform.Gateways.Chat;

internal sealed partial class ChatSessionActor
{
    // The agent's turn that waits for the acknowledgement of what it answers.
    private List<IConversationMessage>? _held;

    private void OnSend(ClientMessage.Send send)
    {
        RestartIdleTimer();
        if (_ending is not null || IsPending(send.Id))
        {
            return;
        }
        if (_pending.Count >= _options.MaxPendingInputs)
        {
            Refuse(ChatError.TooManyPending, "Wait until earlier messages are acknowledged, then send again.", send.Id);
            return;
        }
        var now = Now;
        var said = new ConversationCommands.UserSaid(_id, send.Id, send.Text, now, now);
        _pending.Add(new PendingInput(said, now + ConversationTimeout));
        TellOrAttach(said);
    }

    private void TellOrAttach(object message)
    {
        if (_conversation is not null)
        {
            _conversations.Tell(message);
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
        _pending.RemoveAll(input => input.Said.InputId == accepted.InputId);
        var turn = accepted.Turn - 1;
        _relay.OnAccepted(turn);
        _client.Send(new ServerMessage.Accepted(accepted.InputId, turn));
        if (_relay.IsAwaited(accepted.Turn))
        {
            SetTyping(true);
        }
        ReleaseHeld();
    }

    /// <summary>
    /// The agent's turn may begin before the text it answers is journaled. It is held until then, so that the client
    /// gets question and answer in their order.
    /// </summary>
    private void OnReplyOrHold(IConversationMessage reply)
    {
        if (reply is ConversationEvents.AgentTurnStarted started)
        {
            _held = IsPending(started.InReplyTo) ? [] : null;
        }
        if (_held is null)
        {
            OnReply(reply);
        }
        else if (_held.Count < _options.OutgoingQueue || reply is ConversationEvents.AgentTurnEnded)
        {
            _held.Add(reply);
        }
    }

    private void ReleaseHeld()
    {
        if (_held is [ConversationEvents.AgentTurnStarted started, ..] held && !IsPending(started.InReplyTo))
        {
            _held = null;
            held.ForEach(OnReply);
        }
    }

    private bool IsPending(string? inputId) => _pending.Exists(input => input.Said.InputId == inputId);

    private void OnReply(IConversationMessage reply)
    {
        switch (reply)
        {
            case ConversationEvents.AgentTurnStarted started:
                SetTyping(false);
                SendAll(_relay.OnStarted(started));
                break;
            case ConversationEvents.AgentTurnText text:
                SendAll(_relay.OnText(text));
                break;
            case ConversationEvents.AgentTurnEnded ended:
                OnTurnEnded(ended);
                break;
        }
    }

    private void OnTurnEnded(ConversationEvents.AgentTurnEnded ended)
    {
        SetTyping(false);
        SendAll(_relay.OnEnded(ended));
        if (ended.Next == AfterTurn.HangUp)
        {
            End("completed by the agent");
        }
    }
}

using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using OCPlatform.CallActors.Voice;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.CallActors;

public sealed partial class CallActor
{
    // Turns that the call itself speaks have numbers that no conversation uses.
    private const int FillerTurn = -1;
    private const int GiveUpTurn = -2;

    private static readonly TimeSpan AttachRetry = TimeSpan.FromSeconds(1);

    private readonly Dictionary<int, AfterTurn> _afterTurn = [];
    private IActorRef? _conversations;
    private CallVoice? _voice;
    private IDisposable? _pumped;
    private IActorRef? _conversation;
    private bool _attached;
    private bool _agentHasSpoken;

    private sealed record AttachAgain
    {
        public static readonly AttachAgain Instance = new();
    }

    private sealed record ReplyOverdue(bool GiveUp);

    private sealed record ConversationGone(IActorRef Conversation);

    private ConversationId ConversationId => ConversationId.OfCall(_id);

    private void Attach()
    {
        if (_attached || _service is not null)
        {
            return;
        }
        if (_conversations is null && !ActorRegistry.For(Context.System).TryGet<ConversationRegion>(out _conversations))
        {
            // The caller is told of it by the guard against dead air.
            _log.Error("Call {CallId}: this node has no way to conversations", _id);
            _conversations = ActorRefs.Nobody;
        }
        _conversations.Tell(
            new ConversationCommands.Attach(
                ConversationId,
                ConversationChannel.Voice,
                _agent ?? _options.Agent,
                _state.Record!.Direction == CallDirection.Outbound ? _state.Record.To : _state.Record.From,
                Now,
                New: _isNew
            )
        );
        // Said once: a second one may find what the first one has begun.
        _isNew = false;
        Timers.StartSingleTimer(nameof(AttachAgain), AttachAgain.Instance, AttachRetry);
    }

    /// <summary>The caller can hear us: from now on the voice speaks and listens.</summary>
    private void StartTalking()
    {
        if (_service is not null)
        {
            return;
        }
        _pumped ??= _services.Pump.Add(_voice!);
        if (!_agentHasSpoken)
        {
            ExpectReply();
        }
    }

    private CallVoiceOptions VoiceOptions() =>
        new()
        {
            TurnTaking = _options.TurnTaking,
            RecognitionDeadline = TimeSpan.FromMilliseconds(_options.RecognitionDeadlineMs),
            OnRecognitionFailed = e => _log.Warning("Call {CallId}: not recognised: {Cause}", _id, e.Message),
            OnSynthesisFailed = e => _log.Warning("Call {CallId}: not spoken: {Cause}", _id, e.Message),
        };

    // ---- from the conversation ----

    private void OnConversation(IConversationMessage message)
    {
        if (WasDelivered(message) || WaitsForConsentPrompt(message))
        {
            return;
        }
        switch (message)
        {
            case ConversationEvents.Attached attached:
                _attached = true;
                WatchConversation();
                _voice!.UseVoice(attached.Voice);
                Timers.Cancel(nameof(AttachAgain));
                OnAttachedAgain();
                break;
            case ConversationEvents.AgentTurnStarted started:
                OnTurnAfterMove(started.Turn);
                ReplyCame();
                _spokenTurn = started.Turn;
                _voice!.BeginTurn(started.Turn);
                break;
            case ConversationEvents.AgentTurnText text:
                _voice!.AddText(text.Turn, StillToSay(text));
                break;
            case ConversationEvents.AgentTurnEnded ended:
                _afterTurn[ended.Turn] = ended.Next;
                _voice!.CompleteTurn(ended.Turn);
                break;
            case ConversationEvents.InputAccepted accepted:
                if (_resumed is { IsSettled: false, Input: { } input } && input.Id == accepted.InputId)
                {
                    Timers.StartSingleTimer(nameof(NothingOwed), NothingOwed.Instance, OwedWithin);
                }
                break;
            case ConversationEvents.Ended:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void WatchConversation()
    {
        if (!Sender.Equals(_conversation))
        {
            _conversation = Sender;
            Context.WatchWith(Sender, new ConversationGone(Sender));
        }
    }

    /// <summary>The conversation has moved to another node, or was idle: it goes on where it is asked for.</summary>
    private void OnConversationGone(ConversationGone gone)
    {
        if (gone.Conversation.Equals(_conversation))
        {
            _conversation = null;
            _attached = false;
            Attach();
        }
    }

    // ---- from the voice ----

    private void OnVoice(VoiceEvent @event)
    {
        switch (@event)
        {
            case VoiceEvent.UserStarted:
                break;
            case VoiceEvent.UserSaid said:
                OnUserSaid(said);
                break;
            case VoiceEvent.AgentHeard { Turn: > 0 } heard:
                RecordHeard(heard);
                break;
            case VoiceEvent.FellSilent silent:
                OnFellSilent(silent);
                break;
            case VoiceEvent.AgentTurnDelivered delivered:
                OnDelivered(delivered);
                break;
            case VoiceEvent.UserSilent when OnHold:
                break;
            case VoiceEvent.UserSilent silent:
                ExpectReply();
                _conversations!.Tell(
                    new ConversationCommands.UserSilent(
                        ConversationId,
                        CallInputs.IdOf(CallInputs.Silence, silent.At),
                        silent.At
                    )
                );
                break;
            case VoiceEvent.DigitPressed pressed:
                OnDigit(pressed.Digit, pressed.DurationMs, pressed.At);
                break;
            case VoiceEvent.FaxHeard fax:
                _log.Info("Call {CallId}: a fax machine is heard ({Tone})", _id, fax.Tone);
                Record(new CallEvents.FaxHeard(_id, fax.At, fax.Tone.ToString()));
                break;
            case VoiceEvent.Broken broken:
                _log.Error(broken.Cause, "Call {CallId}: its voice failed", _id);
                HangUp(new EndCause(EndedBy.Platform, EndReason.InternalError, null, broken.Cause.Message));
                break;
            case VoiceEvent.NotSecured failed:
                HangUp(new EndCause(FarEnd, EndReason.MediaNotAcceptable, null, $"media keys: {failed.Cause}"));
                break;
            case VoiceEvent.MediaTimedOut:
                HangUp(new EndCause(EndedBy.Network, EndReason.MediaTimeout, null, "no audio arrives"));
                break;
        }
    }

    private void OnDigit(char digit, int durationMs, DateTimeOffset at)
    {
        var secret = IsSecret(at);
        var told = secret ? CallInputs.WithheldDigit : digit.ToString();
        Record(new CallEvents.DigitPressed(_id, at, told, durationMs));
        if (_service is not null)
        {
            return;
        }
        ExpectReply();
        _conversations!.Tell(
            new ConversationCommands.UserPressed(
                ConversationId,
                CallInputs.IdOf(CallInputs.Digit, at),
                digit.ToString(),
                at,
                secret
            )
        );
    }

    /// <summary>Text that came by MESSAGE within the call is a turn like a spoken one.</summary>
    private void OnUserWrote(string text)
    {
        if (_service is null)
        {
            var now = Now;
            OnUserSaid(
                new VoiceEvent.UserSaid(CallInputs.IdOf(CallInputs.Message, now), text, now, now, Failed: false)
            );
        }
    }

    private void OnUserSaid(VoiceEvent.UserSaid said)
    {
        var secret = IsSecret(said.StartedAt);
        var told = secret ? WithheldText : said.Text;
        Record(
            new CallEvents.TurnSpoken(
                _id,
                Now,
                Speaker.User,
                told,
                said.StartedAt,
                said.EndedAt,
                LatencyMs: null,
                Interrupted: false,
                InputId: secret ? null : said.UtteranceId
            )
        );
        _log.Info("Call {CallId} heard: {Text}", _id, told);
        ExpectReply();
        _conversations!.Tell(
            new ConversationCommands.UserSaid(
                ConversationId,
                said.UtteranceId,
                said.Text,
                said.StartedAt,
                said.EndedAt,
                secret
            )
        );
    }

    private void OnDelivered(VoiceEvent.AgentTurnDelivered turn)
    {
        turn = WithHeardBefore(turn);
        _services.Metrics.AgentTurn(turn.LatencyMs, turn.Interrupted);
        if (turn.HeardText.Length > 0)
        {
            Record(
                new CallEvents.TurnSpoken(
                    _id,
                    Now,
                    Speaker.Agent,
                    turn.HeardText,
                    turn.StartedAt,
                    turn.EndedAt,
                    turn.LatencyMs,
                    turn.Interrupted,
                    turn.Turn > 0 ? turn.Turn : null
                )
            );
            _log.Info("Call {CallId} said: {Text}", _id, turn.HeardText);
        }
        OnTurnOver(turn);
        if (turn.Turn == GiveUpTurn)
        {
            HangUp(new EndCause(EndedBy.Platform, EndReason.InternalError, null, "the conversation gave no answer"));
            return;
        }
        if (turn.Turn < 0)
        {
            return;
        }
        _conversations!.Tell(
            new ConversationCommands.AgentTurnPlayed(
                ConversationId,
                turn.Turn,
                turn.HeardText,
                turn.Interrupted,
                turn.StartedAt,
                turn.EndedAt
            )
        );
        if (_afterTurn.Remove(turn.Turn, out var next) && next == AfterTurn.HangUp && !turn.Interrupted)
        {
            HangUp(new EndCause(EndedBy.Agent, EndReason.Completed, null, null));
        }
    }

    // ---- no dead air ----

    private void ExpectReply()
    {
        Timers.StartSingleTimer(
            nameof(ReplyOverdue),
            new ReplyOverdue(GiveUp: false),
            TimeSpan.FromMilliseconds(_options.FillerAfterMs)
        );
    }

    private void ReplyCame()
    {
        _agentHasSpoken = true;
        Timers.Cancel(nameof(ReplyOverdue));
    }

    private void OnReplyOverdue(ReplyOverdue overdue)
    {
        if (_prompt is not null)
        {
            return; // There is no dead air while the prompt is spoken; the answer is expected after it.
        }
        _log.Warning("Call {CallId}: the conversation owes an answer (giving up: {GiveUp})", _id, overdue.GiveUp);
        var (turn, phrase) = overdue.GiveUp ? (GiveUpTurn, _options.GiveUpPhrase) : (FillerTurn, _options.FillerPhrase);
        _spokenTurn = turn;
        _voice!.BeginTurn(turn);
        _voice.AddText(turn, phrase);
        _voice.CompleteTurn(turn);
        if (!overdue.GiveUp)
        {
            Timers.StartSingleTimer(
                nameof(ReplyOverdue),
                new ReplyOverdue(GiveUp: true),
                TimeSpan.FromMilliseconds(_options.GiveUpAfterMs - _options.FillerAfterMs)
            );
        }
    }

    private void EndConversation(string cause) =>
        _conversations?.Tell(new ConversationCommands.End(ConversationId, cause, Now));
}

using Akka.Actor;
using Akka.Event;
using OCPlatform.CallActors.Recording;
using OCPlatform.CallActors.Voice;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;

namespace OCPlatform.CallActors;

/// <remarks>How the talk goes on where it stood, when a call has been taken up.</remarks>
public sealed partial class CallActor
{
    // A turn of the call's own, beside filler, apology and consent prompt.
    private const int ResumeTurn = -4;

    /// <summary>The conversation tells what it owes on the heels of Attached.</summary>
    private static readonly TimeSpan OwedWithin = TimeSpan.FromMilliseconds(300);

    /// <summary>What the journal knows of the talk before; null for a call that was not taken up, and once all of it is settled.</summary>
    private ResumedTalk? _resumed;

    private sealed class ResumedTalk(
        CallEvents.AgentHeard? heard,
        CallEvents.TurnSpoken? delivered,
        UnansweredInput? input,
        bool isMigrated
    )
    {
        /// <summary>The agent's turn that was being spoken.</summary>
        public CallEvents.AgentHeard? Heard { get; set; } = heard;

        /// <summary>The agent's last turn that was over; the conversation may not have been told.</summary>
        public CallEvents.TurnSpoken? Delivered { get; } = delivered;

        public UnansweredInput? Input { get; } = input;

        public bool IsMigrated { get; } = isMigrated;

        /// <summary>Cuts what was heard off the turn that is told again; null while no such turn is.</summary>
        public TextAfterHeard? Rest { get; set; }

        /// <summary>The agent has gone on, or has been found to owe nothing.</summary>
        public bool IsSettled { get; set; }
    }

    private sealed record NothingOwed
    {
        public static readonly NothingOwed Instance = new();
    }

    /// <summary>
    /// The conversation knows its inputs by their ids: one that it has had already it only acknowledges, one that died on its
    /// way it answers now.
    /// </summary>
    private void OnAttachedAgain()
    {
        if (_resumed is not { IsSettled: false } resumed)
        {
            return;
        }
        if (resumed.Input is not { } input)
        {
            Timers.StartSingleTimer(nameof(NothingOwed), NothingOwed.Instance, OwedWithin);
            return;
        }
        ExpectReply();
        _conversations!.Tell(
            input.IsDigit
                ? new ConversationCommands.UserPressed(ConversationId, input.Id, input.Text, input.StartedAt)
                : new ConversationCommands.UserSaid(
                    ConversationId,
                    input.Id,
                    input.Text,
                    input.StartedAt,
                    input.EndedAt
                )
        );
    }

    private void OnNothingOwed()
    {
        if (_resumed is not { IsSettled: false } resumed)
        {
            return;
        }
        SettleHeard();
        resumed.IsSettled = true;
        ReplyCame();
        SpeakResumePhrase();
    }

    private void SpeakResumePhrase()
    {
        if (_resumed is { IsMigrated: false } && _options.ResumePhrase.Length > 0)
        {
            _spokenTurn = ResumeTurn;
            _voice!.BeginTurn(ResumeTurn);
            _voice.AddText(ResumeTurn, _options.ResumePhrase);
            _voice.CompleteTurn(ResumeTurn);
        }
    }

    /// <summary>What was heard of a turn that the conversation has gone past is told it, as of one that was cut.</summary>
    private void SettleHeard()
    {
        if (_resumed?.Heard is not { } heard)
        {
            return;
        }
        _resumed.Heard = null;
        OnDelivered(
            new VoiceEvent.AgentTurnDelivered(
                heard.Turn,
                heard.HeardText,
                Interrupted: true,
                heard.StartedAt,
                heard.At,
                LatencyMs: null
            )
        );
    }

    /// <summary>A turn that was heard to its end before: the conversation is told once more. True for its messages, which end here.</summary>
    private bool WasDelivered(IConversationMessage message)
    {
        if (_resumed?.Delivered is not { Turn: { } number } delivered)
        {
            return false;
        }
        switch (message)
        {
            case ConversationEvents.AgentTurnStarted started when started.Turn == number:
                _conversations!.Tell(
                    new ConversationCommands.AgentTurnPlayed(
                        ConversationId,
                        number,
                        delivered.Text,
                        delivered.Interrupted,
                        delivered.StartedAt,
                        delivered.EndedAt
                    )
                );
                return true;
            case ConversationEvents.AgentTurnText text when text.Turn == number:
                return true;
            case ConversationEvents.AgentTurnEnded ended when ended.Turn == number:
                if (ended.Next == AfterTurn.HangUp && !delivered.Interrupted)
                {
                    HangUp(new EndCause(EndedBy.Agent, EndReason.Completed, null, null));
                }
                return true;
            default:
                return false;
        }
    }

    private void OnTurnAfterMove(int turn)
    {
        if (_resumed is not { } resumed)
        {
            return;
        }
        Timers.Cancel(nameof(NothingOwed));
        resumed.IsSettled = true;
        if (resumed.Heard is { } heard && heard.Turn == turn)
        {
            resumed.Rest = new TextAfterHeard(heard.HeardText);
        }
        else
        {
            SettleHeard();
        }
    }

    /// <summary>What of a turn's next piece is still to be said.</summary>
    private string StillToSay(ConversationEvents.AgentTurnText text) =>
        _resumed is { Rest: { } rest, Heard: { } heard } && heard.Turn == text.Turn ? rest.Take(text.Text) : text.Text;

    /// <summary>A turn that went on here was heard from its start, which was elsewhere.</summary>
    private VoiceEvent.AgentTurnDelivered WithHeardBefore(VoiceEvent.AgentTurnDelivered turn)
    {
        if (_resumed is not { Heard: { } heard } || heard.Turn != turn.Turn)
        {
            return turn;
        }
        _resumed.Heard = null;
        if (turn is { HeardText.Length: 0, Interrupted: false })
        {
            // All of it had been heard, and so there is nothing by which the caller could know that we are back.
            SpeakResumePhrase();
        }
        return turn with { HeardText = Join(heard.HeardText, turn.HeardText), StartedAt = heard.StartedAt };
    }

    private void RecordHeard(VoiceEvent.AgentHeard heard)
    {
        var before = _resumed?.Heard is { } earlier && earlier.Turn == heard.Turn ? earlier : null;
        Record(
            new CallEvents.AgentHeard(
                _id,
                heard.At,
                heard.Turn,
                before is null ? heard.HeardText : Join(before.HeardText, heard.HeardText),
                before?.StartedAt ?? heard.StartedAt
            )
        );
    }

    private static string Join(string before, string after) => after.Length == 0 ? before : $"{before} {after}";
}

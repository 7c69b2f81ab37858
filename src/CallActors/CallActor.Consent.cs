using Akka.Event;
using OCPlatform.CallActors.Recording;
using OCPlatform.CallActors.Voice;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;

namespace OCPlatform.CallActors;

public sealed partial class CallActor
{
    // Like the turns that the call itself speaks: a number that no conversation uses.
    private const int PromptTurn = -3;

    // A caller who speaks into the prompt hears it again; who does so each time is not recorded.
    private const int MostPrompts = 3;
    private const string PauseOfNewParty = "another party took over, who is told first";
    private static readonly TimeSpan PromptDeadline = TimeSpan.FromSeconds(40);

    private readonly List<IConversationMessage> _afterPrompt = [];
    private bool _promptHeard;
    private PromptSpoken? _prompt;

    /// <summary>Another party took over a recorded call, and has not heard the prompt yet.</summary>
    private bool _awaitsConsent;

    /// <summary>The turn that the voice is speaking or was last told to speak; null when it was delivered.</summary>
    private int? _spokenTurn;

    /// <summary>The consent prompt under way.</summary>
    /// <param name="Times">How often it was begun; 0 while it waits for the present turn's end.</param>
    /// <param name="ForFormer">What is being spoken was begun for a party who has gone: it counts for nobody.</param>
    private sealed record PromptSpoken(int Times, bool ForFormer = false);

    private sealed record PromptOverdue
    {
        public static readonly PromptOverdue Instance = new();
    }

    // ---- the consent prompt ----

    private void PromptThenRecord()
    {
        // A number that is answered by a service was given to be recorded, and nobody speaks there.
        var prompt = _service is null ? RecordingOptions!.ConsentPrompt : "";
        var first = RecordingOptions!.ConsentFirst;
        if (prompt.Length == 0 || _promptHeard || !first)
        {
            BeginRecording();
        }
        if (prompt.Length > 0 && !_promptHeard)
        {
            BeginPrompt();
        }
    }

    private void BeginPrompt()
    {
        var spoken = _prompt is { Times: > 0 };
        _prompt = new PromptSpoken(0, ForFormer: spoken);
        Timers.StartSingleTimer(nameof(PromptOverdue), PromptOverdue.Instance, PromptDeadline);
        if (_spokenTurn is null && !spoken)
        {
            SpeakPrompt();
        }
    }

    // ---- another party ----

    /// <summary>
    /// Somebody takes the peer's place, who has agreed to nothing: not a word of theirs is recorded before they have heard
    /// the prompt. Called before their audio comes.
    /// </summary>
    private void PauseForNewParty()
    {
        _promptHeard = false;
        if (_recording is not null && RecordingOptions is { ConsentFirst: true, ConsentPrompt.Length: > 0 })
        {
            _awaitsConsent = _service is null;
            PauseOrGoOn(PauseOfNewParty);
        }
    }

    /// <summary>The new party is connected: it hears the prompt, and is recorded as its predecessor was to be.</summary>
    private void AskNewParty()
    {
        if (_recording is null && _prompt is null)
        {
            RecordFromTheStart();
        }
        else if (_service is null && RecordingOptions is { ConsentPrompt.Length: > 0 })
        {
            BeginPrompt();
        }
    }

    private void SpeakPrompt()
    {
        _prompt = new PromptSpoken(_prompt!.Times + 1);
        Timers.Cancel(nameof(ReplyOverdue));
        _voice!.BeginTurn(PromptTurn);
        _voice.AddText(PromptTurn, RecordingOptions!.ConsentPrompt);
        _voice.CompleteTurn(PromptTurn);
    }

    /// <summary>A turn of the conversation that begins while the prompt is spoken or due is held until it has been.</summary>
    private bool WaitsForConsentPrompt(IConversationMessage message)
    {
        var waits =
            _prompt is not null
            && message switch
            {
                ConversationEvents.AgentTurnStarted => true,
                ConversationEvents.AgentTurnText text => IsHeld(text.Turn),
                ConversationEvents.AgentTurnEnded ended => IsHeld(ended.Turn),
                _ => false,
            };
        if (waits)
        {
            _afterPrompt.Add(message);
        }
        return waits;
    }

    private bool IsHeld(int turn) =>
        _afterPrompt.OfType<ConversationEvents.AgentTurnStarted>().Any(started => started.Turn == turn);

    private void OnTurnOver(VoiceEvent.AgentTurnDelivered turn)
    {
        if (turn.Turn == _spokenTurn)
        {
            _spokenTurn = null;
        }
        if (_prompt is null)
        {
            return;
        }
        if (turn.Turn != PromptTurn)
        {
            if (_prompt is { Times: 0, ForFormer: false } && _spokenTurn is null)
            {
                SpeakPrompt();
            }
            return;
        }
        if (_prompt.ForFormer)
        {
            SpeakPrompt();
            return;
        }
        if (turn is { Interrupted: false, HeardText.Length: > 0 })
        {
            PromptDone(heard: true);
        }
        else if (!turn.Interrupted)
        {
            PromptFailed("the consent prompt could not be spoken", CallVerbResult.NotPossible);
        }
        else if (_prompt.Times < MostPrompts && RecordingOptions!.ConsentFirst)
        {
            SpeakPrompt();
        }
        else
        {
            PromptFailed("the caller spoke into the consent prompt each time", CallVerbResult.NotPossible);
        }
    }

    private void PromptFailed(string cause, CallVerbResult result)
    {
        if (_prompt is null)
        {
            return;
        }
        if (RecordingOptions!.ConsentFirst)
        {
            _log.Warning("Call {CallId} is not recorded: {Cause}", _id, cause);
            var id = RecordingNames.IdOf(_id, ++_recordings);
            Record(new CallEvents.RecordingFailed(_id, Now, id, cause));
            Tell(CallVerb.StartRecording, result, null, cause);
            EndRecording();
        }
        PromptDone(heard: false);
    }

    private void PromptDone(bool heard)
    {
        _prompt = null;
        _promptHeard |= heard;
        Timers.Cancel(nameof(PromptOverdue));
        if (heard && _recording is null && RecordingOptions!.ConsentFirst)
        {
            BeginRecording();
        }
        _awaitsConsent = false;
        PauseOrGoOn(null);
        if (_afterPrompt.Count == 0)
        {
            ExpectReply();
            return;
        }
        var held = _afterPrompt.ToList();
        _afterPrompt.Clear();
        foreach (var message in held)
        {
            OnConversation(message);
        }
    }
}

using Akka.Actor;
using Akka.Event;
using OCPlatform.CallActors.Recording;
using OCPlatform.CallActors.Services;
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
    private static readonly TimeSpan PromptDeadline = TimeSpan.FromSeconds(40);

    private readonly List<IConversationMessage> _afterPrompt = [];
    private ActiveRecording? _recording;
    private int _recordings;
    private int _recordingsEnding;
    private bool _promptHeard;
    private PromptSpoken? _prompt;

    /// <summary>The turn that the voice is speaking or was last told to speak; null when it was delivered.</summary>
    private int? _spokenTurn;

    /// <summary>The consent prompt under way: how often it was begun; 0 while it waits for the present turn's end.</summary>
    private sealed record PromptSpoken(int Times);

    private sealed record PromptOverdue
    {
        public static readonly PromptOverdue Instance = new();
    }

    private sealed record RecordingOpened(string Id, string? Fault);

    private sealed record RecordingEnded(string Id, KeptRecording? Kept, string? Fault);

    private RecordingOptions? RecordingOptions => _services.Recordings?.Options;

    private void RecordingVerbs()
    {
        Receive<CallCommands.StartRecording>(_ => StartRecording());
        Receive<CallCommands.PauseRecording>(command => PauseRecording(command.Reason));
        Receive<CallCommands.ResumeRecording>(_ => ResumeRecording());
        Receive<CallCommands.StopRecording>(_ => StopRecording());
        Receive<RecordingOpened>(OnRecordingOpened);
        Receive<PromptOverdue>(_ =>
            PromptFailed("the consent prompt was not heard to its end in time", CallVerbResult.TimedOut)
        );
    }

    private void NoRecordingVerbs(string cause)
    {
        Receive<CallCommands.StartRecording>(_ => NotPossible(CallVerb.StartRecording, cause));
        Receive<CallCommands.PauseRecording>(_ => NotPossible(CallVerb.PauseRecording, cause));
        Receive<CallCommands.ResumeRecording>(_ => NotPossible(CallVerb.ResumeRecording, cause));
        Receive<CallCommands.StopRecording>(_ => NotPossible(CallVerb.StopRecording, cause));
    }

    /// <summary>What comes of recordings, also when the call is over.</summary>
    private void RecordingOutcomes()
    {
        Receive<RecordingEnded>(OnRecordingEnded);
        Receive<CallCommands.NoteRecording>(note =>
        {
            if (_state.Record is not null)
            {
                Record(
                    new CallEvents.RecordingStopped(
                        _id,
                        Now,
                        note.RecordingId,
                        note.Uri,
                        note.DurationMs,
                        note.Bytes,
                        note.Sha256,
                        LostMs: 0,
                        note.Fault
                    )
                );
            }
        });
    }

    // ---- verbs ----

    /// <summary>The call is connected: where every call is recorded, this one is.</summary>
    private void RecordFromTheStart()
    {
        var wanted = RecordingOptions?.Mode == RecordingMode.Always || _service is RecordCall;
        if (wanted && RecordingOptions is not (null or { Mode: RecordingMode.Never }) && _recording is null)
        {
            PromptThenRecord();
        }
    }

    private void StartRecording()
    {
        if (RecordingOptions is null or { Mode: RecordingMode.Never })
        {
            NotPossible(CallVerb.StartRecording, "recording is switched off (recording.mode)");
        }
        else if (_leg is not { Connected: true } || _media is null)
        {
            NotPossible(CallVerb.StartRecording, "the call is not connected");
        }
        else if (_service is not null && RecordingOptions is { ConsentFirst: true, ConsentPrompt.Length: > 0 })
        {
            NotPossible(CallVerb.StartRecording, "a service's call has no voice that could speak the consent prompt");
        }
        else if (_recording is not null || _prompt is not null || !Take(CallVerb.StartRecording))
        {
            NotPossible(CallVerb.StartRecording, "the call is being recorded already");
        }
        else
        {
            PromptThenRecord();
        }
    }

    private void PauseRecording(string? reason)
    {
        if (_recording is not { Recorder: { Paused: false } recorder } recording)
        {
            NotPossible(CallVerb.PauseRecording, _recording is null ? NotRecorded : "the recording is paused already");
            return;
        }
        recorder.Paused = true;
        Record(new CallEvents.RecordingPaused(_id, Now, recording.Id, PositionMs(recording), reason));
        Sender.Tell(Done(CallVerb.PauseRecording));
    }

    private void ResumeRecording()
    {
        if (_recording is not { Recorder: { Paused: true } recorder } recording)
        {
            NotPossible(CallVerb.ResumeRecording, _recording is null ? NotRecorded : "the recording is not paused");
            return;
        }
        recorder.Paused = false;
        Record(new CallEvents.RecordingResumed(_id, Now, recording.Id, PositionMs(recording)));
        Sender.Tell(Done(CallVerb.ResumeRecording));
    }

    private void StopRecording()
    {
        if (_recording is null || !Take(CallVerb.StopRecording))
        {
            NotPossible(CallVerb.StopRecording, NotRecorded);
            return;
        }
        EndRecording();
    }

    private const string NotRecorded = "the call is not being recorded";

    private static long PositionMs(ActiveRecording recording) => (long)recording.Recorder.Position.TotalMilliseconds;

    private CallOutcome Done(CallVerb verb) => new(_id, verb, CallVerbResult.Done, null, null);

    // ---- begin and end ----

    private void BeginRecording()
    {
        var recording = _services.Recordings!.Begin(_id, ++_recordings, _media!.SampleRateHz);
        _recording = recording;
        _media.AudioTap = recording.Recorder;
        Record(
            new CallEvents.RecordingStarted(
                _id,
                recording.StartedAt,
                recording.Id,
                recording.Recorder.Format.ToString()
            )
        );
        recording.Recorder.Opened.PipeTo(
            Self,
            success: () => new RecordingOpened(recording.Id, null),
            failure: e => new RecordingOpened(recording.Id, e.Message)
        );
    }

    private void OnRecordingOpened(RecordingOpened opened)
    {
        if (opened.Fault is not { } fault)
        {
            Tell(CallVerb.StartRecording, CallVerbResult.Done);
            return;
        }
        _log.Error("Call {CallId} cannot be recorded: {Cause}", _id, fault);
        Tell(CallVerb.StartRecording, CallVerbResult.NotPossible, null, fault);
        if (_recording?.Id == opened.Id)
        {
            EndRecording();
        }
    }

    /// <summary>Ends what is being recorded, if anything is; it goes on without the actor, should that be gone by then.</summary>
    private void EndRecording()
    {
        if (_recording is not { } recording)
        {
            return;
        }
        _recording = null;
        _recordingsEnding++;
        var ending = _services.Recordings!.EndAsync(recording);
        if (_media is not null)
        {
            _media.AudioTap = null;
        }
        ending.PipeTo(
            Self,
            success: kept => new RecordingEnded(recording.Id, kept, null),
            failure: e => new RecordingEnded(recording.Id, null, e.Message)
        );
    }

    private void OnRecordingEnded(RecordingEnded ended)
    {
        _recordingsEnding--;
        if (ended.Kept is var (entry, lostMs))
        {
            Record(
                new CallEvents.RecordingStopped(
                    _id,
                    Now,
                    entry.Id,
                    entry.Uri,
                    entry.DurationMs,
                    entry.Bytes,
                    entry.Sha256,
                    lostMs,
                    entry.Fault
                )
            );
            Tell(CallVerb.StopRecording, CallVerbResult.Done);
        }
        else
        {
            Record(new CallEvents.RecordingFailed(_id, Now, ended.Id, ended.Fault ?? ""));
            Tell(CallVerb.StopRecording, CallVerbResult.NotPossible, null, ended.Fault);
        }
        Flush();
        StopWhenDone();
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
        if (prompt.Length == 0 || _promptHeard)
        {
            return;
        }
        _prompt = new PromptSpoken(0);
        Timers.StartSingleTimer(nameof(PromptOverdue), PromptOverdue.Instance, PromptDeadline);
        if (_spokenTurn is null)
        {
            SpeakPrompt();
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
            if (_prompt.Times == 0 && _spokenTurn is null)
            {
                SpeakPrompt();
            }
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

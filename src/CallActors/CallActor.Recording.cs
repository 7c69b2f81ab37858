using Akka.Actor;
using Akka.Event;
using OCPlatform.CallActors.Recording;
using OCPlatform.CallActors.Services;
using OCPlatform.Contracts.Calls;

namespace OCPlatform.CallActors;

public sealed partial class CallActor
{
    private const string WithheldText = "[withheld]";

    private ActiveRecording? _recording;
    private int _recordings;
    private int _recordingsEnding;

    /// <summary>From the recording's start to that of the part under way.</summary>
    private long _recordingFromMs;

    /// <summary>Somebody asked for the pause: a card number or the like is being given.</summary>
    private bool _pausedByRequest;
    private DateTimeOffset _secretBefore;

    private sealed record RecordingOpened(string PartId, string? Fault);

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
                        note.LostMs,
                        note.Fault,
                        note.Part
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
        if (_recording is null || _pausedByRequest)
        {
            NotPossible(CallVerb.PauseRecording, _recording is null ? NotRecorded : "the recording is paused already");
            return;
        }
        _pausedByRequest = true;
        PauseOrGoOn(reason);
        Sender.Tell(Done(CallVerb.PauseRecording));
    }

    private void ResumeRecording()
    {
        if (_recording is null || !_pausedByRequest)
        {
            NotPossible(CallVerb.ResumeRecording, _recording is null ? NotRecorded : "the recording is not paused");
            return;
        }
        (_pausedByRequest, _secretBefore) = (false, Now);
        PauseOrGoOn(null);
        Sender.Tell(Done(CallVerb.ResumeRecording));
    }

    /// <summary>Whether what was begun then is to be written down nowhere: words are understood a while after they were said.</summary>
    private bool IsSecret(DateTimeOffset begunAt) => _pausedByRequest || begunAt < _secretBefore;

    /// <summary>
    /// The recording is silent while somebody asked for it, and while whoever took the peer's place has not heard the consent
    /// prompt. What somebody asked for holds for a running capture too.
    /// </summary>
    private void PauseOrGoOn(string? reason)
    {
        _capture?.File.Paused = _pausedByRequest;
        var pause = _pausedByRequest || _awaitsConsent;
        if (_recording is not { Recorder: var recorder } recording || recorder.Paused == pause)
        {
            return;
        }
        recorder.Paused = pause;
        Record(
            pause
                ? new CallEvents.RecordingPaused(_id, Now, recording.Id, PositionMs(recording), reason)
                : new CallEvents.RecordingResumed(_id, Now, recording.Id, PositionMs(recording))
        );
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

    private long PositionMs(ActiveRecording recording) =>
        _recordingFromMs + (long)recording.Recorder.Position.TotalMilliseconds;

    private CallOutcome Done(CallVerb verb) => new(_id, verb, CallVerbResult.Done, null, null);

    // ---- begin and end ----

    private void BeginRecording()
    {
        var recording = _services.Recordings!.Begin(_id, ++_recordings, _media!.SampleRateHz, OffsetMs);
        _recordingFromMs = 0;
        Tap(recording);
        Record(
            new CallEvents.RecordingStarted(
                _id,
                recording.StartedAt,
                recording.Id,
                recording.Recorder.Format.ToString()
            )
        );
    }

    /// <summary>
    /// After a takeover, once the journal has been applied and the media session is there again: goes on with the recording
    /// that ran on the node that is gone, in a part of its own that stands at its own time. A pause stays one; whoever had not
    /// heard the consent prompt hears it again. Without an interrupted recording nothing happens.
    /// </summary>
    private void TakeUpRecording(InterruptedRecording? interrupted)
    {
        var record = _state.Record!;
        _recordings = record.Recordings.Count;
        _promptHeard = _recordings > 0;
        if (_recording is not null || interrupted is null || RecordingOptions is null or { Mode: RecordingMode.Never })
        {
            return;
        }
        var desk = _services.Recordings!;
        var recording = desk.Begin(_id, interrupted.Number, _media!.SampleRateHz, OffsetMs, interrupted.NextPart);
        var startedAt = record.Recordings.Find(r => r.Id == recording.Id)!.StartedAt;
        _recordingFromMs = Math.Max(0, (long)(recording.StartedAt - startedAt).TotalMilliseconds);
        _awaitsConsent = interrupted is { Paused: true, Pause: PauseOfNewParty };
        _pausedByRequest = interrupted.Paused && !_awaitsConsent;
        recording.Recorder.Paused = interrupted.Paused;
        _capture?.File.Paused = _pausedByRequest;
        Tap(recording);
        Record(
            new CallEvents.RecordingPartStarted(
                _id,
                recording.StartedAt,
                recording.Id,
                interrupted.NextPart,
                recording.OffsetMs,
                recording.Recorder.Format.ToString(),
                _services.NodeName
            )
        );
        if (
            interrupted.Paused
            && _state.Record!.Recordings.Find(r => r.Id == recording.Id)!.State != CallRecordingState.Paused
        )
        {
            Record(new CallEvents.RecordingPaused(_id, Now, recording.Id, _recordingFromMs, interrupted.Pause));
        }
        if (_awaitsConsent)
        {
            _promptHeard = false;
            BeginPrompt();
        }
    }

    /// <summary>From the call's answer to now: where a part that begins now stands.</summary>
    private long OffsetMs =>
        _state.Record?.AnsweredAt is { } answeredAt ? Math.Max(0, (long)(Now - answeredAt).TotalMilliseconds) : 0;

    private void Tap(ActiveRecording recording)
    {
        _recording = recording;
        _media!.AudioTap = recording.Recorder;
        recording.Recorder.Opened.PipeTo(
            Self,
            success: () => new RecordingOpened(recording.PartId, null),
            failure: e => new RecordingOpened(recording.PartId, e.Message)
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
        if (_recording?.PartId == opened.PartId)
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
        if (_pausedByRequest)
        {
            _secretBefore = Now;
        }
        (_pausedByRequest, _awaitsConsent) = (false, false);
        _capture?.File.Paused = false;
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
                    entry.Recording,
                    entry.Uri,
                    entry.DurationMs,
                    entry.Bytes,
                    entry.Sha256,
                    lostMs,
                    entry.Fault,
                    entry.Part
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
}

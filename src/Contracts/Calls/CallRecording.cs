using System.Collections.Immutable;

namespace OCPlatform.Contracts.Calls;

public enum CallRecordingState
{
    Recording,
    Paused,
    Stopped,
    Failed,
}

/// <summary>A stretch in which a recording is silent on purpose (card numbers); in ms from its start.</summary>
/// <param name="ToMs">Null while it lasts, and when it lasted to the end.</param>
public sealed record CallRecordingPause(long FromMs, long? ToMs, string? Reason);

/// <summary>One recording of a call, as the record shows it.</summary>
public sealed record CallRecording
{
    /// <summary>The name under which `/api/recordings` knows it.</summary>
    public required string Id { get; init; }
    public CallRecordingState State { get; init; }
    public string Format { get; init; } = "";
    public DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? StoppedAt { get; init; }

    /// <summary>Where it is kept; what is to go to S3 may still be on its way.</summary>
    public string? Uri { get; init; }
    public long? DurationMs { get; init; }
    public long? Bytes { get; init; }

    /// <summary>Of the file, in hexadecimal digits.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Silence that stands for audio which could not be written, in ms.</summary>
    public long LostMs { get; init; }
    public ImmutableList<CallRecordingPause> Pauses { get; init; } = [];

    /// <summary>What went wrong; null when nothing did.</summary>
    public string? Fault { get; init; }

    /// <summary>The recordings of a call after one more event; other events leave them as they are.</summary>
    internal static ImmutableList<CallRecording> Apply(ImmutableList<CallRecording> recordings, ICallEvent @event) =>
        @event switch
        {
            CallEvents.RecordingStarted e => recordings.Add(
                new CallRecording
                {
                    Id = e.RecordingId,
                    Format = e.Format,
                    StartedAt = e.At,
                }
            ),
            CallEvents.RecordingPaused e => Change(
                recordings,
                e.RecordingId,
                e.At,
                r =>
                    r with
                    {
                        State = CallRecordingState.Paused,
                        Pauses = r.Pauses.Add(new CallRecordingPause(e.PositionMs, null, e.Reason)),
                    }
            ),
            CallEvents.RecordingResumed e => Change(
                recordings,
                e.RecordingId,
                e.At,
                r =>
                    r with
                    {
                        State = CallRecordingState.Recording,
                        Pauses = r.Pauses is [.., var last]
                            ? r.Pauses.SetItem(r.Pauses.Count - 1, last with { ToMs = e.PositionMs })
                            : r.Pauses,
                    }
            ),
            CallEvents.RecordingStopped e => Change(
                recordings,
                e.RecordingId,
                e.At,
                r =>
                    r with
                    {
                        State = CallRecordingState.Stopped,
                        StoppedAt = e.At,
                        Uri = e.Uri,
                        DurationMs = e.DurationMs,
                        Bytes = e.Bytes,
                        Sha256 = e.Sha256,
                        LostMs = e.LostMs,
                        Fault = e.Fault,
                    }
            ),
            CallEvents.RecordingFailed e => Change(
                recordings,
                e.RecordingId,
                e.At,
                r => r with { State = CallRecordingState.Failed, StoppedAt = e.At, Fault = e.Cause }
            ),
            _ => recordings,
        };

    /// <summary>Changes one; an event of one whose start is not known (its process was killed) begins it.</summary>
    private static ImmutableList<CallRecording> Change(
        ImmutableList<CallRecording> recordings,
        string id,
        DateTimeOffset at,
        Func<CallRecording, CallRecording> change
    )
    {
        var index = recordings.FindIndex(r => r.Id == id);
        return index < 0
            ? recordings.Add(change(new CallRecording { Id = id, StartedAt = at }))
            : recordings.SetItem(index, change(recordings[index]));
    }
}

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

/// <summary>One file of a recording that several nodes made, each while the call was on it.</summary>
/// <param name="FromMs">From the recording's start to the part's.</param>
/// <param name="Node">Null for the first: that is where the call was answered.</param>
public sealed record CallRecordingPart(int Number, long FromMs, string? Node)
{
    /// <summary>Where it is kept; null until its node has told.</summary>
    public string? Uri { get; init; }
    public long DurationMs { get; init; }
    public long Bytes { get; init; }
    public string? Sha256 { get; init; }
    public long LostMs { get; init; }
}

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

    /// <summary>Of the file, in hexadecimal digits; null when there are several.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Silence that stands for audio which could not be written, in ms.</summary>
    public long LostMs { get; init; }
    public ImmutableList<CallRecordingPause> Pauses { get; init; } = [];

    /// <summary>Its files, where the call has moved among nodes; empty when it is in one piece.</summary>
    public ImmutableList<CallRecordingPart> Parts { get; init; } = [];

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
            CallEvents.RecordingPartStarted e => Change(recordings, e.RecordingId, e.At, r => r.GoOn(e)),
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
            CallEvents.RecordingStopped e => Change(recordings, e.RecordingId, e.At, r => r.Stop(e)),
            CallEvents.RecordingFailed e => Change(
                recordings,
                e.RecordingId,
                e.At,
                r => r with { State = CallRecordingState.Failed, StoppedAt = e.At, Fault = e.Cause }
            ),
            _ => recordings,
        };

    private CallRecording GoOn(CallEvents.RecordingPartStarted e)
    {
        // A node that left in peace has ended its part already; one that is gone will be told of later, if at all.
        var first = new CallRecordingPart(1, 0, null)
        {
            Uri = Uri,
            DurationMs = DurationMs ?? 0,
            Bytes = Bytes ?? 0,
            Sha256 = Sha256,
            LostMs = LostMs,
        };
        var parts = Parts.IsEmpty ? [first] : Parts;
        return this with
        {
            State = State == CallRecordingState.Paused ? State : CallRecordingState.Recording,
            StoppedAt = null,
            Format = Format.Length > 0 ? Format : e.Format,
            Sha256 = null,
            Parts = parts.Add(new CallRecordingPart(e.Part, (long)(e.At - StartedAt).TotalMilliseconds, e.Node)),
        };
    }

    private CallRecording Stop(CallEvents.RecordingStopped e)
    {
        if (Parts.IsEmpty)
        {
            return this with
            {
                State = CallRecordingState.Stopped,
                StoppedAt = e.At,
                Uri = e.Uri,
                DurationMs = e.DurationMs,
                Bytes = e.Bytes,
                Sha256 = e.Sha256,
                LostMs = e.LostMs,
                Fault = e.Fault,
            };
        }
        var parts = Parts.ConvertAll(part =>
            part.Number != e.Part
                ? part
                : part with
                {
                    Uri = e.Uri,
                    DurationMs = e.DurationMs,
                    Bytes = e.Bytes,
                    Sha256 = e.Sha256,
                    LostMs = e.LostMs,
                }
        );
        // An earlier part comes when its node is back, or another has found it: that ends nothing.
        var isLast = e.Part == parts[^1].Number;
        return this with
        {
            Parts = parts,
            State = isLast ? CallRecordingState.Stopped : State,
            StoppedAt = isLast ? e.At : StoppedAt,
            Uri = parts[0].Uri,
            DurationMs = parts.Max(part => part.FromMs + part.DurationMs),
            Bytes = parts.Sum(part => part.Bytes),
            LostMs = parts.Sum(part => part.LostMs),
            Fault = Fault ?? e.Fault,
        };
    }

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

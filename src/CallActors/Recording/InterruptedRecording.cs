using OCPlatform.Contracts.Calls;

namespace OCPlatform.CallActors.Recording;

/// <summary>
/// What a call's journal tells of its recording when the call's node went away: all that the next node needs to go on with it.
/// </summary>
/// <param name="Number">Which of the call's recordings, from 1.</param>
/// <param name="NextPart">The part that is to be begun.</param>
/// <param name="Pause">Why it is silent; null: it is not, or nobody said.</param>
public sealed record InterruptedRecording(int Number, int NextPart, bool Paused, string? Pause)
{
    /// <summary>The recording that was under way; null when none was.</summary>
    /// <param name="left">How the call was being recorded when its node left in peace; null: it went away, and the record tells.</param>
    public static InterruptedRecording? Of(CallRecord record, CallRecordingState? left = null)
    {
        var recording = record.Recordings.LastOrDefault(r =>
            left is not null || r.State is CallRecordingState.Recording or CallRecordingState.Paused
        );
        var state = left ?? recording?.State;
        if (
            recording is null
            || state is not (CallRecordingState.Recording or CallRecordingState.Paused)
            || !RecordingNames.TryParse(recording.Id, out _, out var number, out _)
        )
        {
            return null;
        }
        return new InterruptedRecording(
            number,
            Math.Max(1, recording.Parts.Count) + 1,
            state == CallRecordingState.Paused,
            recording.Pauses.IsEmpty ? null : recording.Pauses[^1].Reason
        );
    }
}

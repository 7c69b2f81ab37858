using System.Diagnostics.Metrics;

namespace OCPlatform.CallActors.Recording;

/// <summary>What the node's recordings measure.</summary>
internal sealed class RecordingMetrics : IDisposable
{
    private readonly Meter _meter = new("OCPlatform.Recording");

    public RecordingMetrics(RecordingDesk desk)
    {
        _meter.CreateObservableGauge(
            "ocp_recordings_open",
            () => desk.Stats?.Open ?? 0,
            description: "Recordings under way."
        );
        _meter.CreateObservableCounter(
            "ocp_recording_bytes_written",
            () => desk.Stats?.BytesWritten ?? 0,
            description: "Audio written to recordings."
        );
        _meter.CreateObservableCounter(
            "ocp_recording_lost_seconds",
            () => (desk.Stats?.LostMs ?? 0) / 1e3,
            "s",
            "Silence in ended recordings for audio that the disk was too slow for, or refused."
        );
        _meter.CreateObservableCounter(
            "ocp_recording_write_faults",
            () => desk.Stats?.Faults ?? 0,
            description: "Writes to recordings that failed."
        );
        _meter.CreateObservableGauge(
            "ocp_recording_writer_busy_ratio",
            () => desk.Stats?.Busy ?? 0,
            description: "Share of its time that the recordings' thread works or waits for the disk."
        );
    }

    public void Dispose() => _meter.Dispose();
}

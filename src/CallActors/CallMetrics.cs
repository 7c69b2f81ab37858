using System.Diagnostics;
using System.Diagnostics.Metrics;
using OCPlatform.Contracts.Calls;

namespace OCPlatform.CallActors;

/// <summary>What calls measure, as System.Diagnostics.Metrics instruments of the meter "OCPlatform.Calls".</summary>
public sealed class CallMetrics : IDisposable
{
    public const string MeterName = "OCPlatform.Calls";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _started;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _recovered;
    private readonly Counter<long> _tooLate;
    private readonly Counter<long> _withoutPast;
    private readonly Histogram<double> _setUp;
    private readonly Histogram<double> _turnLatency;
    private readonly Counter<long> _interruptions;
    private readonly Counter<long> _packetsLost;
    private readonly Counter<long> _packetsLate;
    private readonly Counter<long> _packetsReceived;
    private readonly Counter<long> _takenUp;
    private readonly Histogram<double> _takeUp;
    private readonly StreamMetrics _streams;

    public CallMetrics()
    {
        _started = _meter.CreateCounter<long>("ocp_calls_started", description: "Calls admitted to an actor.");
        _ended = _meter.CreateCounter<long>("ocp_calls_ended", description: "Calls ended, by who and why.");
        _recovered = _meter.CreateCounter<long>(
            "ocp_calls_recovered",
            description: "Calls of nodes that went which this node has taken up."
        );
        _tooLate = _meter.CreateCounter<long>(
            "ocp_calls_too_late",
            description: "INVITEs that came to their call when the gateway had refused them already: no call began."
        );
        _withoutPast = _meter.CreateCounter<long>(
            "ocp_calls_without_past",
            description: "Calls of nodes that went which cannot be taken up: the journal holds nothing of them."
        );
        _setUp = _meter.CreateHistogram<double>("ocp_call_setup_seconds", "s", "INVITE taken up to final response.");
        _turnLatency = _meter.CreateHistogram<double>(
            "ocp_turn_latency_seconds",
            "s",
            "End of the caller's speech to the agent's first audio handed to the phone."
        );
        _interruptions = _meter.CreateCounter<long>("ocp_interruptions", description: "Agent turns cut by the caller.");
        _packetsReceived = _meter.CreateCounter<long>("ocp_rtp_packets_received", description: "Of ended calls.");
        _packetsLost = _meter.CreateCounter<long>("ocp_rtp_packets_lost", description: "Of ended calls.");
        _packetsLate = _meter.CreateCounter<long>("ocp_rtp_packets_late", description: "Of ended calls.");
        _takenUp = _meter.CreateCounter<long>(
            "ocp_calls_taken_up",
            description: "Calls that came from another process, by what became of them."
        );
        _takeUp = _meter.CreateHistogram<double>(
            "ocp_call_take_up_seconds",
            "s",
            "Replay of the journal to the peer's answer to the re-INVITE."
        );
        _streams = new StreamMetrics(_meter);
    }

    /// <summary>For tests, which tell the counters of many by it.</summary>
    internal Meter Meter => _meter;

    internal void Started() => _started.Add(1);

    internal void Recovered() => _recovered.Add(1);

    internal void TooLate() => _tooLate.Add(1);

    internal void WithoutPast() => _withoutPast.Add(1);

    internal void Ended(EndCause cause, MediaQuality? quality, string? trunk)
    {
        var tags = new TagList { { "by", cause.By.ToString() }, { "reason", cause.Reason.ToString() } };
        _ended.Add(1, tags);
        _packetsReceived.Add(quality?.PacketsReceived ?? 0);
        _packetsLost.Add(quality?.PacketsLost ?? 0);
        _packetsLate.Add(quality?.PacketsLate ?? 0);
        _streams.Ended(quality, trunk);
    }

    /// <param name="outcome">continued, ringing, ended (by the peer, meanwhile), lost.</param>
    /// <param name="took">Null when the call did not go on.</param>
    internal void TakenUp(string outcome, bool migrated, TimeSpan? took)
    {
        _takenUp.Add(1, new TagList { { "outcome", outcome }, { "migrated", migrated } });
        if (took is { } time)
        {
            _takeUp.Record(time.TotalSeconds, new KeyValuePair<string, object?>("migrated", migrated));
        }
    }

    internal void SetUp(TimeSpan time) => _setUp.Record(time.TotalSeconds);

    internal void AgentTurn(int? latencyMs, bool interrupted)
    {
        if (latencyMs is { } ms)
        {
            _turnLatency.Record(ms / 1000.0);
        }
        if (interrupted)
        {
            _interruptions.Add(1);
        }
    }

    public void Dispose() => _meter.Dispose();
}

using System.Diagnostics.Metrics;
using OCPlatform.AiAdapters.Engines;
using OCPlatform.CallActors;
using OCPlatform.Gateways.Sip;
using OCPlatform.Media.Engine;

namespace OCPlatform.Host.Telemetry;

/// <summary>What the node's parts count for themselves, read when the metrics page is asked for.</summary>
public sealed class NodeMetrics : IDisposable
{
    private readonly Meter _meter = new("OCPlatform.Node");

    /// <summary>What the node's roles do not need is null, and not measured.</summary>
    public NodeMetrics(
        SipGatewayStatus sip,
        LiveCalls? calls = null,
        MediaEngine? media = null,
        SpeechEngines? speech = null
    )
    {
        MeasureSip(sip);
        if (calls is not null)
        {
            MeasureCalls(calls);
        }
        if (media is not null)
        {
            MeasureMedia(media);
        }
        if (speech is not null)
        {
            MeasureSpeech(speech);
        }
    }

    private void MeasureCalls(LiveCalls calls)
    {
        _meter.CreateObservableGauge(
            "ocp_calls_live",
            () => calls.Count,
            description: "Calls with media on this node."
        );
        _meter.CreateObservableGauge(
            "ocp_media_live_mos_lq",
            () => MosOf(calls),
            description: "Mean listening quality (E-model) of the calls that live now."
        );
    }

    private void MeasureSip(SipGatewayStatus sip)
    {
        _meter.CreateObservableGauge(
            "ocp_sip_calls_admitted",
            () => sip.LiveCalls,
            description: "Calls admitted here and not over."
        );
        _meter.CreateObservableGauge(
            "ocp_sip_transactions",
            () => sip.Counters?.Transactions ?? 0,
            description: "SIP transactions held."
        );
        _meter.CreateObservableCounter(
            "ocp_sip_messages_received",
            () => sip.Counters?.Received ?? 0,
            description: "SIP messages that came."
        );
        _meter.CreateObservableCounter(
            "ocp_sip_messages_dropped",
            () => sip.Counters?.Dropped ?? 0,
            description: "SIP messages dropped because the queue was full."
        );
        _meter.CreateObservableCounter(
            "ocp_sip_messages_malformed",
            () => sip.Counters?.Malformed ?? 0,
            description: "SIP messages that the parser refused."
        );
        _meter.CreateObservableGauge(
            "ocp_sip_trunk_targets_up",
            () => Trunks(sip, trunk => trunk.Targets.Count(target => target.State == TargetState.Up)),
            description: "Addresses of a trunk that calls may go to."
        );
        _meter.CreateObservableGauge(
            "ocp_sip_trunk_targets",
            () => Trunks(sip, trunk => trunk.Targets.Count),
            description: "Addresses of a trunk."
        );
        _meter.CreateObservableGauge(
            "ocp_sip_trunk_calls_out",
            () => Trunks(sip, trunk => trunk.CallsOut),
            description: "Calls out over a trunk."
        );
        _meter.CreateObservableGauge(
            "ocp_sip_trunk_registered",
            () =>
                sip
                    .TrunkStatuses.Where(trunk => trunk.Registration is not null)
                    .Select(trunk =>
                        Measured(trunk, trunk.Registration!.State == RegistrationState.Registered ? 1 : 0)
                    ),
            description: "1 while a trunk that registers is registered."
        );
        _meter.CreateObservableCounter(
            "ocp_sip_calls_out_refused",
            () =>
                sip.TrunkStatuses.SelectMany(trunk =>
                    trunk.RefusedByGuard.Select(pair => new Measurement<long>(
                        pair.Value,
                        KeyValuePair.Create("trunk", (object?)trunk.Name),
                        KeyValuePair.Create("reason", (object?)pair.Key.ToString())
                    ))
                ),
            description: "Calls out that a guard refused."
        );
        MeasureAdmission(sip.Admission);
    }

    private void MeasureMedia(MediaEngine media)
    {
        _meter.CreateObservableGauge(
            "ocp_media_sessions",
            () => media.Stats.Sessions,
            description: "RTP sessions open."
        );
        _meter.CreateObservableGauge(
            "ocp_media_ports_used",
            () => media.Stats.PortsInUse,
            description: "RTP port pairs in use or resting."
        );
        _meter.CreateObservableGauge(
            "ocp_media_ports",
            () => media.Stats.PortsTotal,
            description: "RTP port pairs in all."
        );
        _meter.CreateObservableGauge(
            "ocp_media_clock_busy_ratio",
            () => media.Stats.Load,
            description: "Busiest media clock's share of its time spent working, last 10 s."
        );
        _meter.CreateObservableGauge(
            "ocp_media_clock_lateness_seconds",
            () => media.Stats.LatenessP99Micros / 1e6,
            "s",
            "Worst media clock's lateness, p99 of the last 10 s."
        );
        _meter.CreateObservableCounter(
            "ocp_media_ticks_skipped",
            () => media.Stats.Clocks.Sum(clock => clock.TicksSkipped),
            description: "Media ticks given up because a clock was too far behind."
        );
    }

    private void MeasureSpeech(SpeechEngines speech)
    {
        _meter.CreateObservableGauge(
            "ocp_speech_queue",
            () => speech.QueueLength,
            description: "Jobs waiting for the embedded speech engines."
        );
        _meter.CreateObservableCounter(
            "ocp_speech_spoken_by_fallback",
            () => speech.SpokenByFallback,
            description: "Requests for Kokoro that flite spoke, in part or whole."
        );
    }

    private static IEnumerable<Measurement<double>> MosOf(LiveCalls calls)
    {
        var (inbound, outbound) = calls.Mos;
        if (inbound is { } heard)
        {
            yield return new(heard, KeyValuePair.Create("direction", (object?)"in"));
        }
        if (outbound is { } sent)
        {
            yield return new(sent, KeyValuePair.Create("direction", (object?)"out"));
        }
    }

    private void MeasureAdmission(AdmissionStatus admission)
    {
        _meter.CreateObservableCounter(
            "ocp_sip_invites_refused",
            () => ByReason(admission.RefusedInvites),
            description: "INVITEs refused at the door."
        );
        _meter.CreateObservableCounter(
            "ocp_sip_requests_refused",
            () => ByReason(admission.RefusedOthers),
            description: "Other requests refused at the door."
        );
        _meter.CreateObservableCounter(
            "ocp_sip_messages_silenced",
            () => ByReason(admission.Silenced),
            description: "SIP messages that got no answer: banned, too fast, or of no call."
        );
        _meter.CreateObservableCounter("ocp_sip_bans_begun", () => admission.BansBegun, description: "Sources banned.");
        _meter.CreateObservableGauge("ocp_sip_bans", () => admission.Bans.Count, description: "Bans that hold.");
        _meter.CreateObservableGauge(
            "ocp_sip_overload_ratio",
            () => admission.OverloadLevel,
            description: "Share of new calls turned away because the node is too busy."
        );
        _meter.CreateObservableGauge(
            "ocp_node_cpu_ratio",
            () => admission.Load.CpuShare,
            description: "Share of the allowed cores in use, niced work left out."
        );
    }

    private static IEnumerable<Measurement<long>> ByReason(IReadOnlyDictionary<AdmissionReason, long> counts) =>
        counts.Select(pair => new Measurement<long>(
            pair.Value,
            KeyValuePair.Create("reason", (object?)pair.Key.ToString())
        ));

    private static IEnumerable<Measurement<int>> Trunks(SipGatewayStatus sip, Func<TrunkStatus, int> value) =>
        sip.TrunkStatuses.Select(trunk => Measured(trunk, value(trunk)));

    private static Measurement<int> Measured(TrunkStatus trunk, int value) =>
        new(value, KeyValuePair.Create("trunk", (object?)trunk.Name));

    public void Dispose() => _meter.Dispose();
}

using System.Diagnostics;
using System.Diagnostics.Metrics;
using OCPlatform.Contracts.Calls;

namespace OCPlatform.CallActors;

/// <summary>
/// The quality of ended calls' audio, by direction, codec and trunk: a few dozen series on a node with a handful of trunks.
/// </summary>
internal sealed class StreamMetrics
{
    // Where users are very satisfied (4.3), satisfied (4.0), where some, many and nearly all are not (G.107 Table B.1).
    private static readonly double[] MosBuckets = [1.5, 2, 2.6, 3.1, 3.4, 3.6, 3.8, 4.0, 4.2, 4.3, 4.4, 4.5];
    private static readonly double[] ShareBuckets = [0, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5];
    private static readonly double[] JitterBuckets = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32];
    private static readonly double[] RoundTripBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 1, 2];

    private readonly Histogram<double> _mosListening;
    private readonly Histogram<double> _mosConversational;
    private readonly Histogram<double> _loss;
    private readonly Histogram<double> _late;
    private readonly Histogram<double> _jitter;
    private readonly Histogram<double> _roundTrip;
    private readonly Counter<double> _concealed;

    public StreamMetrics(Meter meter)
    {
        _mosListening = Create(
            "ocp_media_mos_lq",
            null,
            "Listening quality (E-model), 1 to 4.5; G.722 and opus on the wideband scale.",
            MosBuckets
        );
        _mosConversational = Create(
            "ocp_media_mos_cq",
            null,
            "Conversational quality (E-model), where the delay is known.",
            MosBuckets
        );
        _loss = Create("ocp_media_loss_ratio", null, "Packets lost, as a share.", ShareBuckets);
        _late = Create("ocp_media_late_ratio", null, "Packets too late to be played, as a share.", ShareBuckets);
        _jitter = Create("ocp_media_jitter_seconds", "s", "Interarrival jitter at the call's end.", JitterBuckets);
        _roundTrip = Create("ocp_media_round_trip_seconds", "s", "Round trip by RTCP.", RoundTripBuckets);
        _concealed = meter.CreateCounter<double>(
            "ocp_media_concealed_seconds",
            "s",
            "Audio made up in place of lost or late packets."
        );

        Histogram<double> Create(string name, string? unit, string description, double[] buckets) =>
            meter.CreateHistogram(
                name,
                unit,
                description,
                tags: null,
                new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets }
            );
    }

    public void Ended(MediaQuality? quality, string? trunk)
    {
        if (quality is null)
        {
            return;
        }
        Ended(quality.Inbound, "in", trunk);
        Ended(quality.Outbound, "out", trunk);
        if (quality.RoundTripMs is { } ms)
        {
            _roundTrip.Record(ms / 1000, new KeyValuePair<string, object?>("trunk", trunk ?? ""));
        }
    }

    private void Ended(StreamQuality? stream, string direction, string? trunk)
    {
        if (stream is null)
        {
            return;
        }
        var tags = new TagList
        {
            { "direction", direction },
            { "codec", stream.Codec },
            { "trunk", trunk ?? "" },
        };
        _mosListening.Record(stream.MosLq, tags);
        _loss.Record(stream.LossShare, tags);
        _jitter.Record(stream.JitterMs / 1000, tags);
        if (stream.MosCq is { } conversational)
        {
            _mosConversational.Record(conversational, tags);
        }
        if (stream.LateShare is { } late)
        {
            _late.Record(late, tags);
        }
        if (stream.ConcealedMs is { } concealed)
        {
            _concealed.Add(concealed / 1000, tags);
        }
    }
}

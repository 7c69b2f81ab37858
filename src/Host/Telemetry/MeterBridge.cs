using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Prometheus;

namespace OCPlatform.Host.Telemetry;

/// <summary>
/// Carries the instruments of the platform's own meters (OCPlatform.*) into the Prometheus registry, under their own
/// names. Modules measure with System.Diagnostics.Metrics and know nothing of Prometheus. Counters and histograms are
/// pushed as they are recorded; observable gauges are read when somebody asks for the page.
/// </summary>
public sealed class MeterBridge : IDisposable
{
    private const string MeterPrefix = "OCPlatform.";

    /// <summary>From a packet's time to a caller's patience, in s.</summary>
    private static readonly double[] SecondsBuckets =
    [
        0.001,
        0.0025,
        0.005,
        0.01,
        0.025,
        0.05,
        0.1,
        0.2,
        0.3,
        0.4,
        0.5,
        0.75,
        1,
        1.25,
        1.5,
        2,
        3,
        5,
        10,
    ];

    private readonly MeterListener _listener = new();
    private readonly MetricFactory _factory;
    private readonly ConcurrentDictionary<
        Instrument,
        Action<double, ReadOnlySpan<KeyValuePair<string, object?>>>
    > _sinks = new();

    public MeterBridge(CollectorRegistry registry)
    {
        _factory = Metrics.WithCustomRegistry(registry);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name.StartsWith(MeterPrefix, StringComparison.Ordinal))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.Start();
        registry.AddBeforeCollectCallback(_listener.RecordObservableInstruments);
    }

    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (!_sinks.TryGetValue(instrument, out var sink))
        {
            var labels = new string[tags.Length];
            for (var i = 0; i < tags.Length; i++)
            {
                labels[i] = tags[i].Key;
            }
            sink = _sinks.GetOrAdd(instrument, CreateSink(instrument, labels));
        }
        sink(value, tags);
    }

    private Action<double, ReadOnlySpan<KeyValuePair<string, object?>>> CreateSink(
        Instrument instrument,
        string[] labels
    )
    {
        var help = instrument.Description ?? "";
        switch (instrument)
        {
            case Counter<long> or Counter<int> or Counter<double>:
                var counter = _factory.CreateCounter($"{instrument.Name}_total", help, labels);
                return (value, tags) => counter.WithLabels(Values(tags)).Inc(value);
            case Histogram<double> or Histogram<long> or Histogram<int>:
                var buckets = (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries;
                var configuration = new HistogramConfiguration { Buckets = buckets?.ToArray() ?? SecondsBuckets };
                var histogram = _factory.CreateHistogram(instrument.Name, help, labels, configuration);
                return (value, tags) => histogram.WithLabels(Values(tags)).Observe(value);
            case ObservableCounter<long> or ObservableCounter<double>:
                var observed = _factory.CreateCounter($"{instrument.Name}_total", help, labels);
                return (value, tags) => observed.WithLabels(Values(tags)).IncTo(value);
            case UpDownCounter<long> or UpDownCounter<int>:
                var level = _factory.CreateGauge(instrument.Name, help, labels);
                return (value, tags) => level.WithLabels(Values(tags)).Inc(value);
            default:
                var gauge = _factory.CreateGauge(instrument.Name, help, labels);
                return (value, tags) => gauge.WithLabels(Values(tags)).Set(value);
        }
    }

    private static string[] Values(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var values = new string[tags.Length];
        for (var i = 0; i < tags.Length; i++)
        {
            values[i] = Configuration.KeyNames.Camel(tags[i].Value?.ToString() ?? "");
        }
        return values;
    }
}

using System.Diagnostics.Metrics;

namespace OCPlatform.CallActors.Tests;

/// <summary>Adds up one counter of the calls' meters, which tests that run at the same time have too.</summary>
public sealed class CounterReading : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<Meter, long> _sums = [];
    private readonly Lock _lock = new();

    public CounterReading(string counter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == counter)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>(
            (instrument, value, _, _) =>
            {
                lock (_lock)
                {
                    _sums[instrument.Meter] = _sums.GetValueOrDefault(instrument.Meter) + value;
                }
            }
        );
        _listener.Start();
    }

    public long Of(CallMetrics metrics)
    {
        lock (_lock)
        {
            return _sums.GetValueOrDefault(metrics.Meter);
        }
    }

    public void Dispose() => _listener.Dispose();
}

using System.Diagnostics.Metrics;

namespace OCPlatform.Gateways.Sip.Subscriptions;

/// <summary>What the notifier measures, as instruments of the meter "OCPlatform.SipSubscriptions".</summary>
public sealed class SubscriptionMetrics : IDisposable
{
    private readonly Meter _meter = new("OCPlatform.SipSubscriptions");
    private readonly UpDownCounter<long> _held;
    private readonly Counter<long> _answered;
    private readonly Counter<long> _notified;

    public SubscriptionMetrics()
    {
        _held = _meter.CreateUpDownCounter<long>("ocp_sip_subscriptions", description: "Subscriptions held here.");
        _answered = _meter.CreateCounter<long>(
            "ocp_sip_subscribes",
            description: "SUBSCRIBE requests, by status of the answer."
        );
        _notified = _meter.CreateCounter<long>("ocp_sip_notifies_sent", description: "Notifications sent.");
    }

    internal void Opened() => _held.Add(1);

    internal void Closed() => _held.Add(-1);

    internal void Answered(int status) => _answered.Add(1, KeyValuePair.Create("status", (object?)status));

    internal void Notified() => _notified.Add(1);

    public void Dispose() => _meter.Dispose();
}

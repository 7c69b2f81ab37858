using System.Diagnostics.Metrics;

namespace OCPlatform.Gateways.Sip.Registrar;

/// <summary>What the registrar measures, as instruments of the meter "OCPlatform.SipRegistrar".</summary>
public sealed class RegistrarMetrics : IDisposable
{
    private readonly Meter _meter = new("OCPlatform.SipRegistrar");
    private readonly Counter<long> _requests;

    public RegistrarMetrics(Registrations registrations)
    {
        _meter.CreateObservableGauge(
            "ocp_sip_registrations",
            () =>
            {
                var (reachable, unreachable) = registrations.Count();
                return new Measurement<int>[]
                {
                    new(reachable, KeyValuePair.Create("reachable", (object?)"yes")),
                    new(unreachable, KeyValuePair.Create("reachable", (object?)"no")),
                };
            },
            description: "Contacts registered here, by whether they can be reached now."
        );
        _requests = _meter.CreateCounter<long>(
            "ocp_sip_registers",
            description: "REGISTER requests of users, by status of the answer."
        );
    }

    internal void Answered(int status) => _requests.Add(1, KeyValuePair.Create("status", (object?)status));

    public void Dispose() => _meter.Dispose();
}

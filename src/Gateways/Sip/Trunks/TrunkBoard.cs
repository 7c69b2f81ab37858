using System.Collections.Concurrent;

namespace OCPlatform.Gateways.Sip;

/// <summary>What the trunks are doing, written by the gateway and the actors below it, read by anyone.</summary>
internal sealed class TrunkBoard(IReadOnlyList<TrunkSettings> trunks, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, RegistrationStatus> _registrations = new();
    private readonly ConcurrentDictionary<(string Trunk, GuardReason Reason), long> _refused = new();
    private readonly ConcurrentDictionary<string, int> _callsOut = new();

    public IReadOnlyList<TrunkSettings> Trunks { get; } = trunks;

    public TrunkSettings? Find(string? name) => Trunks.FirstOrDefault(trunk => trunk.Name == name);

    public TrunkHealth Health { get; } = new(time);

    public void SetRegistration(string trunk, RegistrationStatus status) => _registrations[trunk] = status;

    public void CountRefused(string trunk, GuardReason reason) =>
        _refused.AddOrUpdate((trunk, reason), 1, (_, count) => count + 1);

    public void SetCallsOut(string trunk, int calls) => _callsOut[trunk] = calls;

    public IReadOnlyList<TrunkStatus> Snapshot() =>
        [
            .. Trunks.Select(trunk => new TrunkStatus(
                trunk.Name,
                trunk.Direction,
                _callsOut.GetValueOrDefault(trunk.Name),
                Health.StatusOf(trunk.Name),
                _registrations.GetValueOrDefault(trunk.Name),
                _refused
                    .Where(pair => pair.Key.Trunk == trunk.Name)
                    .ToDictionary(pair => pair.Key.Reason, pair => pair.Value)
            )),
        ];
}

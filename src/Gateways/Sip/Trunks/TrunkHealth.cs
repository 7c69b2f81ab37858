using System.Globalization;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip;

/// <summary>The health of one target, for status and metrics.</summary>
/// <param name="Since">When it last went up or down.</param>
/// <param name="LastCause">Its last failure; null before any.</param>
public sealed record TargetStatus(string Target, TargetState State, DateTimeOffset Since, string? LastCause);

/// <summary>
/// The health of every target of every trunk, fed by OPTIONS and by calls. A target is an address: a host name's addresses are judged each by itself.
/// Thread-safe; bounded per trunk.
/// </summary>
internal sealed class TrunkHealth(TimeProvider time)
{
    /// <summary>Names resolve to a handful; beyond it, targets are used without being judged.</summary>
    private const int MaxTargetsPerTrunk = 32;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Dictionary<SipDestination, TargetHealth>> _trunks = [];

    /// <summary>Told of each change, outside the lock: trunk, target, whether it is up now, cause.</summary>
    public Action<TrunkSettings, SipDestination, bool, string?>? Changed { get; set; }

    public TargetState StateOf(TrunkSettings trunk, SipDestination target)
    {
        lock (_gate)
        {
            return Find(trunk, target)?.StateAt(time.GetUtcNow()) ?? TargetState.Up;
        }
    }

    /// <summary>When the target is to be asked next by OPTIONS; null for never.</summary>
    public TimeSpan? NextProbe(TrunkSettings trunk, SipDestination target)
    {
        lock (_gate)
        {
            return (Find(trunk, target) ?? new TargetHealth(trunk.Options.Health, time.GetUtcNow())).NextProbe;
        }
    }

    public void OnSuccess(TrunkSettings trunk, SipDestination target)
    {
        bool changed;
        lock (_gate)
        {
            changed = FindOrAdd(trunk, target)?.OnSuccess(time.GetUtcNow()) == true;
        }
        if (changed)
        {
            Changed?.Invoke(trunk, target, true, null);
        }
    }

    public void OnFailure(TrunkSettings trunk, SipDestination target, string cause, TimeSpan? retryAfter = null)
    {
        bool changed;
        lock (_gate)
        {
            changed = FindOrAdd(trunk, target)?.OnFailure(time.GetUtcNow(), cause, retryAfter) == true;
        }
        if (changed)
        {
            Changed?.Invoke(trunk, target, false, cause);
        }
    }

    /// <summary>The addresses that the trunk's targets have now; what is known of others is forgotten.</summary>
    public void Keep(TrunkSettings trunk, IReadOnlyCollection<SipDestination> targets)
    {
        lock (_gate)
        {
            if (_trunks.TryGetValue(trunk.Name, out var known))
            {
                foreach (var gone in known.Keys.Where(target => !targets.Contains(target)).ToList())
                {
                    known.Remove(gone);
                }
            }
            foreach (var target in targets)
            {
                FindOrAdd(trunk, target);
            }
        }
    }

    /// <summary>Why no call can go over the trunk: all its known targets are down. Null when one may.</summary>
    public string? DownCause(TrunkSettings trunk)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (
                !_trunks.TryGetValue(trunk.Name, out var targets)
                || targets.Count == 0
                || targets.Values.Any(target => target.StateAt(now) != TargetState.Down)
            )
            {
                return null;
            }
            var last = targets.Values.MaxBy(target => target.Since)!;
            var since = last.Since.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            return $"is down since {since} ({last.LastCause})";
        }
    }

    public IReadOnlyList<TargetStatus> StatusOf(string trunk)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            return _trunks.TryGetValue(trunk, out var targets)
                ?
                [
                    .. targets.Select(pair => new TargetStatus(
                        pair.Key.ToString(),
                        pair.Value.StateAt(now),
                        pair.Value.Since,
                        pair.Value.LastCause
                    )),
                ]
                : [];
        }
    }

    private TargetHealth? Find(TrunkSettings trunk, SipDestination target) =>
        _trunks.TryGetValue(trunk.Name, out var targets) ? targets.GetValueOrDefault(target) : null;

    private TargetHealth? FindOrAdd(TrunkSettings trunk, SipDestination target)
    {
        if (!_trunks.TryGetValue(trunk.Name, out var targets))
        {
            _trunks[trunk.Name] = targets = [];
        }
        if (targets.TryGetValue(target, out var known))
        {
            return known;
        }
        return targets.Count >= MaxTargetsPerTrunk
            ? null
            : targets[target] = new TargetHealth(trunk.Options.Health, time.GetUtcNow());
    }
}

using System.Collections.Concurrent;
using System.Collections.Immutable;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip.Registrar;

/// <summary>One contact as operators see it.</summary>
/// <param name="Aor">The user's address-of-record, "user@host".</param>
/// <param name="Remote">Where it registered from, "ip:port".</param>
/// <param name="Reachable">False when its connection is gone and no new one can be made: it must register again.</param>
public sealed record Registration(
    string Aor,
    string Contact,
    string Transport,
    string Remote,
    double Q,
    string? InstanceId,
    string? UserAgent,
    bool Reachable,
    DateTimeOffset RegisteredAt,
    DateTimeOffset ExpiresAt
);

/// <summary>
/// The bindings of this node: written by the registrar alone, read by anyone. Bounded by the configured users and their
/// contacts, since only an authenticated user gets here.
/// </summary>
public sealed class Registrations(RegistrarOptions options, TimeProvider time) : IRegistrations
{
    private readonly ConcurrentDictionary<AddressOfRecord, ImmutableArray<Binding>> _byAor = new();

    public IReadOnlyList<RegisteredContact> Find(SipUri aor) =>
        AddressOfRecord.Of(aor, options.Domains) is { } key ? Find(key) : [];

    /// <summary>Every contact that has not expired, by address-of-record.</summary>
    public IReadOnlyList<Registration> List()
    {
        var now = time.GetUtcNow();
        return
        [
            .. _byAor
                .OrderBy(pair => pair.Key.Host, StringComparer.Ordinal)
                .ThenBy(pair => pair.Key.User, StringComparer.Ordinal)
                .SelectMany(pair =>
                    BestFirst(pair.Value, now)
                        .Select(b => new Registration(
                            pair.Key.ToString(),
                            b.Contact,
                            b.Transport,
                            b.Remote,
                            b.QThousandths / 1000.0,
                            b.InstanceId,
                            b.UserAgent,
                            b.Reachable,
                            b.RegisteredAt,
                            b.ExpiresAt
                        ))
                ),
        ];
    }

    /// <summary>Contacts held, those that cannot be reached at the moment included.</summary>
    public (int Reachable, int Unreachable) Count()
    {
        var (reachable, unreachable) = (0, 0);
        var now = time.GetUtcNow();
        foreach (var binding in _byAor.Values.SelectMany(bindings => bindings).Where(b => b.ExpiresAt > now))
        {
            _ = binding.Reachable ? reachable++ : unreachable++;
        }
        return (reachable, unreachable);
    }

    internal IReadOnlyList<RegisteredContact> Find(AddressOfRecord aor)
    {
        if (!_byAor.TryGetValue(aor, out var bindings))
        {
            return [];
        }
        return [.. BestFirst(bindings, time.GetUtcNow()).Where(b => b.Reachable).Select(b => b.ToContact())];
    }

    internal ImmutableArray<Binding> Get(AddressOfRecord aor) => _byAor.TryGetValue(aor, out var all) ? all : [];

    internal void Set(AddressOfRecord aor, ImmutableArray<Binding> bindings)
    {
        if (bindings.IsEmpty)
        {
            _byAor.TryRemove(aor, out _);
        }
        else
        {
            _byAor[aor] = bindings;
        }
    }

    internal IEnumerable<KeyValuePair<AddressOfRecord, ImmutableArray<Binding>>> All => _byAor;

    /// <summary>By q, and among equals the one that registered last: of two flows of a device, the fresher one.</summary>
    private static IEnumerable<Binding> BestFirst(ImmutableArray<Binding> bindings, DateTimeOffset now) =>
        bindings
            .Where(b => b.ExpiresAt > now)
            .OrderByDescending(b => b.QThousandths)
            .ThenByDescending(b => b.RegisteredAt);
}

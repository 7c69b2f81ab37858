using System.Numerics;

namespace OCPlatform.Gateways.Sip;

/// <summary>A source that is not heard.</summary>
/// <param name="Source">Address or /64.</param>
/// <param name="Reason">What it did.</param>
/// <param name="SecondsLeft">Until it is heard again.</param>
/// <param name="Silenced">Messages dropped since.</param>
public sealed record SipBan(string Source, string Reason, long SecondsLeft, long Silenced);

/// <summary>
/// Who is banned, and what sources did that may lead there. A request cannot be made to look like a failed login of
/// somebody else, since it takes a nonce that was sent there; the rest can be forged over UDP, which is why known sources
/// are never given to this class. Thread-safe; its memory is fixed.
/// </summary>
internal sealed class SourceBans(SipBanOptions options)
{
    private const long WindowMs = 600_000;

    private readonly SourceTable<Ban> _bans = new(options.Sources);
    private readonly SourceTable<Offences> _offences = new(options.Sources);
    private readonly Lock _lock = new();

    private struct Ban
    {
        public long UntilMs;
        public long Silenced;
        public string Reason;
    }

    private struct Offences
    {
        public bool Begun;
        public long SinceMs;
        public int FailedLogins;
        public int Malformed;

        /// <summary>A bit for each user seen, by its hash: counting the bits estimates the users (linear counting).</summary>
        public ulong Users;
    }

    /// <summary>Whether the source is banned; counts the message when it is.</summary>
    public bool Holds(SourceKey source, long nowMs)
    {
        lock (_lock)
        {
            if (_bans.Look(source, nowMs).UntilMs <= nowMs)
            {
                return false;
            }
            _bans.Take(source, nowMs).Silenced++;
            return true;
        }
    }

    /// <summary>Why the source is banned; null when it is not.</summary>
    public string? ReasonOf(SourceKey source, long nowMs)
    {
        lock (_lock)
        {
            var ban = _bans.Look(source, nowMs);
            return ban.UntilMs > nowMs ? ban.Reason : null;
        }
    }

    /// <summary>Bans at once. True when that is a new ban.</summary>
    public bool Add(SourceKey source, string reason, long nowMs)
    {
        lock (_lock)
        {
            return AddLocked(source, reason, nowMs);
        }
    }

    /// <summary>A wrong password. True when it led to a ban.</summary>
    public bool CountFailedLogin(SourceKey source, string user, long nowMs)
    {
        lock (_lock)
        {
            ref var offences = ref Window(source, nowMs);
            offences.Users |= BitOf(user);
            return ++offences.FailedLogins >= options.FailedLogins
                ? AddLocked(source, $"{options.FailedLogins} wrong passwords", nowMs)
                : JudgeUsers(offences.Users, source, nowMs);
        }
    }

    /// <summary>A user called or claimed without success. True when it led to a ban.</summary>
    public bool CountTarget(SourceKey source, string user, long nowMs)
    {
        lock (_lock)
        {
            ref var offences = ref Window(source, nowMs);
            offences.Users |= BitOf(user);
            return JudgeUsers(offences.Users, source, nowMs);
        }
    }

    /// <summary>A message that cannot be read. True when it led to a ban.</summary>
    public bool CountMalformed(SourceKey source, long nowMs)
    {
        lock (_lock)
        {
            return ++Window(source, nowMs).Malformed >= options.Malformed
                && AddLocked(source, $"{options.Malformed} messages that cannot be read", nowMs);
        }
    }

    /// <summary>Somebody there proved a password: what happened before is forgotten.</summary>
    public void Forgive(SourceKey source)
    {
        lock (_lock)
        {
            _offences.Remove(source);
        }
    }

    /// <summary>The bans that hold, the busiest first.</summary>
    public IReadOnlyList<SipBan> Snapshot(long nowMs)
    {
        lock (_lock)
        {
            return
            [
                .. _bans
                    .All()
                    .Where(pair => pair.Value.UntilMs > nowMs)
                    .Select(pair => new SipBan(
                        pair.Key.ToString(),
                        pair.Value.Reason,
                        (pair.Value.UntilMs - nowMs) / 1000,
                        pair.Value.Silenced
                    ))
                    .OrderByDescending(ban => ban.Silenced),
            ];
        }
    }

    private bool JudgeUsers(ulong users, SourceKey source, long nowMs)
    {
        var bits = BitOperations.PopCount(users);
        var estimate = bits == 64 ? 64 * Math.Log(64) : 64 * Math.Log(64.0 / (64 - bits));
        return estimate >= options.Targets && AddLocked(source, $"tried some {estimate:0} different users", nowMs);
    }

    private bool AddLocked(SourceKey source, string reason, long nowMs)
    {
        if (options.Minutes == 0)
        {
            return false;
        }
        ref var ban = ref _bans.Take(source, nowMs);
        if (ban.UntilMs > nowMs)
        {
            return false;
        }
        ban = new Ban { UntilMs = nowMs + options.Minutes * 60_000L, Reason = reason };
        _offences.Remove(source);
        return true;
    }

    private ref Offences Window(SourceKey source, long nowMs)
    {
        ref var offences = ref _offences.Take(source, nowMs);
        if (!offences.Begun || nowMs - offences.SinceMs > WindowMs)
        {
            offences = new Offences { Begun = true, SinceMs = nowMs };
        }
        return ref offences;
    }

    private static ulong BitOf(string user) => 1ul << (user.GetHashCode(StringComparison.Ordinal) & 63);
}

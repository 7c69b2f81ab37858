namespace OCPlatform.Gateways.Sip;

/// <summary>A call out, as the spend guard knows it.</summary>
/// <param name="Id">Unique while the call lasts.</param>
/// <param name="Number">As it is dialled; the user part of the address when that is no number.</param>
public sealed record SpendCall(string Id, TrunkSettings Trunk, string Number, string Caller);

/// <summary>
/// Caps what calls out may cost. Registered as a service it takes the place of the default, <see cref="RatedSpendGuard"/>. Called on the
/// gateway's actor, one call at a time: it must answer at once.
/// </summary>
public interface ISpendGuard
{
    /// <summary>Null when the call may be placed, else the cause, as the rest of a sentence that begins with the trunk.</summary>
    string? Refuse(SpendCall call, DateTimeOffset now);

    /// <summary>The call was answered: from now on it costs.</summary>
    void Answered(SpendCall call, DateTimeOffset now);

    /// <summary>The call is over, answered or not.</summary>
    void Ended(SpendCall call, DateTimeOffset now);
}

/// <summary>
/// Counts minutes by the trunk's rates and holds them against its caps of the clock hour and the day, UTC. Calls in progress count
/// with the minutes begun so far, and a new call with one. The counts live in memory: a restart begins anew.
/// </summary>
public sealed class RatedSpendGuard : ISpendGuard
{
    private readonly Dictionary<string, Account> _accounts = [];

    public string? Refuse(SpendCall call, DateTimeOffset now)
    {
        var guards = call.Trunk.Guards.Options;
        if (guards is { MaxSpendPerHour: 0, MaxSpendPerDay: 0 })
        {
            return null;
        }
        if (call.Trunk.Guards.RateOf(DialledNumber.Read(call.Number)) is not { } rate)
        {
            return $"has a spend cap but no rate for {call.Number}";
        }
        var account = AccountOf(call, now);
        var running = account.RunningCost(now) + rate;
        if (guards.MaxSpendPerHour > 0 && account.Hour + running > guards.MaxSpendPerHour)
        {
            return $"has reached its spend cap of {guards.MaxSpendPerHour} an hour";
        }
        return guards.MaxSpendPerDay > 0 && account.Day + running > guards.MaxSpendPerDay
            ? $"has reached its spend cap of {guards.MaxSpendPerDay} a day"
            : null;
    }

    public void Answered(SpendCall call, DateTimeOffset now)
    {
        if (call.Trunk.Guards.RateOf(DialledNumber.Read(call.Number)) is { } rate)
        {
            AccountOf(call, now).Running[call.Id] = (now, rate);
        }
    }

    public void Ended(SpendCall call, DateTimeOffset now)
    {
        var account = AccountOf(call, now);
        if (account.Running.Remove(call.Id, out var running))
        {
            var cost = CostOf(now - running.Since, running.Rate);
            account.Hour += cost;
            account.Day += cost;
        }
    }

    private Account AccountOf(SpendCall call, DateTimeOffset now)
    {
        if (!_accounts.TryGetValue(call.Trunk.Name, out var account))
        {
            _accounts[call.Trunk.Name] = account = new Account();
        }
        account.Roll(now);
        return account;
    }

    private static double CostOf(TimeSpan lasted, double rate) => Math.Max(1, Math.Ceiling(lasted.TotalMinutes)) * rate;

    private sealed class Account
    {
        private DateTimeOffset _hourBegan;

        public double Hour { get; set; }
        public double Day { get; set; }
        public Dictionary<string, (DateTimeOffset Since, double Rate)> Running { get; } = [];

        public double RunningCost(DateTimeOffset now) =>
            Running.Values.Sum(call => CostOf(now - call.Since, call.Rate));

        public void Roll(DateTimeOffset now)
        {
            var utc = now.ToUniversalTime();
            var hour = new DateTimeOffset(utc.Year, utc.Month, utc.Day, utc.Hour, 0, 0, TimeSpan.Zero);
            if (hour == _hourBegan)
            {
                return;
            }
            Hour = 0;
            Day = hour.Date == _hourBegan.Date ? Day : 0;
            _hourBegan = hour;
        }
    }
}

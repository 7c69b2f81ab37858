using System.Net;
using OCPlatform.Simulation.Tests.Checkers;
using OCPlatform.Sip.Transactions;

namespace OCPlatform.Simulation.Tests.Engine;

/// <summary>
/// One run: virtual time, hosts, network, checkers. A single loop takes the next thing to happen, whatever it is, and lets it happen; no clock, no
/// thread, no task. The seed decides everything, the order of what is due at the same instant too.
/// </summary>
internal sealed class World
{
    /// <summary>Beyond any timer of RFC 3261 here; what is not at rest by then never will be.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromHours(4);

    private readonly PriorityQueue<Action, Moment> _plans = new();
    private int _tokens;

    public World(long seed, bool recording)
    {
        Dice = new Dice(seed);
        Ladder = new Ladder(this, recording);
        Network = new Network(this);
        Checkers = new CheckerSet(this);
        Weather = Weather.Draw(Dice);
        Conditions = Weather.ToString();
    }

    public Dice Dice { get; }

    public Ladder Ladder { get; }

    public Network Network { get; }

    public CheckerSet Checkers { get; }

    public List<Host> Hosts { get; } = [];

    public SipTimers Timers { get; } = new();

    /// <summary>64*T1: timers B, F and H.</summary>
    public TimeSpan Timeout => TimeSpan.FromMilliseconds(64 * Timers.T1Ms);

    public TimeSpan Now { get; private set; }

    /// <summary>In force now; becomes calm when the faults heal.</summary>
    public Weather Weather { get; set; }

    /// <summary>Of the whole run, for the report.</summary>
    public string Conditions { get; }

    /// <summary>How often something worth counting came about, for whoever ran the world: that calls were answered at all, for instance.</summary>
    public Dictionary<string, int> Tally { get; } = [];

    public Host AddHost(string name, Core core)
    {
        // The first host may sit behind a NAT; two that do could not reach each other without help.
        var behindNat = Hosts.Count == 0 && Weather.Rebindings > 0;
        var address = IPEndPoint.Parse($"{(behindNat ? "10.0.0" : "192.0.2")}.{Hosts.Count + 1}:5060");
        var host = new Host(this, name, Hosts.Count, address, behindNat, core);
        Hosts.Add(host);
        return host;
    }

    public void After(TimeSpan delay, Action action) => At(Now + delay, action);

    public void At(TimeSpan time, Action action) => _plans.Enqueue(action, new Moment(time, Dice.Next()));

    /// <summary>Unlike random ones these are the same whenever the seed is.</summary>
    public string NewBranch() => $"z9hG4bK{++_tokens}";

    public string NewTag() => $"t{++_tokens}";

    public void Count(string what) => Tally[what] = Tally.GetValueOrDefault(what) + 1;

    /// <summary>Until nothing is left to happen.</summary>
    public void Run()
    {
        Faults.Plan(this);
        foreach (var host in Hosts)
        {
            host.Start();
        }
        while (Step()) { }
        Checkers.AtRest();
    }

    private bool Step()
    {
        var next = _plans.TryPeek(out _, out var moment) ? moment.Time : TimeSpan.MaxValue;
        Host? due = null;
        foreach (var host in Hosts)
        {
            var deadline = host.NextDeadline;
            if (deadline < next || (deadline == next && next != TimeSpan.MaxValue && Dice.Chance(0.5)))
            {
                next = deadline;
                due = host;
            }
        }
        if (next == TimeSpan.MaxValue)
        {
            return false;
        }
        Now = next > Now ? next : Now;
        Checkers.Stepped();
        if (due is null)
        {
            _plans.Dequeue()();
        }
        else
        {
            due.RunTimers();
        }
        return true;
    }

    private readonly record struct Moment(TimeSpan Time, ulong Order) : IComparable<Moment>
    {
        public int CompareTo(Moment other)
        {
            var byTime = Time.CompareTo(other.Time);
            return byTime != 0 ? byTime : Order.CompareTo(other.Order);
        }
    }
}

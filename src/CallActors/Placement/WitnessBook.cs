using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.CallActors.Placement;

/// <summary>
/// What a node knows of the calls of all nodes, so that it can say which a dead one had: kept by word of mouth, since no
/// database can be asked as quickly. Time is an offset from any start. Not thread-safe.
/// </summary>
internal sealed class WitnessBook(string self)
{
    /// <summary>Far above what the nodes of a cluster can hold; beyond it new calls are not witnessed.</summary>
    public const int MostCalls = 200_000;

    /// <summary>A call that was asked to come back has said so by then, unless the database is slow.</summary>
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(400);

    /// <summary>
    /// What a caller can wait for is asked for at least this often: what stood in its way may be gone at any moment.
    /// </summary>
    private static readonly TimeSpan AskOften = TimeSpan.FromSeconds(1);

    /// <summary>No caller waits longer than the INVITE's own 32 s; after it, the record is all that is to be completed.</summary>
    private static readonly TimeSpan CallerWaits = TimeSpan.FromSeconds(30);

    /// <summary>Calls of a dead node are taken up by then, or something is in their way that others need not wait for.</summary>
    private static readonly TimeSpan TakeUpFirst = TimeSpan.FromSeconds(10);

    /// <summary>How long the next in line waits for a survivor that should have taken a call up and may be dead as well.</summary>
    private static readonly TimeSpan NextInLine = TimeSpan.FromSeconds(2);

    /// <summary>A call that did not come back by then ended before its node did.</summary>
    private static readonly TimeSpan GiveUp = TimeSpan.FromSeconds(60);

    private readonly Dictionary<CallId, string> _owners = [];
    private readonly Dictionary<CallId, Lost> _lost = [];

    private TimeSpan? _buried;

    private sealed class Lost(TimeSpan since, TimeSpan due, bool isBuried)
    {
        public TimeSpan Since => since;

        /// <summary>Its node died with it; false: it left in good order.</summary>
        public bool IsBuried => isBuried;

        public TimeSpan Due { get; set; } = due;
    }

    /// <summary>Calls whose node went and that have not begun again anywhere.</summary>
    public int LostCalls => _lost.Count;

    /// <summary>Calls of a dead node are being taken up, here or elsewhere: what they wait for is theirs first.</summary>
    public bool TakesUp(TimeSpan now) =>
        _buried is { } last && now - last < TakeUpFirst && _lost.Values.Any(lost => lost.IsBuried);

    /// <summary>Calls that a node is known to have.</summary>
    public IReadOnlyList<CallId> CallsOf(string node) =>
        [.. _owners.Where(call => call.Value == node).Select(call => call.Key)];

    /// <summary>True when the call was lost, and has now come back.</summary>
    public bool Begun(string node, CallId call)
    {
        if (_owners.Count < MostCalls || _owners.ContainsKey(call))
        {
            _owners[call] = node;
        }
        return _lost.Remove(call);
    }

    /// <summary>The call has ended there. What has begun elsewhere meanwhile is that node's.</summary>
    public void Gone(string node, CallId call)
    {
        if (_owners.TryGetValue(call, out var owner) && owner == node)
        {
            _owners.Remove(call);
            _lost.Remove(call);
        }
        else if (owner is null)
        {
            // It came back and ended between two messages.
            _lost.Remove(call);
        }
    }

    /// <summary>What another node says; the calls among it that were lost and are back.</summary>
    public IReadOnlyList<CallId> Hear(NodeMessages.Calls said)
    {
        if (said.Complete)
        {
            var now = said.Begun.ToHashSet();
            foreach (var call in CallsOf(said.Node).Where(call => !now.Contains(call)))
            {
                _owners.Remove(call);
            }
        }
        var back = said.Begun.Where(call => Begun(said.Node, call)).ToList();
        foreach (var call in said.Gone)
        {
            Gone(said.Node, call);
        }
        return back;
    }

    /// <summary>A node is gone: its calls are lost until they begin again. Survivors include this node.</summary>
    /// <returns>How many.</returns>
    public int Bury(string node, IReadOnlyList<string> survivors, TimeSpan now)
    {
        var lines = new Dictionary<string, int>();
        var calls = CallsOf(node);
        if (calls.Count > 0)
        {
            _buried = now;
        }
        foreach (var call in calls)
        {
            _owners.Remove(call);
            Lose(call, survivors, lines, now);
        }
        return calls.Count;
    }

    /// <summary>
    /// A call that left this node, to be taken up by whom it was handed to: this node asks again when that fails. One that
    /// is another node's already is not lost.
    /// </summary>
    /// <returns>False: it lives elsewhere.</returns>
    public bool Leave(CallId call, TimeSpan now)
    {
        if (_owners.TryGetValue(call, out var owner) && owner != self)
        {
            return false;
        }
        _lost[call] = new Lost(now, now + NextInLine, isBuried: false);
        return true;
    }

    /// <summary>Lost calls that nobody waits for any longer.</summary>
    public IReadOnlyList<CallId> TakeHopeless(TimeSpan now)
    {
        var hopeless = _lost.Where(call => now - call.Value.Since >= GiveUp).Select(call => call.Key).ToList();
        hopeless.ForEach(call => _lost.Remove(call));
        return hopeless;
    }

    /// <summary>Calls that this node is to ask for now, at most so many; those of one shard follow each other.</summary>
    public IReadOnlyList<CallId> Due(TimeSpan now, int most)
    {
        var due = _lost
            .Where(call => call.Value.Due <= now)
            .OrderBy(call => call.Value.Due)
            .ThenBy(call => call.Key.Value, StringComparer.Ordinal)
            .Take(most)
            .ToList();
        foreach (var (_, lost) in due)
        {
            lost.Due = now + PauseAfter(now - lost.Since);
        }
        return [.. due.Select(call => call.Key)];
    }

    private void Lose(CallId call, IReadOnlyList<string> survivors, Dictionary<string, int> lines, TimeSpan now)
    {
        var shard = ShardedId.ShardOf(call.Value);
        if (!lines.TryGetValue(shard, out var place))
        {
            // By shard, not by call: whoever asks first gets the whole shard.
            place = Rendezvous.Rank(shard, survivors).ToList().IndexOf(self);
            lines[shard] = place = place < 0 ? survivors.Count : place;
        }
        _lost[call] = new Lost(now, now + place * NextInLine, isBuried: true);
    }

    /// <summary>Until the next question, this long after the call was lost.</summary>
    private static TimeSpan PauseAfter(TimeSpan waited)
    {
        if (waited >= CallerWaits)
        {
            // Ever more seldom: a database that is away does not come back sooner.
            return AskOften + (waited - CallerWaits) / 2;
        }
        return waited / 2 < AskAgain ? AskAgain
            : waited / 2 > AskOften ? AskOften
            : waited / 2;
    }
}

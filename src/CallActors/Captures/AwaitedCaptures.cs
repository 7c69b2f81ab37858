using OCPlatform.Sip;

namespace OCPlatform.CallActors.Captures;

/// <summary>Calls to be captured from their first message on, once they come.</summary>
/// <param name="Match">A trunk's name, or the number (or user) that calls or is called.</param>
/// <param name="Left">How many more of them.</param>
/// <param name="Keys">Leave credentials and keys readable.</param>
public sealed record AwaitedCapture(string Id, string Match, int Left, bool Keys);

/// <summary>
/// The calls of this node that are to be captured before they exist. Kept in memory: a restart forgets them. Any thread.
/// </summary>
public sealed class AwaitedCaptures
{
    /// <summary>Entries that may wait.</summary>
    public const int Most = 100;

    private readonly Lock _gate = new();
    private readonly List<AwaitedCapture> _waiting = [];
    private int _last;

    // Every call asks; nearly always there is nothing.
    private volatile bool _any;

    public IReadOnlyList<AwaitedCapture> List
    {
        get
        {
            lock (_gate)
            {
                return [.. _waiting];
            }
        }
    }

    /// <returns>Null when too many wait.</returns>
    public AwaitedCapture? Add(string match, int count, bool keys)
    {
        lock (_gate)
        {
            if (_waiting.Count >= Most)
            {
                return null;
            }
            var added = new AwaitedCapture($"w{++_last}", match, count, keys);
            _waiting.Add(added);
            _any = true;
            return added;
        }
    }

    public bool Remove(string id)
    {
        lock (_gate)
        {
            var removed = _waiting.RemoveAll(waiting => waiting.Id == id) > 0;
            _any = _waiting.Count > 0;
            return removed;
        }
    }

    /// <summary>Whether this call is waited for; it counts as one of those.</summary>
    /// <param name="from">URI or number, as in the call's record.</param>
    internal AwaitedCapture? Take(string from, string to, string? trunk)
    {
        if (!_any)
        {
            return null;
        }
        lock (_gate)
        {
            var index = _waiting.FindIndex(w => Is(w.Match, from) || Is(w.Match, to) || Same(w.Match, trunk));
            if (index < 0)
            {
                return null;
            }
            var taken = _waiting[index];
            if (taken.Left > 1)
            {
                _waiting[index] = taken with { Left = taken.Left - 1 };
            }
            else
            {
                _waiting.RemoveAt(index);
            }
            _any = _waiting.Count > 0;
            return taken;
        }
    }

    private static bool Is(string match, string address) =>
        Same(match, address)
        || (SipUri.TryParse(address, out var uri) && Same(match.TrimStart('+'), uri.User?.TrimStart('+')));

    private static bool Same(string match, string? text) => match.Equals(text, StringComparison.OrdinalIgnoreCase);
}

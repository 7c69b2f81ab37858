namespace OCPlatform.Gateways.Sip.Listeners;

/// <summary>What DNS said, and for how long that holds.</summary>
internal readonly record struct DnsAnswer<T>(IReadOnlyList<T> Records, TimeSpan Ttl);

/// <summary>
/// Keeps answers of DNS. Of callers that ask the same at once one does, the others wait for it. When DNS fails, an answer that has run out
/// is good for a while longer (RFC 8767): a name server's outage is not the end of all calls. Thread-safe.
/// </summary>
internal sealed class DnsCache(TimeSpan maxTtl, TimeProvider time, int maxEntries = 4_096)
{
    private static readonly TimeSpan MinTtl = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StaleFor = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = [];

    private sealed class Entry
    {
        public object? Records;
        public TimeSpan ExpiresAt;
        public Task? Pending;
    }

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>The kept answer, or that of <paramref name="ask"/>, whose exceptions come through when nothing is kept.</summary>
    public async Task<IReadOnlyList<T>> GetAsync<T>(
        string key,
        Func<Task<DnsAnswer<T>>> ask,
        CancellationToken cancellation
    )
    {
        Entry entry;
        Task pending;
        lock (_lock)
        {
            entry = EntryOf(key);
            if (entry.Records is not null && Now < entry.ExpiresAt)
            {
                return (IReadOnlyList<T>)entry.Records;
            }
            pending = entry.Pending ??= Task.Run(() => RefreshAsync(entry, ask), CancellationToken.None);
        }
        await pending.WaitAsync(cancellation);
        lock (_lock)
        {
            return (IReadOnlyList<T>)entry.Records!;
        }
    }

    private TimeSpan Now => time.GetElapsedTime(0);

    private Entry EntryOf(string key)
    {
        if (_entries.TryGetValue(key, out var known))
        {
            return known;
        }
        if (_entries.Count >= maxEntries)
        {
            // Names come from callers too: whoever invents many of them only empties the cache.
            _entries.Clear();
        }
        return _entries[key] = new Entry();
    }

    private async Task RefreshAsync<T>(Entry entry, Func<Task<DnsAnswer<T>>> ask)
    {
        try
        {
            var answer = await ask();
            var ttl =
                answer.Ttl < MinTtl ? MinTtl
                : answer.Ttl > maxTtl ? maxTtl
                : answer.Ttl;
            lock (_lock)
            {
                entry.Records = answer.Records;
                entry.ExpiresAt = Now + ttl;
            }
        }
        catch
        {
            lock (_lock)
            {
                if (entry.Records is null || Now - entry.ExpiresAt > StaleFor)
                {
                    throw;
                }
            }
        }
        finally
        {
            lock (_lock)
            {
                entry.Pending = null;
            }
        }
    }
}

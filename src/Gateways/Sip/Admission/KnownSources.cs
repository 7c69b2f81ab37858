namespace OCPlatform.Gateways.Sip;

/// <summary>
/// Sources from which somebody proved a password or certificate lately, or to which we sent a request. They are never
/// banned, since one of them may share its address with a fool. Thread-safe; its memory is fixed.
/// </summary>
internal sealed class KnownSources(int capacity)
{
    // Phones register anew at least every hour; what is known for two survives one that was missed.
    private const long KeptMs = 2 * 3_600_000;

    private readonly SourceTable<Entry> _sources = new(capacity);
    private readonly Lock _lock = new();

    private readonly record struct Entry(long UntilMs);

    public void Add(SourceKey source, long nowMs)
    {
        lock (_lock)
        {
            _sources.Take(source, nowMs) = new Entry(nowMs + KeptMs);
        }
    }

    public bool Has(SourceKey source, long nowMs)
    {
        lock (_lock)
        {
            return _sources.Look(source, nowMs).UntilMs > nowMs;
        }
    }
}

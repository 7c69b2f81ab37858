namespace OCPlatform.Contracts.Calls;

/// <summary>The calls as the API reads them: a projection of the journal that survives restarts.</summary>
public interface ICallRecords
{
    /// <summary>The newest calls first, at most <paramref name="limit"/>; live ones only when asked.</summary>
    Task<IReadOnlyList<CallRecord>> ListAsync(int limit, bool liveOnly, CancellationToken cancellation);

    /// <summary>One call with turns and ladder, with live audio figures while it lasts; null when unknown.</summary>
    Task<CallRecord?> GetAsync(CallId id, CancellationToken cancellation);
}

namespace OCPlatform.AiAdapters.Engines;

/// <summary>A piece of work that waits for a worker.</summary>
internal abstract class EngineJob(EnginePriority priority, CancellationToken ct)
{
    private CancellationTokenSource? _preemption;

    public EnginePriority Priority { get; } = priority;
    protected CancellationToken Cancelled { get; } = ct;

    /// <summary>Whether nobody wants the result any more.</summary>
    public bool IsCancelled => Cancelled.IsCancellationRequested;

    /// <summary>Does the work on the calling thread.</summary>
    /// <returns>false when it was pre-empted and has to start again.</returns>
    public bool Run()
    {
        using var preemption = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        Volatile.Write(ref _preemption, preemption);
        try
        {
            return Work(preemption.Token);
        }
        finally
        {
            Volatile.Write(ref _preemption, null);
        }
    }

    /// <summary>Asks the work to stop and to be started again later.</summary>
    public void Preempt()
    {
        try
        {
            Volatile.Read(ref _preemption)?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has just ended by itself.
        }
    }

    public abstract void Abandon();

    protected abstract bool Work(CancellationToken stop);
}

/// <inheritdoc/>
internal sealed class EngineJob<T>(EnginePriority priority, Func<CancellationToken, T> work, CancellationToken ct)
    : EngineJob(priority, ct)
{
    private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Result => _result.Task;

    public override void Abandon() => _result.TrySetCanceled(Cancelled);

    protected override bool Work(CancellationToken stop)
    {
        try
        {
            stop.ThrowIfCancellationRequested();
            _result.TrySetResult(work(stop));
            return true;
        }
        catch (OperationCanceledException) when (IsCancelled)
        {
            Abandon();
            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception e)
        {
            _result.TrySetException(e);
            return true;
        }
    }
}

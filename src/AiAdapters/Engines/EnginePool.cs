using System.Runtime.InteropServices;

namespace OCPlatform.AiAdapters.Engines;

/// <summary>
/// The threads that run the neural networks: a fixed number, each doing one single-threaded inference at a time, with a
/// raised nice value so that the media clock always comes first. Work waits by priority, first come first served within
/// one. At most all but one worker synthesise at a time, so that a final decode finds a free one soon; warm-up work gives
/// way (it is stopped and started again later) as soon as other work would have to wait.
/// <para>
/// Full, as <see cref="EnginePoolOptions.QueueLimit"/> has it: final decodes have a queue of that length of their own and
/// wait in it as long as their caller's deadline lets them; all other work shares one and is refused with
/// <see cref="EngineBusyException"/> — partial decodes are then left out, and flite speaks instead of Kokoro.
/// </para>
/// </summary>
public sealed partial class EnginePool : IDisposable
{
    private static readonly int Priorities = Enum.GetValues<EnginePriority>().Length;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly LinkedList<EngineJob>[] _queues;
    private readonly HashSet<EngineJob> _running = [];
    private readonly Thread[] _threads;
    private readonly int _limit;
    private readonly int _maxSynthesising;
    private readonly int _niceness;
    private bool _stopping;

    public EnginePool(EnginePoolOptions options)
    {
        // Two at least: with one, a caller's last words would wait for the end of whatever is being synthesised.
        Workers = options.Workers > 0 ? options.Workers : Math.Max(2, Environment.ProcessorCount);
        _limit = options.QueueLimit;
        _niceness = options.Niceness;
        _maxSynthesising = Math.Max(1, Workers - 1);
        _queues = new LinkedList<EngineJob>[Priorities];
        for (var i = 0; i < Priorities; i++)
            _queues[i] = new LinkedList<EngineJob>();
        _threads = new Thread[Workers];
        for (var i = 0; i < Workers; i++)
        {
            _threads[i] = new Thread(Work) { IsBackground = true, Name = $"engine-{i}" };
            _threads[i].Start();
        }
    }

    /// <summary>Number of threads.</summary>
    public int Workers { get; }

    /// <summary>Jobs that wait, by priority.</summary>
    public int Waiting(EnginePriority priority)
    {
        lock (_lock)
            return _queues[(int)priority].Count;
    }

    /// <summary>Jobs under way or waiting that a job of this priority comes after.</summary>
    public int Ahead(EnginePriority priority)
    {
        lock (_lock)
        {
            var ahead = 0;
            for (var p = 0; p <= (int)priority; p++)
                ahead += _queues[p].Count;
            foreach (var job in _running)
                ahead += job.Priority <= priority ? 1 : 0;
            return ahead;
        }
    }

    /// <summary>Has a worker do something.</summary>
    /// <param name="work">
    /// Gets a token that asks it to stop early by an <see cref="OperationCanceledException"/>; warm-up work is then started
    /// again when there is time.
    /// </param>
    /// <exception cref="EngineBusyException">The queue is full.</exception>
    public Task<T> RunAsync<T>(EnginePriority priority, Func<CancellationToken, T> work, CancellationToken ct = default)
    {
        var job = new EngineJob<T>(priority, work, ct);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            if (IsFull(priority))
                return Task.FromException<T>(new EngineBusyException(priority));
            _queues[(int)priority].AddLast(job);
            PreemptWarmUp(priority);
        }

        _wake.Release();
        return job.Result.IsCompleted || !ct.CanBeCanceled ? job.Result : AbandonableAsync(job, ct);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_stopping)
                return;
            _stopping = true;
            foreach (var job in _running)
                job.Preempt();
        }

        _wake.Release(Workers);
        foreach (var thread in _threads)
            thread.Join();
        foreach (var queue in _queues)
        {
            foreach (var job in queue)
                job.Abandon();
        }

        _wake.Dispose();
    }

    /// <summary>Takes a job that nobody wants any more out of the queue at once, so that it holds no place there.</summary>
    private async Task<T> AbandonableAsync<T>(EngineJob<T> job, CancellationToken ct)
    {
        await using var registration = ct.UnsafeRegister(
            static (state, _) =>
            {
                var (pool, job) = ((EnginePool, EngineJob))state!;
                lock (pool._lock)
                {
                    if (!pool._queues[(int)job.Priority].Remove(job))
                        return;
                }

                job.Abandon();
            },
            (this, (EngineJob)job)
        );
        return await job.Result.ConfigureAwait(false);
    }

    private bool IsFull(EnginePriority priority)
    {
        if (priority == EnginePriority.FinalDecode)
            return _queues[0].Count >= _limit;
        var waiting = 0;
        for (var p = 1; p < Priorities; p++)
            waiting += _queues[p].Count;
        return waiting >= _limit;
    }

    private void PreemptWarmUp(EnginePriority priority)
    {
        if (priority == EnginePriority.WarmUp)
            return;
        foreach (var job in _running)
        {
            // A synthesis also waits for the place of the warm-up that synthesises, be other workers idle or not.
            if (job.Priority == EnginePriority.WarmUp && (_running.Count >= Workers || Synthesises(priority)))
                job.Preempt();
        }
    }

    private void Work()
    {
        if (_niceness > 0 && OperatingSystem.IsLinux())
            _ = SetPriority(0, GetThreadId(), _niceness);
        while (true)
        {
            _wake.Wait();
            while (TryTake() is { } job)
            {
                var done = job.Run();
                lock (_lock)
                {
                    _running.Remove(job);
                    if (!done && !_stopping)
                        _queues[(int)job.Priority].AddFirst(job);
                    else if (!done)
                        job.Abandon();
                }
            }

            lock (_lock)
            {
                if (_stopping)
                    return;
            }
        }
    }

    private EngineJob? TryTake()
    {
        lock (_lock)
        {
            if (_stopping)
                return null;
            var synthesising = 0;
            foreach (var job in _running)
                synthesising += Synthesises(job.Priority) ? 1 : 0;
            for (var p = 0; p < Priorities; p++)
            {
                if (Synthesises((EnginePriority)p) && synthesising >= _maxSynthesising)
                    continue;
                if (_queues[p].First is not { } first)
                    continue;
                _queues[p].RemoveFirst();
                _running.Add(first.Value);
                return first.Value;
            }

            return null;
        }
    }

    private static bool Synthesises(EnginePriority priority) =>
        priority is EnginePriority.FirstClause or EnginePriority.LaterClause or EnginePriority.WarmUp;

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int niceness);

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int GetThreadId();
}

using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using OCPlatform.AiAdapters.Engines;

namespace OCPlatform.AiAdapters.Tests.Engines;

public sealed partial class EnginePoolTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Work_that_waits_is_done_by_priority_and_then_in_order()
    {
        using var pool = new EnginePool(new EnginePoolOptions { Workers = 1, Niceness = 0 });
        using var gate = new ManualResetEventSlim();
        var order = new ConcurrentQueue<string>();
        var holder = Hold(pool, EnginePriority.FinalDecode, gate);
        Task Add(EnginePriority priority, string name) =>
            pool.RunAsync(
                priority,
                _ =>
                {
                    order.Enqueue(name);
                    return 0;
                }
            );
        var all = new[]
        {
            Add(EnginePriority.WarmUp, "warm-up"),
            Add(EnginePriority.PartialDecode, "partial"),
            Add(EnginePriority.LaterClause, "later"),
            Add(EnginePriority.FirstClause, "first 1"),
            Add(EnginePriority.FirstClause, "first 2"),
            Add(EnginePriority.FinalDecode, "final"),
        };
        gate.Set();
        await Task.WhenAll([holder, .. all]).WaitAsync(Soon);
        order.Should().Equal("final", "first 1", "first 2", "later", "partial", "warm-up");
    }

    [Fact]
    public async Task Synthesis_leaves_one_worker_for_final_decodes()
    {
        using var pool = new EnginePool(new EnginePoolOptions { Workers = 2, Niceness = 0 });
        using var gate = new ManualResetEventSlim();
        var one = Hold(pool, EnginePriority.FirstClause, gate);
        var two = Hold(pool, EnginePriority.FirstClause, gate, mayWait: true);
        (await pool.RunAsync(EnginePriority.FinalDecode, _ => 42).WaitAsync(Soon)).Should().Be(42);
        pool.Waiting(EnginePriority.FirstClause).Should().Be(1);
        gate.Set();
        await Task.WhenAll(one, two).WaitAsync(Soon);
    }

    [Fact]
    public async Task Warm_up_is_stopped_for_a_caller_and_started_again_afterwards()
    {
        using var pool = new EnginePool(new EnginePoolOptions { Workers = 1, Niceness = 0 });
        using var started = new ManualResetEventSlim();
        var starts = 0;
        var warmUp = pool.RunAsync(
            EnginePriority.WarmUp,
            stop =>
            {
                if (Interlocked.Increment(ref starts) == 1)
                {
                    started.Set();
                    stop.WaitHandle.WaitOne(Soon).Should().BeTrue();
                }

                stop.ThrowIfCancellationRequested();
                return "warm";
            }
        );
        started.Wait(Soon).Should().BeTrue();
        (await pool.RunAsync(EnginePriority.FirstClause, _ => Volatile.Read(ref starts)).WaitAsync(Soon))
            .Should()
            .Be(1);
        (await warmUp.WaitAsync(Soon)).Should().Be("warm");
        starts.Should().Be(2);
    }

    [Fact]
    public async Task A_full_queue_refuses_everything_but_final_decodes()
    {
        using var pool = new EnginePool(
            new EnginePoolOptions
            {
                Workers = 1,
                QueueLimit = 2,
                Niceness = 0,
            }
        );
        using var gate = new ManualResetEventSlim();
        var work = new List<Task> { Hold(pool, EnginePriority.FinalDecode, gate) };
        work.Add(pool.RunAsync(EnginePriority.PartialDecode, _ => 0));
        work.Add(pool.RunAsync(EnginePriority.FirstClause, _ => 0));
        foreach (
            var refused in new[] { EnginePriority.FirstClause, EnginePriority.PartialDecode, EnginePriority.WarmUp }
        )
        {
            var add = () => pool.RunAsync(refused, _ => 0);
            (await add.Should().ThrowAsync<EngineBusyException>()).Which.Priority.Should().Be(refused);
        }

        work.Add(pool.RunAsync(EnginePriority.FinalDecode, _ => 0));
        work.Add(pool.RunAsync(EnginePriority.FinalDecode, _ => 0));
        var tooMany = () => pool.RunAsync(EnginePriority.FinalDecode, _ => 0);
        await tooMany.Should().ThrowAsync<EngineBusyException>();
        gate.Set();
        await Task.WhenAll(work).WaitAsync(Soon);
    }

    [Fact]
    public async Task Work_that_nobody_wants_any_more_leaves_the_queue_at_once()
    {
        using var pool = new EnginePool(new EnginePoolOptions { Workers = 1, Niceness = 0 });
        using var gate = new ManualResetEventSlim();
        using var given = new CancellationTokenSource();
        var holder = Hold(pool, EnginePriority.FinalDecode, gate);
        var ran = false;
        var unwanted = pool.RunAsync(EnginePriority.FirstClause, _ => ran = true, given.Token);
        await given.CancelAsync();
        var wait = () => unwanted;
        await wait.Should().ThrowAsync<OperationCanceledException>();
        pool.Waiting(EnginePriority.FirstClause).Should().Be(0);
        gate.Set();
        await holder.WaitAsync(Soon);
        ran.Should().BeFalse();
    }

    [Fact]
    public async Task A_failure_reaches_its_caller_and_the_worker_lives_on()
    {
        using var pool = new EnginePool(new EnginePoolOptions { Workers = 1, Niceness = 0 });
        var fail = () => pool.RunAsync<int>(EnginePriority.FinalDecode, _ => throw new InvalidDataException("broken"));
        await fail.Should().ThrowAsync<InvalidDataException>();
        (await pool.RunAsync(EnginePriority.FinalDecode, _ => 1).WaitAsync(Soon)).Should().Be(1);
    }

    [Fact]
    public async Task Workers_are_nicer_than_the_media_clock()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using var pool = new EnginePool(new EnginePoolOptions { Workers = 1, Niceness = 10 });
        // 0 means the calling thread, on Linux.
        var mine = GetPriority(0, 0);
        var theirs = await pool.RunAsync(EnginePriority.FinalDecode, _ => GetPriority(0, 0)).WaitAsync(Soon);
        theirs.Should().Be(Math.Max(mine, 10));
    }

    /// <summary>Has a worker wait for the gate, and returns when it does.</summary>
    private static Task Hold(EnginePool pool, EnginePriority priority, ManualResetEventSlim gate, bool mayWait = false)
    {
        using var holding = new ManualResetEventSlim();
        var signal = mayWait ? null : holding;
        var task = pool.RunAsync(
            priority,
            _ =>
            {
                signal?.Set();
                return gate.Wait(Soon);
            }
        );
        signal?.Wait(Soon).Should().BeTrue();
        return task;
    }

    [LibraryImport("libc", EntryPoint = "getpriority")]
    private static partial int GetPriority(int which, int who);
}

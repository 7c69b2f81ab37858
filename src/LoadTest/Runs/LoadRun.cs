using System.Diagnostics;

namespace OCPlatform.LoadTest;

/// <summary>What a run cost its own machine.</summary>
/// <param name="Elapsed">First call due to last call over.</param>
/// <param name="Cpu">Processor time of the harness in that time.</param>
/// <param name="CallTime">Sum of all calls' durations.</param>
/// <param name="ClockLateMs">
/// The callers' media clock against its deadlines, p99 of its worst 10 s in ms: what is late here was not late on the wire.
/// </param>
/// <param name="PeakRssBytes">The harness' peak working set.</param>
public sealed record HarnessCost(
    TimeSpan Elapsed,
    TimeSpan Cpu,
    TimeSpan CallTime,
    double ClockLateMs,
    long PeakRssBytes
)
{
    public double CpuPercentOfOneCore => Elapsed > TimeSpan.Zero ? 100 * Cpu / Elapsed : 0;

    /// <summary>CPU ms for each second of each call.</summary>
    public double CpuMsPerCallSecond => CallTime > TimeSpan.Zero ? Cpu.TotalMilliseconds / CallTime.TotalSeconds : 0;
}

/// <summary>Everything a run measured.</summary>
public sealed record LoadResult(
    IReadOnlyList<CallMeasurement> Calls,
    Summary? Lateness,
    LoadProgress.Snapshot Final,
    HarnessCost Cost
)
{
    public RunFigures Figures { get; } = new(Calls, Lateness);
}

/// <summary>Starts the plan's calls at their absolute times, whatever the calls before do, and waits for all to end.</summary>
public sealed class LoadRun(SyntheticCaller caller, LoadPlan plan, TimeProvider time)
{
    private static readonly TimeSpan ClockWatch = TimeSpan.FromSeconds(5);

    private readonly TargetPool _targets = new(plan.Targets, time);
    private readonly List<CallMeasurement> _calls = [];
    private readonly List<HeardAudio> _heard = [];
    private readonly LatenessHistogram _lateness = new();
    private readonly TaskCompletionSource _allEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Calls under way, and one for the loop that starts them.
    private int _open = 1;
    private int _clockLateMicros;

    /// <summary>What the callers heard, when the plan keeps it; complete when the run is.</summary>
    public IReadOnlyList<HeardAudio> Heard => _heard;

    public LoadProgress Progress { get; } = new();

    /// <param name="stop">No further calls are made, and those under way are hung up with BYE.</param>
    /// <param name="lastCall">No further calls are made, and those under way go on to their end.</param>
    public async Task<LoadResult> RunAsync(CancellationToken stop, CancellationToken lastCall = default)
    {
        using var process = Process.GetCurrentProcess();
        var cpuBefore = process.TotalProcessorTime;
        var start = time.GetTimestamp();
        using (time.CreateTimer(_ => WatchClock(), null, ClockWatch, ClockWatch))
        {
            await MakeCallsAsync(start, stop, lastCall);
            WatchClock();
        }
        var elapsed = time.GetElapsedTime(start);
        process.Refresh();
        var calls = _calls.OrderBy(c => c.Index).ToList();
        return new LoadResult(
            calls,
            _lateness.Summarize(),
            Progress.Read(),
            new HarnessCost(
                elapsed,
                process.TotalProcessorTime - cpuBefore,
                TimeSpan.FromTicks(calls.Sum(c => (c.Duration ?? TimeSpan.Zero).Ticks)),
                _clockLateMicros / 1000.0,
                process.PeakWorkingSet64
            )
        );
    }

    /// <summary>Returns when the last call has ended.</summary>
    private async Task MakeCallsAsync(long start, CancellationToken stop, CancellationToken lastCall)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop, lastCall);
        using var room = new SemaphoreSlim(plan.MaxConcurrent);
        var random = new Random(plan.Seed);
        try
        {
            for (var index = 0; plan.DueAt(index) is { } due; index++)
            {
                var wait = due - time.GetElapsedTime(start);
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, time, enough.Token);
                }
                if (!room.Wait(0, CancellationToken.None))
                {
                    Progress.OnHeldBack();
                    await room.WaitAsync(enough.Token);
                }
                enough.Token.ThrowIfCancellationRequested();
                Interlocked.Increment(ref _open);
                var script = plan.ScriptsByTurns ? index % plan.Scripts.Count : random.Next(plan.Scripts.Count);
                _ = RunCallAsync(index, plan.Scripts[script], room, stop);
            }
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
            // The calls under way see the first token and hang up; of the second they know nothing.
        }
        Release();
        await _allEnded.Task;
    }

    private async Task RunCallAsync(int index, CallerScript script, SemaphoreSlim room, CancellationToken stop)
    {
        Progress.OnStarted();
        try
        {
            var targets = _targets.Next();
            var result = await caller.CallAsync(
                script,
                new CallerRequest
                {
                    Target = targets[0].Uri,
                    Destination = targets[0].Destination,
                    Alternatives = [.. targets.Skip(1)],
                    OnTargetFailed = _targets.OnFailed,
                    Codecs = plan.Codecs,
                    From = $"caller{index:0000}",
                    Index = index,
                    Record = plan.AudioFolder is not null || plan.KeepHeard,
                    OnTurn = Progress.OnTurn,
                    OnAnswered = OnAnswered,
                    Lateness = _lateness,
                },
                stop
            );
            Keep(result);
        }
        catch (Exception fault)
        {
            // One call's fault must not end the others; it is reported as that call's.
            Keep(
                new CallMeasurement
                {
                    Index = index,
                    CallId = "",
                    Scenario = script.Name,
                    Outcome = CallOutcome.HarnessFault,
                    Cause = $"{fault.GetType().Name}: {fault.Message}",
                    StartedAt = caller.Now,
                }
            );
        }
        finally
        {
            room.Release();
            Release();
        }
    }

    private void Keep(CallerResult result)
    {
        var call = result.Measurement;
        if (plan.AudioFolder is { } folder && result.Recording is { } recording)
        {
            var path = Path.Combine(folder, $"call-{call.Index:0000}.wav");
            recording.WriteWav(path);
            call = call with { AudioFile = path };
        }
        if (plan.KeepHeard)
        {
            lock (_heard)
            {
                _heard.AddRange(HeardAudio.Of(result));
            }
        }
        Keep(call);
    }

    private void Keep(CallMeasurement call)
    {
        lock (_calls)
        {
            _calls.Add(call);
        }
        Progress.OnEnded(call);
        plan.OnEnded?.Invoke(call);
    }

    private void OnAnswered(LiveCall call)
    {
        Progress.OnAnswered();
        plan.OnAnswered?.Invoke(call);
    }

    private void Release()
    {
        if (Interlocked.Decrement(ref _open) == 0)
        {
            _allEnded.TrySetResult();
        }
    }

    private void WatchClock() => _clockLateMicros = Math.Max(_clockLateMicros, caller.MediaStats.LatenessP99Micros);
}

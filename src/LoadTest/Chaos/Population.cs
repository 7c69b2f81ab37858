using System.Collections.Concurrent;

namespace OCPlatform.LoadTest.Chaos;

/// <summary>
/// A number of calls that is kept up as long as the faults last: when one ends, the next one begins. Knows where each call's media
/// is.
/// </summary>
public sealed class Population
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<int, LiveCall> _live = [];
    private readonly ConcurrentDictionary<int, CallMeasurement> _ended = [];
    private readonly CancellationTokenSource _lastCall = new();
    private readonly SyntheticCaller _caller;
    private readonly TimeProvider _time;
    private readonly Task<LoadResult> _running;

    /// <param name="plan">Without a number of calls: it ends by <see cref="EndAsync"/>.</param>
    public Population(SyntheticCaller caller, LoadPlan plan, TimeProvider time, CancellationToken stop)
    {
        _caller = caller;
        _time = time;
        Run = new LoadRun(
            caller,
            plan with
            {
                Duration = TimeSpan.FromDays(1),
                OnAnswered = call => _live[call.Index] = call,
                OnEnded = OnEnded,
            },
            time
        );
        _running = Run.RunAsync(stop, _lastCall.Token);
    }

    public LoadRun Run { get; }

    /// <summary>The clock of all measurements.</summary>
    public TimeSpan Now => _caller.Now;

    /// <summary>Answered calls that have not ended.</summary>
    public IReadOnlyCollection<LiveCall> Live => [.. _live.Values];

    public IReadOnlyCollection<CallMeasurement> Ended => [.. _ended.Values];

    /// <summary>Indices of the live calls whose media is at the address.</summary>
    public IReadOnlyList<int> On(NodePlace node) =>
        [
            .. _live
                .Values.Where(c => c.MediaAddress().StartsWith($"{node.Address}:", StringComparison.Ordinal))
                .Select(c => c.Index),
        ];

    /// <summary>Waits until so many calls are live.</summary>
    /// <returns>False when they were not within the deadline.</returns>
    public async Task<bool> WaitForAsync(int calls, TimeSpan deadline)
    {
        var start = _time.GetTimestamp();
        while (_live.Count < calls)
        {
            if (_time.GetElapsedTime(start) > deadline)
            {
                return false;
            }
            await Task.Delay(Step, _time);
        }
        return true;
    }

    /// <summary>Makes no more calls and waits until those under way have ended by themselves.</summary>
    public async Task<LoadResult> EndAsync()
    {
        await _lastCall.CancelAsync();
        return await _running;
    }

    private void OnEnded(CallMeasurement call)
    {
        _ended[call.Index] = call;
        _live.TryRemove(call.Index, out _);
    }
}

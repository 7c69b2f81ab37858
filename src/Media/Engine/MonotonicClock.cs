using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OCPlatform.Media.Engine;

/// <summary>
/// The clock threads' time: ns of the monotonic clock that <see cref="Stopwatch"/> reads, and sleeping until an absolute
/// moment of it, so that lateness never adds up.
/// </summary>
internal static partial class MonotonicClock
{
    private const int ClockMonotonic = 1;
    private const int ClockRealtime = 0;
    private const int TimerAbsolute = 1;
    private const int PrSetTimerSlack = 29;
    private const int PrioProcess = 0;
    private const int SchedRoundRobin = 2;
    private const int SchedResetOnFork = 0x40000000;

    private static readonly bool Linux = OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    public static long NowNs() => ToNs(Stopwatch.GetTimestamp());

    public static long ToNs(long stopwatchTicks) =>
        Stopwatch.Frequency == 1_000_000_000
            ? stopwatchTicks
            : (long)(stopwatchTicks * (1_000_000_000.0 / Stopwatch.Frequency));

    public static long ToStopwatchTicks(long ns) =>
        Stopwatch.Frequency == 1_000_000_000 ? ns : (long)(ns * (Stopwatch.Frequency / 1_000_000_000.0));

    /// <summary>Wall clock (since 1970, UTC) minus monotonic clock, in ns.</summary>
    public static long WallMinusMonotonicNs()
    {
        if (!Linux)
            return (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100 - NowNs();
        ClockGetTime(ClockRealtime, out var wall);
        return wall.Seconds * 1_000_000_000 + wall.Nanoseconds - NowNs();
    }

    public static void SleepUntil(long deadlineNs)
    {
        if (Linux)
        {
            var until = new TimeSpec { Seconds = deadlineNs / 1_000_000_000, Nanoseconds = deadlineNs % 1_000_000_000 };
            // Interrupted by a signal (the runtime uses them): sleep on to the same moment.
            while (ClockNanosleep(ClockMonotonic, TimerAbsolute, in until, 0) == InterruptedCall) { }
            return;
        }

        using var never = new ManualResetEventSlim();
        var leftMs = (deadlineNs - NowNs()) / 1_000_000;
        if (leftMs > 0)
            never.Wait((int)leftMs);
    }

    /// <summary>Precise wake-ups and, where allowed, precedence over the machine's other work for the calling thread.</summary>
    public static void FavourThisThread(bool realtime, int niceness)
    {
        if (!Linux)
            return;
        // The default slack lets the kernel wake a thread 50 µs late.
        _ = Prctl(PrSetTimerSlack, 1, 0, 0, 0);
        // Niceness alone does not reach beyond the session's own group where autogroup scheduling is on.
        var lowest = 1;
        if (realtime && SetScheduler(0, SchedRoundRobin | SchedResetOnFork, in lowest) == 0)
            return;
        if (niceness != 0)
            _ = SetPriority(PrioProcess, 0, niceness);
    }

    private const int InterruptedCall = 4;

    [LibraryImport("libc", EntryPoint = "clock_nanosleep")]
    private static partial int ClockNanosleep(int clock, int flags, in TimeSpec until, nint remaining);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, out TimeSpec now);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static partial int SetScheduler(int thread, int policy, in int priority);

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int niceness);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}

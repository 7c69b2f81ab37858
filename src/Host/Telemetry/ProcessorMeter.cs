using System.Globalization;

namespace OCPlatform.Host.Telemetry;

/// <summary>
/// The process's share of the cores it may use, without threads that yield to all others: the speech engines take what
/// nobody needs, and a node that only speaks ahead for its cache is not busy.
/// </summary>
internal sealed class ProcessorMeter(TimeProvider time)
{
    // USER_HZ is 100 on every architecture that .NET runs on (man 5 proc, sysconf(_SC_CLK_TCK)).
    private const double TicksPerSecond = 100;

    private readonly Dictionary<string, long> _nicedTicks = [];
    private TimeSpan _usedBefore;
    private long? _askedAt;

    /// <summary>Share since the last call, 0 to 1; 0 at the first.</summary>
    public double Read()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        var used = process.TotalProcessorTime;
        var niced = NicedSinceLast();
        var (before, since) = (_usedBefore, _askedAt);
        (_usedBefore, _askedAt) = (used, time.GetTimestamp());
        if (since is not { } start)
        {
            return 0;
        }
        var seconds = time.GetElapsedTime(start).TotalSeconds;
        var busy = (used - before).TotalSeconds - niced;
        return Math.Clamp(busy / (seconds * Environment.ProcessorCount), 0, 1);
    }

    /// <summary>Processor seconds of niced threads since the last call; 0 where there is no /proc.</summary>
    private double NicedSinceLast()
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }
        var sum = 0L;
        foreach (var thread in Directory.EnumerateDirectories("/proc/self/task"))
        {
            if (ReadNiced(thread) is not { } ticks)
            {
                _nicedTicks.Remove(thread);
                continue;
            }
            sum += ticks - _nicedTicks.GetValueOrDefault(thread, ticks);
            _nicedTicks[thread] = ticks;
        }
        return sum / TicksPerSecond;
    }

    /// <summary>Ticks that a niced thread used so far; null when it is not niced, or gone.</summary>
    private static long? ReadNiced(string thread)
    {
        try
        {
            return NicedTicks(File.ReadAllText($"{thread}/stat"));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>From a line of /proc/…/stat: utime and stime (14, 15) when nice (19) is above 0.</summary>
    internal static long? NicedTicks(string stat)
    {
        // The name (2) is in parentheses and may hold anything.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return Number(fields, 19) > 0 ? Number(fields, 14) + Number(fields, 15) : null;
    }

    private static long Number(string[] fields, int field) =>
        long.Parse(fields[field - 3], CultureInfo.InvariantCulture);
}

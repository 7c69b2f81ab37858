namespace OCPlatform.Bench;

/// <summary>What one operation costs: the median of several rounds.</summary>
internal readonly record struct Cost(double Nanoseconds, double AllocatedBytes)
{
    public double PerSecond => 1e9 / Nanoseconds;
}

/// <summary>
/// Runs an operation until the compiler has settled, then in rounds, and takes the median. Time is the processor's, not the wall's, so that it means
/// the same on a busy machine.
/// </summary>
internal static class Measurement
{
    private const int Rounds = 9;
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(700);
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(120);

    private static TimeSpan CpuTime => Environment.CpuUsage.TotalTime;

    public static Cost Of(Action operation)
    {
        var perRound = Calibrate(operation);
        Span<double> times = stackalloc double[Rounds];
        Span<double> bytes = stackalloc double[Rounds];
        for (var round = 0; round < Rounds; round++)
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var start = CpuTime;
            for (var i = 0; i < perRound; i++)
            {
                operation();
            }
            times[round] = (CpuTime - start).TotalNanoseconds / perRound;
            bytes[round] = (double)(GC.GetAllocatedBytesForCurrentThread() - allocated) / perRound;
        }
        times.Sort();
        bytes.Sort();
        return new(times[Rounds / 2], bytes[Rounds / 2]);
    }

    /// <summary>Warms up, and tells how many operations fill a round.</summary>
    private static int Calibrate(Action operation)
    {
        var start = CpuTime;
        var count = 0L;
        do
        {
            for (var i = 0; i < 64; i++)
            {
                operation();
            }
            count += 64;
        } while (CpuTime - start < WarmUp);
        var each = (CpuTime - start) / count;
        return (int)Math.Clamp(Round / each, 16, 10_000_000);
    }
}

/// <summary>A plain table on the console: a name, then figures.</summary>
internal sealed class FigureTable(string title, params string[] columns)
{
    private readonly List<string[]> _rows = [];

    public FigureTable Add(string name, params string[] figures)
    {
        _rows.Add([name, .. figures]);
        return this;
    }

    public void Print()
    {
        string[] head = [title, .. columns];
        var widths = head.Select((h, i) => _rows.Select(r => r[i].Length).Append(h.Length).Max()).ToArray();
        Console.WriteLine(Line(head, widths));
        Console.WriteLine(new string('-', widths.Sum() + 2 * (widths.Length - 1)));
        foreach (var row in _rows)
        {
            Console.WriteLine(Line(row, widths));
        }
        Console.WriteLine();
    }

    private static string Line(string[] cells, int[] widths) =>
        string.Join("  ", cells.Select((c, i) => i == 0 ? c.PadRight(widths[i]) : c.PadLeft(widths[i])));
}

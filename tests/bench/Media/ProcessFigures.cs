namespace OCPlatform.Bench.Media;

/// <summary>What a process has used so far, from /proc.</summary>
/// <param name="CpuMs">User and system time.</param>
/// <param name="ClockMs">The part of the media clocks' threads.</param>
internal readonly record struct ProcessFigures(double CpuMs, double ClockMs, double RssKb)
{
    private const double MsPerTick = 10;

    public static ProcessFigures Of(int process)
    {
        var cpu = Ticks($"/proc/{process}/stat");
        var clock = 0.0;
        foreach (var thread in Directory.GetDirectories($"/proc/{process}/task"))
        {
            try
            {
                if (File.ReadAllText($"{thread}/comm").StartsWith("media-clock", StringComparison.Ordinal))
                {
                    // Nanoseconds on the processor.
                    clock += double.Parse(File.ReadAllText($"{thread}/schedstat").Split(' ')[0]) / 1e6;
                }
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }
        var rss = File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith("VmRSS", StringComparison.Ordinal));
        return new(cpu * MsPerTick, clock, double.Parse(rss.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]));
    }

    public static ProcessFigures operator -(ProcessFigures a, ProcessFigures b) =>
        new(a.CpuMs - b.CpuMs, a.ClockMs - b.ClockMs, a.RssKb - b.RssKb);

    private static double Ticks(string path)
    {
        var text = File.ReadAllText(path);
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return double.Parse(fields[11]) + double.Parse(fields[12]);
    }
}

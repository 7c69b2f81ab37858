namespace OCPlatform.Bench.Media;

/// <summary>A figure against the number of calls, as bars.</summary>
internal static class TextPlot
{
    private const int Width = 60;

    public static void Print(string title, IEnumerable<(int Calls, double Figure)> points)
    {
        var all = points.ToList();
        if (all.Count == 0)
        {
            return;
        }
        var most = Math.Max(all.Max(p => p.Figure), 1e-9);
        Console.WriteLine(title);
        foreach (var (calls, figure) in all)
        {
            Console.WriteLine($"{calls, 6} {new string('#', (int)Math.Round(Width * figure / most))} {figure:0.0}");
        }
        Console.WriteLine();
    }
}

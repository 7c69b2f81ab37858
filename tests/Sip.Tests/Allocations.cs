namespace OCPlatform.Sip.Tests;

internal static class Allocations
{
    /// <summary>Bytes that one run allocates on this thread, over 20,000 runs and after as many to warm up.</summary>
    public static double PerOperation<T>(Func<T> operation)
    {
        const int runs = 20_000;
        T last = default!;
        for (var i = 0; i < runs; i++)
        {
            last = operation();
        }
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < runs; i++)
        {
            last = operation();
        }
        var each = (double)(GC.GetAllocatedBytesForCurrentThread() - before) / runs;
        GC.KeepAlive(last);
        return each;
    }
}

namespace OCPlatform.Tests;

/// <summary>What code costs the garbage collector.</summary>
internal static class Allocations
{
    private const int Windows = 5;

    // The runtime allocates now and then for itself on whatever thread is running: caches of casts and dispatch that grow,
    // statics of a method that was just optimised. Seen were 1.2 kB, once.
    private const long MostOnceBytes = 16_384;

    /// <summary>
    /// Asserts that doing something over and over allocates nothing: after a window to warm up, most of five windows of so many
    /// runs are without a byte. What the runtime does once for itself falls into one of them, what happens per run into all.
    /// </summary>
    public static void ShouldBeNonePer(string what, int runs, Action run) =>
        ShouldBeNoneIn(
            $"{runs} times {what}",
            () =>
            {
                for (var i = 0; i < runs; i++)
                    run();
            }
        );

    /// <summary>The same with a window that has a loop of its own.</summary>
    public static void ShouldBeNoneIn(string window, Action run) => ShouldBeNone($"six times {window}", Measure(run));

    /// <summary>The same of windows that were measured elsewhere.</summary>
    public static void ShouldBeNone(string what, long[] windows)
    {
        var bytes = windows.Order().ToArray();
        var seen = $"{what}; bytes of each window: {string.Join(", ", windows)}";
        bytes[bytes.Length / 2].Should().Be(0, seen);
        bytes.Sum().Should().BeLessThan(MostOnceBytes, seen);
    }

    /// <summary>Bytes that one run allocates on this thread: the median of five windows.</summary>
    public static double PerOperation<T>(Func<T> operation)
    {
        const int runs = 10_000;
        T last = default!;
        var bytes = Measure(() =>
        {
            for (var i = 0; i < runs; i++)
                last = operation();
        });
        GC.KeepAlive(last);
        return (double)bytes.Order().ElementAt(Windows / 2) / runs;
    }

    private static long[] Measure(Action window)
    {
        window();
        var bytes = new long[Windows];
        for (var i = 0; i < Windows; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            window();
            bytes[i] = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        return bytes;
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Recording;

namespace OCPlatform.Bench.Recording;

/// <summary>
/// `./ocp bench recording [CALLS] [SECONDS]`: what recording costs when nothing else happens: a thread that ticks all calls
/// every 20 ms, and the writer. Processor time of the whole process and of the ticking, per call and second; memory beyond
/// the same calls without recorders.
/// </summary>
internal static class RecordingBench
{
    private const int Slots = 10;
    private const int ThreadCpuTime = 3;
    private static readonly TimeSpan GiveUp = TimeSpan.FromMilliseconds(100);

    public static int Run(string[] arguments)
    {
        var calls = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 1500;
        var seconds = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 10;
        Console.WriteLine($"{calls} recordings, {seconds} s each after 3 s of warm-up");
        Console.WriteLine("format          CPU ms/call-s   of it ticks   MB/s   kB RSS/call   lost ms   writer busy");
        foreach (var (format, rateHz) in Cases())
        {
            var few = format == RecordingFormat.OggOpus ? Math.Min(calls, 40) : calls;
            Measure(format, rateHz, few, seconds);
        }

        return 0;
    }

    private static IEnumerable<(RecordingFormat, int)> Cases() =>
        [
            (RecordingFormat.WavUlaw, 8000),
            (RecordingFormat.WavPcm, 8000),
            (RecordingFormat.WavUlaw, 16_000),
            (RecordingFormat.WavPcm, 16_000),
            (RecordingFormat.OggOpus, 8000),
            (RecordingFormat.OggOpus, 16_000),
        ];

    private static void Measure(RecordingFormat format, int rateHz, int calls, int seconds)
    {
        var folder = Directory.CreateTempSubdirectory("ocp-bench-");
        try
        {
            using var writer = new RecordingWriter();
            var (caller, agent) = Conversation(rateHz);
            Settle();
            var residentBefore = Resident();
            var recorders = Enumerable
                .Range(0, calls)
                .Select(i =>
                    writer.Begin(Path.Combine(folder.FullName, $"{i}{format.FileExtension()}"), format, rateHz)
                )
                .ToArray();
            long tick = 0;
            Ticks(3 * 50);
            var written = writer.Stats.BytesWritten;
            var total = Process.GetCurrentProcess().TotalProcessorTime;
            var begun = Stopwatch.GetTimestamp();
            var spent = Ticks(seconds * 50);
            var elapsed = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            total = Process.GetCurrentProcess().TotalProcessorTime - total;
            var resident = Resident() - residentBefore;
            var stats = writer.Stats;
            foreach (var recorder in recorders)
                recorder.Stop();
            Task.WaitAll(recorders.Select(r => (Task)r.Finished).ToArray());
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{format, -8} {rateHz, 5}   {total.TotalMilliseconds / calls / seconds, 10:F4}   "
                        + $"{spent.TotalMilliseconds / calls / seconds, 11:F4}   {(stats.BytesWritten - written) / elapsed / 1e6, 6:F1} "
                        + $"{resident / 1024.0 / calls, 10:F1}   {writer.Stats.LostMs, 9}   {stats.Busy, 8:P0}"
                )
            );

            TimeSpan Ticks(int count)
            {
                var frame = rateHz / 50;
                var start = Stopwatch.GetTimestamp();
                var working = TimeSpan.Zero;
                using var pause = new ManualResetEventSlim();
                for (var i = 0; i < count; i++, tick++)
                {
                    for (var slot = 0; slot < Slots; slot++)
                    {
                        var due = TimeSpan.FromMilliseconds(i * 20 + slot * 20.0 / Slots);
                        while (Stopwatch.GetElapsedTime(start) < due)
                        {
                            pause.Wait(1);
                        }
                        // As the media clock does: what is far behind is given up, not made up for in a burst.
                        if (Stopwatch.GetElapsedTime(start) - due > GiveUp)
                        {
                            start = Stopwatch.GetTimestamp() - (long)(due.TotalSeconds * Stopwatch.Frequency);
                        }
                        var from = ThreadTime();
                        for (var call = slot; call < recorders.Length; call += Slots)
                        {
                            var at = (int)((tick * 7 + call) % 190) * frame;
                            var info = new MediaFrameInfo { MediaTime = tick * frame };
                            recorders[call].OnFrames(caller.AsSpan(at, frame), agent.AsSpan(at, frame), info);
                        }

                        working += ThreadTime() - from;
                    }
                }

                return working;
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Four seconds in which two voices take turns: noise of a voice's spectrum in syllables, and a line's hiss.</summary>
    private static (short[] Caller, short[] Agent) Conversation(int rateHz)
    {
        var random = new Random(1);
        var (caller, agent) = (new short[rateHz * 4], new short[rateHz * 4]);
        double low = 0;
        for (var i = 0; i < caller.Length; i++)
        {
            low += (random.NextDouble() * 2 - 1 - low) * 800 * 2 * Math.PI / rateHz;
            var voice = (short)(9000 * low * Math.Abs(Math.Sin(i * 10.0 / rateHz)));
            var hiss = (short)random.Next(-20, 20);
            var callerSpeaks = i / rateHz % 2 == 0;
            (caller[i], agent[i]) = callerSpeaks ? (voice, hiss) : (hiss, voice);
        }
        return (caller, agent);
    }

    private static TimeSpan ThreadTime()
    {
        ClockGetTime(ThreadCpuTime, out var now);
        return TimeSpan.FromTicks(now.Seconds * TimeSpan.TicksPerSecond + now.Nanoseconds / 100);
    }

    [DllImport("libc", EntryPoint = "clock_gettime")]
    private static extern int ClockGetTime(int clock, out TimeSpec now);

    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    private static void Settle()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    private static long Resident()
    {
        using var self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }
}

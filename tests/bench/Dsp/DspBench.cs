using System.Globalization;
using OCPlatform.Media.Dsp;

namespace OCPlatform.Bench.Dsp;

/// <summary>What 20 ms of sound cost in processor time: <c>dsp</c>.</summary>
internal static class DspBench
{
    private static readonly int[] RatesHz = [8000, 16000, 24000, 48000];

    public static int Run(string[] arguments)
    {
        if (arguments.Length > 0)
        {
            Console.Error.WriteLine($"dsp takes no arguments, but got '{arguments[0]}'.");
            return 2;
        }
        PrintResampling();
        PrintMeters();
        PrintMixing();
        return 0;
    }

    private static void PrintResampling()
    {
        var table = new FigureTable("Resampling 20 ms", "µs", "instance B");
        foreach (var from in (int[])[8000, 16000, 24000, 44100, 48000])
        {
            foreach (var to in RatesHz.Where(rate => rate != from))
            {
                _ = new Resampler(from, to);
                var bytes = AllocatedBy(() => new Resampler(from, to));
                var resampler = new Resampler(from, to);
                var input = Noise(from / 50, 8000);
                var output = new short[resampler.MaxOutput(input.Length)];
                table.Add(
                    $"{from / 1000.0} → {to / 1000} kHz",
                    Micros(Measurement.Of(() => resampler.Process(input, output))),
                    bytes.ToString(CultureInfo.InvariantCulture)
                );
            }
        }
        table.Print();
    }

    private static void PrintMeters()
    {
        var table = new FigureTable("Meters, 20 ms", "8 kHz µs", "16 kHz µs", "instance B");
        table.Add(
            "EnergyGate",
            Both(rate => new EnergyGate(rate), (gate, frame) => gate.Process(frame)),
            () => new EnergyGate(8000)
        );
        table.Add(
            "AutomaticGainControl",
            Both(Adapted, (agc, frame) => agc.Process(frame)),
            () => new AutomaticGainControl(8000)
        );
        table.Add(
            "LoudnessMeter",
            Both(rate => new LoudnessMeter(rate), (meter, frame) => meter.Process(frame)),
            () => new LoudnessMeter(8000)
        );
        table.Print();
    }

    /// <summary>One that has heard a quiet speaker, so that it has something to do.</summary>
    private static AutomaticGainControl Adapted(int rateHz)
    {
        var agc = new AutomaticGainControl(rateHz);
        for (var i = 0; i < 200; i++)
        {
            agc.Process(Noise(rateHz / 50, i % 20 < 10 ? 20 : 500));
        }
        return agc;
    }

    private static void PrintMixing()
    {
        var table = new FigureTable("A conference's 20 ms", "µs", "µs a party");
        foreach (var parties in (int[])[2, 8, 64])
        {
            AddMix(table, "8 kHz", parties, 0, _ => 8000, 3000);
            AddMix(table, "16 kHz", parties, 0, _ => 16000, 3000);
            AddMix(table, "8 and 16 kHz", parties, 0, i => i % 2 == 0 ? 8000 : 16000, 3000);
        }
        AddMix(table, "8 kHz, limited", 64, 0, _ => 8000, 20_000);
        AddMix(table, "8 kHz, the 4 loudest", 64, 4, _ => 8000, 3000);
        table.Print();
    }

    private static void AddMix(FigureTable table, string name, int parties, int cap, Func<int, int> rate, int level)
    {
        var mixer = new AudioMixer(new AudioMixerOptions { MaxSpeakers = cap });
        var talk = Enumerable
            .Range(0, parties)
            .Select(i => (Party: mixer.Join(rate(i))!, Says: Noise(rate(i) / 50, level)))
            .ToArray();
        var cost = Measurement.Of(() =>
        {
            foreach (var (party, says) in talk)
            {
                party.Write(says);
            }
            mixer.Mix();
        });
        table.Add(
            $"{parties} parties of {name}",
            Micros(cost),
            (cost.Nanoseconds / 1000 / parties).ToString("F3", CultureInfo.InvariantCulture)
        );
    }

    private static string[] Both<T>(Func<int, T> make, Action<T, short[]> process)
    {
        return
        [
            .. ((int[])[8000, 16000]).Select(rate =>
            {
                var subject = make(rate);
                var frame = Noise(rate / 50, 2000);
                return Micros(Measurement.Of(() => process(subject, frame)));
            }),
        ];
    }

    private static void Add<T>(this FigureTable table, string name, string[] figures, Func<T> make) =>
        table.Add(name, [.. figures, AllocatedBy(make).ToString(CultureInfo.InvariantCulture)]);

    private static long AllocatedBy<T>(Func<T> make)
    {
        make();
        var before = GC.GetAllocatedBytesForCurrentThread();
        make();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static short[] Noise(int samples, int level)
    {
        var random = new Random(samples);
        return [.. Enumerable.Range(0, samples).Select(_ => (short)random.Next(-level, level))];
    }

    private static string Micros(Cost cost) => (cost.Nanoseconds / 1000).ToString("F3", CultureInfo.InvariantCulture);
}

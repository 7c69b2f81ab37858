using System.Diagnostics;
using System.Globalization;

namespace OCPlatform.Bench.Fuzz;

/// <summary>An input that broke something. Target, seed and input number make it again.</summary>
internal sealed record FuzzFailure(string Target, long Seed, long Input, byte[] Bytes, string What)
{
    public override string ToString() =>
        $"{Target}: input {Input} of seed {Seed}: {What}\nreplay: dotnet run -c Release --project tests/bench -- fuzz --target {Target} --seed {Seed} --at {Input}\n"
        + $"bytes: {Convert.ToBase64String(Bytes)}";
}

/// <summary>What a run showed.</summary>
internal sealed record FuzzReport(string Target, long Seed, long Inputs, TimeSpan Took)
{
    public long Accepted { get; init; }
    public required IReadOnlyDictionary<string, long> Errors { get; init; }
    public TimeSpan Slowest { get; init; }
    public long LiveBytesEarly { get; init; }
    public long LiveBytesLate { get; init; }
    public FuzzFailure? Failure { get; init; }

    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Target}: {Inputs:N0} inputs of seed {Seed}, {Inputs / Took.TotalSeconds:N0} inputs/s, {100.0 * Accepted / Math.Max(1, Inputs):N0} % accepted, "
                + $"{Errors.Count} distinct errors, slowest {Slowest.TotalMilliseconds:N1} ms, live memory {LiveBytesEarly / 1e6:N1} to {LiveBytesLate / 1e6:N1} MB, "
                + $"peak {Process.GetCurrentProcess().PeakWorkingSet64 / 1e6:N0} MB: {(Failure is null ? "clean" : "FAILED")}"
        );
}

/// <summary>Feeds a target until a count or a time is reached, or something breaks: an exception, an input that takes too long, memory that grows.</summary>
internal sealed class FuzzRun(FuzzTarget target, long seed)
{
    /// <summary>A busy machine may stop a thread for a while; no input may take this long all by itself.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(250);

    private const int GrowthAllowedBytes = 8_000_000;

    private readonly FuzzRandom _random = new();
    private readonly Dictionary<string, long> _errors = [];
    private long _accepted;
    private TimeSpan _slowest;

    /// <summary>Off where others use the same process's memory.</summary>
    public bool WatchesMemory { get; init; } = true;

    /// <summary>The bytes of one input.</summary>
    public byte[] Make(long input)
    {
        _random.Reset(seed, input);
        return new Mutator(target, _random).Next().ToArray();
    }

    public FuzzReport Run(long inputs, TimeSpan? time = null)
    {
        var mutator = new Mutator(target, _random);
        var start = Stopwatch.GetTimestamp();
        var early = 0L;
        FuzzFailure? failure = null;
        var done = 0L;
        for (; done < inputs && failure is null; done++)
        {
            if (WatchesMemory && done == 20_000)
            {
                early = GC.GetTotalMemory(forceFullCollection: true);
            }
            if (done % 64 == 0 && time is { } limit && Stopwatch.GetElapsedTime(start) > limit)
            {
                break;
            }
            _random.Reset(seed, done);
            failure = Feed(mutator.Next(), done);
        }
        var took = Stopwatch.GetElapsedTime(start);
        var late = GC.GetTotalMemory(forceFullCollection: WatchesMemory);
        if (WatchesMemory && failure is null && early > 0 && late - early > GrowthAllowedBytes)
        {
            failure = new(target.Name, seed, done, [], $"live memory grew from {early} to {late} bytes");
        }
        return new(target.Name, seed, done, took)
        {
            Accepted = _accepted,
            Errors = _errors,
            Slowest = _slowest,
            LiveBytesEarly = early > 0 ? early : late,
            LiveBytesLate = late,
            Failure = failure,
        };
    }

    /// <summary>Null when nothing broke.</summary>
    public FuzzFailure? Feed(ReadOnlySpan<byte> input, long number)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            if (target.Run(input) is { } error)
            {
                _errors[error] = _errors.GetValueOrDefault(error) + 1;
            }
            else
            {
                _accepted++;
            }
        }
        catch (Exception thrown)
        {
            return new(target.Name, seed, number, input.ToArray(), thrown.ToString());
        }
        var took = Stopwatch.GetElapsedTime(start);
        if (took > _slowest && Time(input) is var again && again > _slowest)
        {
            _slowest = again;
            if (again > Deadline)
            {
                return new(target.Name, seed, number, input.ToArray(), $"took {again.TotalMilliseconds:N0} ms");
            }
        }
        return null;
    }

    /// <summary>The best of several times, since other processes may hold this one up.</summary>
    private TimeSpan Time(ReadOnlySpan<byte> input)
    {
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var start = Stopwatch.GetTimestamp();
            target.Run(input);
            var took = Stopwatch.GetElapsedTime(start);
            best = took < best ? took : best;
        }
        return best;
    }
}

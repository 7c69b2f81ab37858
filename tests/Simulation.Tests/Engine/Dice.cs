namespace OCPlatform.Simulation.Tests.Engine;

/// <summary>
/// Every decision of a run, from one seed. SplitMix64: quick to seed, and the same numbers in every version of the framework, so that a seed
/// written down today fails in the same way next year.
/// </summary>
internal sealed class Dice(long seed)
{
    private ulong _state = (ulong)seed * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019;

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>From 0 to below the limit.</summary>
    public int Below(int limit) => (int)(((UInt128)Next() * (uint)limit) >> 64);

    /// <summary>Both ends included.</summary>
    public int Between(int least, int most) => least + Below(most - least + 1);

    public TimeSpan Between(TimeSpan least, TimeSpan most) => least + (most - least) * Unit();

    /// <summary>A whole number of milliseconds from 0 to below the limit: a grid on which things coincide.</summary>
    public TimeSpan Ms(int limit) => TimeSpan.FromMilliseconds(Below(limit));

    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    public bool Chance(double probability) => Unit() < probability;

    public T Pick<T>(params ReadOnlySpan<T> choices) => choices[Below(choices.Length)];
}

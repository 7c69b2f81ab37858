namespace OCPlatform.Bench.Fuzz;

/// <summary>SplitMix64: the same numbers for the same seed and input, on every machine.</summary>
internal sealed class FuzzRandom
{
    private ulong _state;

    /// <summary>Begins the numbers of one input.</summary>
    public void Reset(long seed, long input) =>
        _state = (ulong)seed * 0x9e3779b97f4a7c15 ^ (ulong)input * 0xd1342543de82ef95;

    public ulong Next()
    {
        var z = _state += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    /// <summary>From 0 to below the limit.</summary>
    public int Below(int limit) => limit <= 1 ? 0 : (int)(Next() % (ulong)limit);

    public bool OneIn(int n) => Below(n) == 0;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];
}

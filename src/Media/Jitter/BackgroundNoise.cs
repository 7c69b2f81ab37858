namespace OCPlatform.Media.Jitter;

/// <summary>
/// How loud the line is when nobody speaks, and noise of that level to put where nothing is known: speech is not cut off
/// by dead silence. A mutable struct inside its stream.
/// </summary>
internal struct BackgroundNoise
{
    // Above it nothing is taken for background (−36 dB full scale, as a mean magnitude).
    private const float Loudest = 500;

    // The floor rises by 3 dB a second when looked at six times a second, and falls at once.
    private const float Rise = 1.06f;

    private static readonly sbyte[] Table = MakeTable();
    private float _floor = Loudest;
    private uint _at;

    public BackgroundNoise() { }

    /// <summary>Mean magnitude of the background; 0 before anything was heard.</summary>
    public float Level { get; private set; }

    /// <summary>Mean magnitude of a stretch.</summary>
    public static float Magnitude(ReadOnlySpan<short> samples)
    {
        var sum = 0;
        foreach (var sample in samples)
            sum += Math.Abs((int)sample);
        return samples.IsEmpty ? 0 : (float)sum / samples.Length;
    }

    /// <summary>Takes note of 20 ms of received audio, a few times a second.</summary>
    public void Observe(ReadOnlySpan<short> samples)
    {
        _floor = Math.Min(Math.Min(_floor * Rise + 0.1f, Loudest), Magnitude(samples));
        Level = _floor;
    }

    /// <summary>The peer says how loud its background is (RFC 3389: −dBov of the noise).</summary>
    public void Set(int minusDbov) =>
        Level = _floor = Math.Min(Loudest, 32768f * MathF.Pow(10, -minusDbov / 20f) * 0.8f);

    /// <summary>Whether a stretch is background, or near enough to it.</summary>
    public readonly bool Covers(ReadOnlySpan<short> samples) => Magnitude(samples) < Math.Max(2 * Level, 80);

    /// <summary>Adds noise, its weight going from <paramref name="first"/> to <paramref name="last"/> (0–1).</summary>
    public void Add(Span<short> samples, float first, float last)
    {
        // Uniform noise of amplitude a has the mean magnitude a/2; the table's amplitude is 127.
        var scale = Level * 2 / 127;
        if (scale < 0.01f)
            return;
        var weight = first * scale;
        var step = (last - first) * scale / samples.Length;
        for (var i = 0; i < samples.Length; i++, weight += step)
        {
            var sum = samples[i] + Table[_at++ % Table.Length] * weight;
            samples[i] = (short)Math.Clamp(sum, short.MinValue, short.MaxValue);
        }
    }

    private static sbyte[] MakeTable()
    {
        // A fixed seed: the same loss sounds the same every time. A prime length: no beat with frames.
        var random = new Random(1);
        var table = new sbyte[4093];
        for (var i = 0; i < table.Length; i++)
            table[i] = (sbyte)random.Next(-127, 128);
        return table;
    }
}

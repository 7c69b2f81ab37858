namespace OCPlatform.LoadTest.Chaos;

/// <summary>
/// How a stretch of speech sounds, coarsely: the level in eight bands, frame by frame. Enough to know a line again that has come over
/// a telephone.
/// </summary>
internal sealed class LineFeatures
{
    public const int FrameSamples = 160;

    /// <summary>A line is known by frames that begin every 5 ms, what is heard by frames of 20 ms: their grids need not meet.</summary>
    public const int FineHop = 40;

    private const int Bands = 8;
    private const double LowestHz = 250;
    private const double Step = 1.42;

    // Below this a band is silence, whatever its noise.
    private const double Floor = 1e8;

    private readonly float[] _levels;

    private LineFeatures(float[] levels) => _levels = levels;

    public int Frames => _levels.Length / Bands;

    /// <param name="pcm">8 kHz.</param>
    /// <param name="hop">Samples from one frame to the next.</param>
    public static LineFeatures Of(ReadOnlySpan<short> pcm, int hop)
    {
        var frames = pcm.Length < FrameSamples ? 0 : (pcm.Length - FrameSamples) / hop + 1;
        var levels = new float[frames * Bands];
        for (var frame = 0; frame < frames; frame++)
        {
            var samples = pcm.Slice(frame * hop, FrameSamples);
            for (var band = 0; band < Bands; band++)
            {
                var power = PowerAt(samples, LowestHz * Math.Pow(Step, band));
                levels[frame * Bands + band] = (float)Math.Log10(Floor + power);
            }
        }
        return new LineFeatures(levels);
    }

    /// <summary>Mean difference to a line at an offset, over the frames that both have; decades of power.</summary>
    /// <param name="line">With <see cref="FineHop"/>.</param>
    /// <param name="offset">Fine frame of the line at which this one's first frame lies; may be negative.</param>
    public double DistanceTo(LineFeatures line, int offset)
    {
        const int fine = FrameSamples / FineHop;
        double sum = 0;
        var compared = 0;
        for (var frame = 0; frame < Frames; frame++)
        {
            var at = offset + frame * fine;
            if (at < 0 || at >= line.Frames)
            {
                continue;
            }
            for (var band = 0; band < Bands; band++)
            {
                sum += Math.Abs(_levels[frame * Bands + band] - line._levels[at * Bands + band]);
            }
            compared++;
        }
        return compared == 0 ? double.MaxValue : sum / (compared * Bands);
    }

    /// <summary>Goertzel's filter.</summary>
    private static double PowerAt(ReadOnlySpan<short> samples, double hz)
    {
        var factor = 2 * Math.Cos(2 * Math.PI * hz / SpeechDetector.SampleRateHz);
        var (before, last) = (0.0, 0.0);
        foreach (var sample in samples)
        {
            (before, last) = (last, sample + factor * last - before);
        }
        return before * before + last * last - factor * before * last;
    }
}

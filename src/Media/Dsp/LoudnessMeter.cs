namespace OCPlatform.Media.Dsp;

/// <summary>
/// Loudness of one channel after ITU-R BS.1770-4 and EBU R 128, in LUFS: momentary (400 ms) and integrated over all that
/// was heard, gated (blocks of 400 ms every 100 ms; those below −70 LUFS, then those 10 LU below the mean of the rest, do
/// not count). A sine of 1 kHz and −20 dBFS peak has −23 LUFS. State is 3 kB however long it runs; allocates nothing.
/// </summary>
public sealed class LoudnessMeter
{
    private const int BlocksPerSecond = 10;
    private const int BlocksInGate = 4;
    private const double OffsetLufs = -0.691;
    private const double AbsoluteGateLufs = -70;
    private const double RelativeGateLu = -10;
    private const double MaxLufs = 5;

    // The gated blocks' loudness in classes: a mean over them errs by less than half a class.
    private const int ClassesPerLu = 10;

    private readonly int[] _classes = new int[(int)((MaxLufs - AbsoluteGateLufs) * ClassesPerLu)];
    private readonly int _blockSamples;
    private KWeighting _weighting;
    private double _block1,
        _block2,
        _block3,
        _filling;
    private int _filled;
    private int _blocks;

    /// <param name="sampleRateHz">8000, 16000, 24000 or 48000 Hz (any multiple of 10 works).</param>
    public LoudnessMeter(int sampleRateHz)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sampleRateHz, 8000);
        _weighting = new KWeighting(sampleRateHz);
        _blockSamples = sampleRateHz / BlocksPerSecond;
    }

    /// <summary>Loudness of the last 400 ms, renewed every 100 ms; −∞ before there were 400 ms, and in silence.</summary>
    public double MomentaryLufs { get; private set; } = double.NegativeInfinity;

    /// <summary>The highest momentary loudness so far.</summary>
    public double MaxMomentaryLufs { get; private set; } = double.NegativeInfinity;

    /// <summary>Gated loudness of everything so far; −∞ when nothing was louder than −70 LUFS.</summary>
    public double IntegratedLufs
    {
        get
        {
            var ungated = Mean(0);
            var gate = Loudness(ungated) + RelativeGateLu;
            return Loudness(Mean((int)Math.Max(0, Math.Round((gate - AbsoluteGateLufs) * ClassesPerLu))));
        }
    }

    /// <summary>Takes the next samples, as many as there are.</summary>
    public void Process(ReadOnlySpan<short> samples)
    {
        while (!samples.IsEmpty)
        {
            var piece = samples[..Math.Min(samples.Length, _blockSamples - _filled)];
            samples = samples[piece.Length..];
            _filling += _weighting.SumOfSquares(piece);
            _filled += piece.Length;
            if (_filled == _blockSamples)
                EndBlock();
        }
    }

    private void EndBlock()
    {
        var power = (_block1 + _block2 + _block3 + _filling) / (BlocksInGate * _blockSamples);
        (_block1, _block2, _block3, _filling, _filled) = (_block2, _block3, _filling, 0, 0);
        if (++_blocks < BlocksInGate)
            return;
        MomentaryLufs = Loudness(power / PcmPower.FullScale);
        MaxMomentaryLufs = Math.Max(MaxMomentaryLufs, MomentaryLufs);
        if (MomentaryLufs > AbsoluteGateLufs)
            _classes[Math.Min((int)((MomentaryLufs - AbsoluteGateLufs) * ClassesPerLu), _classes.Length - 1)]++;
    }

    /// <summary>Mean power of the blocks in this class and above.</summary>
    private double Mean(int first)
    {
        double sum = 0;
        long count = 0;
        for (var i = first; i < _classes.Length; i++)
        {
            if (_classes[i] == 0)
                continue;
            var lufs = AbsoluteGateLufs + (i + 0.5) / ClassesPerLu;
            sum += _classes[i] * Math.Pow(10, (lufs - OffsetLufs) / 10);
            count += _classes[i];
        }

        return count == 0 ? 0 : sum / count;
    }

    private static double Loudness(double power) => OffsetLufs + 10 * Math.Log10(power);
}

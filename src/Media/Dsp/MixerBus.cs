namespace OCPlatform.Media.Dsp;

/// <summary>
/// The parties of one rate. Floats hold sums of 256 parties' 16-bit samples exactly, so that the total without one's own
/// is what a sum of the others would be.
/// </summary>
internal sealed class MixerBus(int sampleRateHz)
{
    private readonly float[] _total = new float[sampleRateHz / 50];
    private readonly float[] _scratch = new float[sampleRateHz / 50];
    private readonly short[] _everyone = new short[sampleRateHz / 50];
    private SoftLimiter _limiter = new();
    private Resampler? _toOther;

    public int SampleRateHz => sampleRateHz;
    public int FrameSamples => _total.Length;
    public int Parties { get; set; }

    /// <summary>The whole of the bus: what they hear who say nothing.</summary>
    public ReadOnlySpan<short> Everyone => _everyone;
    public SoftLimiter Limiter => _limiter;

    /// <summary>The gain of <see cref="Limiter"/> before this frame.</summary>
    public float GainBefore { get; private set; }

    public void Clear() => Array.Clear(_total);

    public void Add(ReadOnlySpan<short> said) => PcmVectors.Add(said, _total);

    /// <summary>
    /// Lets each of two buses hear the other's parties: two conversions, however many parties there are. They sound
    /// <see cref="Resampler.GroupDelayMs"/> later there.
    /// </summary>
    public static void Join(MixerBus narrow, MixerBus wide)
    {
        if (narrow.Parties == 0 || wide.Parties == 0)
        {
            narrow._toOther?.Reset();
            wide._toOther?.Reset();
            return;
        }

        narrow._toOther ??= new Resampler(narrow.SampleRateHz, wide.SampleRateHz);
        wide._toOther ??= new Resampler(wide.SampleRateHz, narrow.SampleRateHz);
        narrow._toOther.Process(narrow._total, wide._scratch);
        wide._toOther.Process(wide._total, narrow._scratch);
        System.Numerics.Tensors.TensorPrimitives.Add(narrow._total, narrow._scratch, narrow._total);
        System.Numerics.Tensors.TensorPrimitives.Add(wide._total, wide._scratch, wide._total);
    }

    /// <summary>Makes <see cref="Everyone"/>.</summary>
    public void Finish()
    {
        GainBefore = _limiter.Gain;
        Hear(default, ref _limiter, _everyone);
    }

    /// <summary>The total without <paramref name="own"/>, limited.</summary>
    public void Hear(ReadOnlySpan<short> own, ref SoftLimiter limiter, Span<short> heard)
    {
        if (own.IsEmpty)
            _total.CopyTo(_scratch, 0);
        else
            PcmVectors.Subtract(_total, own, _scratch);
        limiter.Process(_scratch, heard);
    }
}

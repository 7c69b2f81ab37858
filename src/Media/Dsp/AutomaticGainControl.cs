namespace OCPlatform.Media.Dsp;

/// <summary>What an <see cref="AutomaticGainControl"/> aims at.</summary>
public sealed record AutomaticGainOptions
{
    internal static readonly AutomaticGainOptions Default = new();

    /// <summary>Level of speech while it lasts, in dB of full scale: where telephone speech is expected (ITU-T P.830: −26).</summary>
    public float TargetDb { get; init; } = -23;

    /// <summary>At most this much louder.</summary>
    public float MaxGainDb { get; init; } = 18;

    /// <summary>At most this much quieter.</summary>
    public float MaxCutDb { get; init; } = 12;

    /// <summary>How fast the gain grows, in dB a second of speech.</summary>
    public float RiseDbPerSecond { get; init; } = 6;

    /// <summary>How fast the gain falls, in dB a second of speech.</summary>
    public float FallDbPerSecond { get; init; } = 20;

    /// <summary>The gain never lifts the noise between words over this, in dB of full scale.</summary>
    public float MaxNoiseDb { get; init; } = -50;
}

/// <summary>
/// Brings a speaker to a steady level: the gain follows the level of the speech alone (see <see cref="EnergyGate"/>),
/// slowly, and rests in pauses, so that background is not pumped up; peaks are limited softly. Works in 20 ms frames at 8
/// or 16 kHz, adds no delay, allocates nothing; state is below 300 bytes.
/// </summary>
public sealed class AutomaticGainControl
{
    private const int MaxFrameSamples = 960;
    private const int FramesPerSecond = 50;

    // The level is a mean over about 0.6 s of speech; a new speaker's first frames weigh more.
    private const int LevelFrames = 30;

    // Those who need the gain most are quiet.
    private static readonly EnergyGateOptions Gate = new() { MinLevelDb = -65 };

    private readonly AutomaticGainOptions _options;
    private readonly EnergyGate _gate;
    private SoftLimiter _limiter = new();
    private float _level;
    private int _levelFrames;
    private float _gain = 1;

    /// <param name="sampleRateHz">8000 or 16000 Hz; other multiples of 1000 work alike.</param>
    public AutomaticGainControl(int sampleRateHz, AutomaticGainOptions? options = null)
    {
        _options = options ?? AutomaticGainOptions.Default;
        _gate = new EnergyGate(sampleRateHz, Gate);
    }

    /// <summary>The gain at the end of the last frame.</summary>
    public float GainDb { get; private set; }

    /// <summary>Level of the speech before the gain, in dB of full scale; −120 before any.</summary>
    public float SpeechLevelDb => PcmPower.Decibels(_level);

    /// <summary>Changes one frame of 20 ms in place.</summary>
    /// <exception cref="ArgumentException">More than 960 samples.</exception>
    public void Process(Span<short> frame)
    {
        if (frame.Length > MaxFrameSamples)
            throw new ArgumentException($"A frame has {MaxFrameSamples} samples at most.", nameof(frame));
        _gate.Process(frame);
        if (_gate.IsLoud && _gate.IsOpen)
        {
            _levelFrames = Math.Min(_levelFrames + 1, LevelFrames);
            _level += (_gate.Power - _level) / _levelFrames;
            Adapt();
        }

        var before = _gain;
        _gain = MathF.Pow(10, GainDb / 20);
        if (before == 1 && _gain == 1 && _limiter.Gain == 1)
            return;
        Span<float> samples = stackalloc float[frame.Length];
        PcmVectors.Widen(frame, samples);
        SoftLimiter.Ramp(samples, before, _gain);
        _limiter.Process(samples, frame);
    }

    private void Adapt()
    {
        var wanted = Math.Clamp(
            _options.TargetDb - PcmPower.Decibels(_level),
            -_options.MaxCutDb,
            Math.Clamp(_options.MaxNoiseDb - _gate.NoiseFloorDb, 0, _options.MaxGainDb)
        );
        GainDb += Math.Clamp(
            wanted - GainDb,
            -_options.FallDbPerSecond / FramesPerSecond,
            _options.RiseDbPerSecond / FramesPerSecond
        );
    }
}

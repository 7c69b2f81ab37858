namespace OCPlatform.Media.Dsp;

/// <summary>How an <see cref="EnergyGate"/> decides.</summary>
public sealed record EnergyGateOptions
{
    internal static readonly EnergyGateOptions Default = new();

    /// <summary>How far above the noise floor a frame must be, in dB.</summary>
    public float ThresholdDb { get; init; } = 9;

    /// <summary>Nothing quieter than this is voice, in dB of full scale.</summary>
    public float MinLevelDb { get; init; } = -55;

    /// <summary>How long a level must last to open the gate, in ms: a click is shorter.</summary>
    public int OnsetMs { get; init; } = 40;

    /// <summary>How long the gate stays open after the last loud frame, in ms: word endings are quiet.</summary>
    public int HangoverMs { get; init; } = 300;
}

/// <summary>
/// Tells frames with voice from a quiet line by their power alone: for telling talk from silence cheaply (what is to be
/// kept, sent or looked at by a better detector), not for turn taking. The noise floor is the quietest 20 ms or so of the
/// last 2.5 s: speech pauses more often than that, noise does not, so the floor follows noise that sets in and steady
/// tones become floor. State is below 100 bytes; a frame costs its sum of squares.
/// </summary>
public sealed class EnergyGate
{
    // The window of the minimum: four slots, of which the oldest is given up every 640 ms.
    private const int Slots = 4;
    private const int SlotMs = 640;

    // The minimum of a noisy power is below its mean; for 20 ms frames smoothed over two by about this (1.5 dB).
    private const float MinimumBias = 1.4f;
    private const float Smoothing = 0.5f;

    private readonly int _samplesPerMs;
    private readonly float _thresholdRatio;
    private readonly float _minPower;
    private readonly int _onsetSamples;
    private readonly int _hangoverSamples;
    private float _slot0 = float.MaxValue;
    private float _slot1 = float.MaxValue;
    private float _slot2 = float.MaxValue;
    private float _current = float.MaxValue;
    private float _smoothed = -1;
    private int _inSlot;
    private int _loudSamples;
    private int _holdSamples;

    /// <param name="sampleRateHz">8000 or 16000 Hz; other multiples of 1000 work alike.</param>
    public EnergyGate(int sampleRateHz, EnergyGateOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sampleRateHz, 8000);
        options ??= EnergyGateOptions.Default;
        _samplesPerMs = sampleRateHz / 1000;
        _thresholdRatio = MathF.Pow(10, options.ThresholdDb / 10);
        _minPower = PcmPower.FromDecibels(options.MinLevelDb);
        _onsetSamples = options.OnsetMs * _samplesPerMs;
        _hangoverSamples = options.HangoverMs * _samplesPerMs;
    }

    /// <summary>Voice now, or within the hangover.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Mean square of the last frame.</summary>
    internal float Power { get; private set; }

    /// <summary>The last frame was above the threshold, whatever came before.</summary>
    internal bool IsLoud { get; private set; }

    /// <summary>Power of the last frame in dB of full scale.</summary>
    public float LevelDb => PcmPower.Decibels(Power);

    /// <summary>The noise floor in dB of full scale.</summary>
    public float NoiseFloorDb => PcmPower.Decibels(Floor);

    private float Floor
    {
        get
        {
            var floor = MathF.Min(MathF.Min(_slot0, _slot1), MathF.Min(_slot2, _current));
            return floor == float.MaxValue ? 0 : floor * MinimumBias;
        }
    }

    /// <summary>Takes the next frame, mostly 20 ms; allocates nothing.</summary>
    /// <returns><see cref="IsOpen"/> for this frame.</returns>
    public bool Process(ReadOnlySpan<short> frame)
    {
        Power = PcmPower.MeanSquare(frame);
        var loud = Power > MathF.Max(_minPower, Floor * _thresholdRatio);
        IsLoud = loud;
        Track(frame.Length);

        _loudSamples = loud ? Math.Min(_loudSamples + frame.Length, _onsetSamples) : 0;
        if (loud && (IsOpen || _loudSamples >= _onsetSamples))
        {
            IsOpen = true;
            _holdSamples = _hangoverSamples;
        }
        else
        {
            _holdSamples -= frame.Length;
            IsOpen &= _holdSamples > 0;
        }

        return IsOpen;
    }

    /// <summary>Forgets the past, as if new.</summary>
    public void Reset()
    {
        _slot0 = _slot1 = _slot2 = _current = float.MaxValue;
        _smoothed = -1;
        Power = 0;
        IsLoud = false;
        _inSlot = _loudSamples = _holdSamples = 0;
        IsOpen = false;
    }

    private void Track(int samples)
    {
        // Digital silence (hold, a muted phone, lost packets) says nothing about the room's noise.
        if (Power > 0)
        {
            _smoothed = _smoothed < 0 ? Power : _smoothed + Smoothing * (Power - _smoothed);
            _current = MathF.Min(_current, _smoothed);
        }

        _inSlot += samples;
        if (_inSlot < SlotMs * _samplesPerMs)
            return;
        _inSlot = 0;
        (_slot0, _slot1, _slot2, _current) = (_slot1, _slot2, _current, float.MaxValue);
    }
}

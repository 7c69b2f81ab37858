namespace OCPlatform.LoadTest;

/// <summary>Thresholds of <see cref="SpeechDetector"/>. Levels are RMS in dB below full scale (dBFS) of 5 ms frames.</summary>
public sealed record SpeechDetectorOptions
{
    /// <summary>
    /// Level at which speech begins. Comfort noise on phone lines lies at −70 to −50 dBFS, voices at −30 to −12, so −42
    /// leaves 8 dB to the one and 12 to the other.
    /// </summary>
    public double OnsetDb { get; init; } = -42;

    /// <summary>Below the onset level by this much a frame still carries speech on (the fading end of a word).</summary>
    public double HysteresisDb { get; init; } = 6;

    /// <summary>Speech must also stand out of the line's own noise floor by this much.</summary>
    public double AboveFloorDb { get; init; } = 10;

    /// <summary>The floor is never believed to be higher: a constant sound louder than this counts as speech.</summary>
    public double HighestFloorDb { get; init; } = -35;

    /// <summary>Silence that ends a stretch of speech, in ms; shorter gaps are pauses between words.</summary>
    public int HangoverMs { get; init; } = 250;
}

/// <summary>A stretch of speech; the times are those of its first and of its last sample above the threshold.</summary>
public readonly record struct SpeechSegment(TimeSpan Start, TimeSpan End)
{
    public TimeSpan Duration => End - Start;
}

/// <summary>
/// Finds speech in 8 kHz PCM by energy. Online: samples are pushed as they come with the time of the first one, so the
/// result is on the clock of the pusher, whatever gaps the stream has. No model, so that it says what a level meter on
/// the phone line would say. A click (less than 20 ms above the threshold within 30 ms) is no speech.
/// </summary>
public sealed class SpeechDetector(SpeechDetectorOptions? options = null)
{
    public const int SampleRateHz = 8000;
    private const int FrameSamples = 40;
    private const int OnsetWindowFrames = 6;
    private const int OnsetActiveFrames = 4;

    // The floor is the quietest 100 ms of the last 1.5 s: words rarely follow each other without such a gap.
    private const int FloorBlockFrames = 20;
    private const int FloorBlocks = 15;

    private static readonly TimeSpan SampleTime = TimeSpan.FromTicks(TimeSpan.TicksPerSecond / SampleRateHz);

    private readonly SpeechDetectorOptions _options = options ?? new();
    private readonly TimeSpan _hangover = TimeSpan.FromMilliseconds((options ?? new()).HangoverMs);
    private readonly List<SpeechSegment> _ended = [];
    private readonly short[] _partial = new short[FrameSamples];
    private int _partialCount;
    private TimeSpan _partialAt;

    // The last frames' activity: where each one's first loud sample lies, or null.
    private readonly TimeSpan?[] _recent = new TimeSpan?[OnsetWindowFrames];
    private int _recentAt;

    private readonly double[] _floorBlocks = new double[FloorBlocks];
    private int _floorBlockCount;
    private double _blockEnergy;
    private int _blockFrames;
    private double _floorDb = double.NegativeInfinity;

    private TimeSpan _segmentStart;
    private TimeSpan _lastLoud;

    /// <summary>Speech goes on, as far as the samples pushed so far tell.</summary>
    public bool IsSpeaking { get; private set; }

    /// <summary>The stretch that goes on, up to its last sample so far; null in silence.</summary>
    public SpeechSegment? Current => IsSpeaking ? new SpeechSegment(_segmentStart, _lastLoud) : null;

    /// <summary>Stretches that have ended, in order.</summary>
    public IReadOnlyList<SpeechSegment> Ended => _ended;

    /// <summary>The last sample above the threshold so far; null before the first stretch.</summary>
    public TimeSpan? LastSpeech => IsSpeaking || _ended.Count > 0 ? _lastLoud : null;

    /// <summary>The line's noise floor in dBFS; −∞ until 100 ms were heard or while the line is digitally silent.</summary>
    public double NoiseFloorDb => _floorDb;

    /// <summary>The level a frame must reach for speech to begin, in dBFS.</summary>
    public double ThresholdDb =>
        Math.Max(_options.OnsetDb, Math.Min(_floorDb, _options.HighestFloorDb) + _options.AboveFloorDb);

    /// <summary>Takes the next samples.</summary>
    /// <param name="firstSampleAt">When the first of them is heard, on the caller's clock.</param>
    public void Push(ReadOnlySpan<short> pcm, TimeSpan firstSampleAt)
    {
        if (_partialCount > 0)
        {
            var taken = Math.Min(FrameSamples - _partialCount, pcm.Length);
            pcm[..taken].CopyTo(_partial.AsSpan(_partialCount));
            _partialCount += taken;
            pcm = pcm[taken..];
            firstSampleAt += taken * SampleTime;
            if (_partialCount < FrameSamples)
            {
                return;
            }
            _partialCount = 0;
            Frame(_partial, _partialAt);
        }
        while (pcm.Length >= FrameSamples)
        {
            Frame(pcm[..FrameSamples], firstSampleAt);
            pcm = pcm[FrameSamples..];
            firstSampleAt += FrameSamples * SampleTime;
        }
        pcm.CopyTo(_partial);
        _partialCount = pcm.Length;
        _partialAt = firstSampleAt;
    }

    /// <summary>
    /// Says what the clock says: without samples (nothing is sent in silence, or all is lost) a stretch of speech ends too.
    /// </summary>
    public void Advance(TimeSpan now)
    {
        if (IsSpeaking && now - _lastLoud >= _hangover)
        {
            End();
        }
    }

    private void Frame(ReadOnlySpan<short> frame, TimeSpan at)
    {
        var energy = 0.0;
        foreach (var sample in frame)
        {
            energy += (double)sample * sample;
        }
        energy /= frame.Length;
        var levelDb = Decibels(energy);
        var threshold = ThresholdDb;
        if (IsSpeaking)
        {
            var carry = Math.Max(threshold - _options.HysteresisDb, _floorDb + _options.HysteresisDb);
            if (levelDb >= Math.Min(carry, threshold))
            {
                _lastLoud = LastLoud(frame, at, carry);
            }
            else if (at - _lastLoud >= _hangover)
            {
                End();
            }
        }
        else
        {
            Onset(frame, at, levelDb, threshold);
        }
        TrackFloor(energy);
    }

    private void Onset(ReadOnlySpan<short> frame, TimeSpan at, double levelDb, double threshold)
    {
        var loud = levelDb >= threshold;
        _recent[_recentAt] = loud ? FirstLoud(frame, at, threshold) : null;
        _recentAt = (_recentAt + 1) % OnsetWindowFrames;
        var active = 0;
        foreach (var first in _recent)
        {
            active += first is null ? 0 : 1;
        }
        if (active < OnsetActiveFrames)
        {
            return;
        }
        IsSpeaking = true;
        // The frame now at _recentAt is the oldest one.
        for (var i = 0; i < OnsetWindowFrames; i++)
        {
            if (_recent[(_recentAt + i) % OnsetWindowFrames] is { } first)
            {
                _segmentStart = first;
                break;
            }
        }
        _lastLoud = LastLoud(frame, at, threshold);
    }

    private void End()
    {
        IsSpeaking = false;
        _ended.Add(new SpeechSegment(_segmentStart, _lastLoud));
        Array.Clear(_recent);
    }

    private void TrackFloor(double energy)
    {
        _blockEnergy += energy;
        if (++_blockFrames < FloorBlockFrames)
        {
            return;
        }
        _floorBlocks[_floorBlockCount++ % FloorBlocks] = Decibels(_blockEnergy / FloorBlockFrames);
        _blockEnergy = 0;
        _blockFrames = 0;
        _floorDb = Math.Min(Quietest(), _options.HighestFloorDb);
    }

    private double Quietest()
    {
        var quietest = double.PositiveInfinity;
        foreach (var level in _floorBlocks.AsSpan(0, Math.Min(_floorBlockCount, FloorBlocks)))
        {
            quietest = Math.Min(quietest, level);
        }
        return quietest;
    }

    private static TimeSpan FirstLoud(ReadOnlySpan<short> frame, TimeSpan at, double levelDb)
    {
        var amplitude = Amplitude(levelDb);
        for (var i = 0; i < frame.Length; i++)
        {
            if (Math.Abs((int)frame[i]) >= amplitude)
            {
                return at + i * SampleTime;
            }
        }
        return at;
    }

    private static TimeSpan LastLoud(ReadOnlySpan<short> frame, TimeSpan at, double levelDb)
    {
        var amplitude = Amplitude(levelDb);
        for (var i = frame.Length - 1; i >= 0; i--)
        {
            if (Math.Abs((int)frame[i]) >= amplitude)
            {
                return at + i * SampleTime;
            }
        }
        return at;
    }

    private static double Amplitude(double levelDb) => 32768 * Math.Pow(10, levelDb / 20);

    internal static double Decibels(double energy) =>
        energy <= 0 ? double.NegativeInfinity : 10 * Math.Log10(energy / (32768.0 * 32768.0));
}

namespace OCPlatform.Media.Jitter;

/// <summary>
/// Says by how much, and when, the delay may change: at once in pauses, by pitch periods in speech; upwards in a hurry,
/// since packets are about to be late, downwards with patience unless there is far too much. A mutable struct inside its
/// stream.
/// </summary>
internal struct DelayFollower(int sampleRateHz)
{
    // Less than this too much is taken out of speech only now and then.
    private const int PatientMs = 50;
    private const int FarTooMuchMs = 120;
    private const int RestFrames = 8;

    // Speech is shortened where it repeats itself, lengthened wherever it is voiced.
    private const double AlikeToShrink = 0.85;
    private const double AlikeInHaste = 0.6;

    private int _rest;

    /// <summary>Samples put in and taken out so far.</summary>
    public long Stretched { get; set; }
    public long Shrunk { get; set; }

    private readonly int Frame => sampleRateHz / 50;

    /// <summary>How many samples should be pending to take out as much as may be taken out at once.</summary>
    public readonly int Wanted(int excess) =>
        Frame + Math.Min(excess, TimeStretch.MaxPeriod(sampleRateHz)) + sampleRateHz / 100;

    /// <summary>Edits what is about to be played; at least a frame stays.</summary>
    /// <param name="line">With a frame or more pending.</param>
    /// <param name="excess">Delay that is too much (positive) or missing (negative), in samples.</param>
    /// <param name="noise">Tells pauses from speech.</param>
    /// <returns>The change in pending samples.</returns>
    public int Follow(PcmLine line, int excess, in BackgroundNoise noise)
    {
        if (_rest > 0)
            _rest--;
        if (excess < 0)
        {
            var added = Stretch(line, -excess, noise);
            Stretched += added;
            return added;
        }

        var taken = Shrink(line, excess, noise);
        Shrunk += taken;
        return -taken;
    }

    private int Shrink(PcmLine line, int excess, in BackgroundNoise noise)
    {
        var most = Math.Min(excess, line.Pending - Frame);
        if (most < TimeStretch.MinPeriod(sampleRateHz))
            return 0;
        // The stretch that goes must be quiet itself: speech may just be beginning.
        if (noise.Covers(line.Ahead))
        {
            TimeStretch.ShrinkPause(line, most, sampleRateHz);
            return most;
        }

        var perMs = sampleRateHz / 1000;
        var haste = excess > PatientMs * perMs;
        if (_rest > 0 && !haste)
            return 0;
        var likeness =
            excess > FarTooMuchMs * perMs ? 0
            : haste ? AlikeInHaste
            : AlikeToShrink;
        var taken = TimeStretch.ShrinkSpeech(line, most, likeness, sampleRateHz);
        if (taken > 0)
            _rest = RestFrames;
        return taken;
    }

    private readonly int Stretch(PcmLine line, int missing, in BackgroundNoise noise)
    {
        var around = line.From(Frame)[..(2 * Frame)];
        if (noise.Covers(around))
        {
            var count = Math.Min(missing, Frame);
            TimeStretch.StretchPause(line, count, sampleRateHz);
            return count;
        }

        // At most half of the frame is made up.
        var added = 0;
        while (added < Math.Min(missing, Frame / 2))
        {
            var period = TimeStretch.StretchSpeech(line, AlikeInHaste, sampleRateHz);
            if (period == 0)
            {
                // Noise-like: any stretch of it sounds like any other.
                period = Math.Min(missing, Frame / 2);
                TimeStretch.StretchPause(line, period, sampleRateHz);
            }

            added += period;
        }

        return added;
    }
}

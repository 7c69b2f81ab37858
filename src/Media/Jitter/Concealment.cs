namespace OCPlatform.Media.Jitter;

/// <summary>
/// Packet loss concealment by waveform substitution (after ITU-T G.711 Appendix I, at any rate): the last pitch period
/// goes on, fades into the line's background noise within 60 ms, and is blended with the speech that resumes. It works on
/// the line's own samples: a made-up sample is the one a period before it, so there is nothing to keep but the period.
/// A mutable struct inside its stream.
/// </summary>
internal struct Concealment
{
    // The last 10 ms are compared with what lies 2.5 to 15 ms before: longer stretches (Appendix I takes 20 ms) tell the
    // pitch of a moment ago. In noise-like sounds a short period would ring.
    private const int PatternMs = 10;
    private const double Voiced = 0.5;

    // 10 ms at full level, then down to nothing at 60 ms (Appendix I: 20 % per 10 ms).
    private const int HoldMs = 10;
    private const int FadedMs = 60;

    private readonly int _sampleRateHz;
    private readonly int _hold;
    private readonly int _faded;
    private int _period;
    private float _jump;

    public Concealment(int sampleRateHz)
    {
        _sampleRateHz = sampleRateHz;
        _hold = sampleRateHz * HoldMs / 1000;
        _faded = sampleRateHz * FadedMs / 1000;
        // Nothing heard yet is as good as long faded.
        Made = _faded;
    }

    /// <summary>Samples of the past that it looks back on.</summary>
    public static int History(int sampleRateHz) =>
        sampleRateHz * PatternMs / 1000 + TimeStretch.MaxPeriod(sampleRateHz) + 1;

    /// <summary>Samples made up since the last good one, at most what it takes to fade.</summary>
    public int Made { get; private set; }

    /// <summary>What is made up is background noise by now, and no longer speech.</summary>
    public readonly bool Faded => Made >= _faded;

    /// <summary>The longest stretch in which made-up and resuming speech are blended: 10 ms.</summary>
    public static int MaxBlend(int sampleRateHz) => sampleRateHz / 100;

    /// <summary>Nothing is expected before speech resumes (a pause, a digit): only the noise goes on.</summary>
    public void Fade() => Made = _faded;

    /// <summary>Makes up <paramref name="count"/> samples at the line's end.</summary>
    public void Append(PcmLine line, int count, ref BackgroundNoise noise)
    {
        Make(line, count, ref noise);
        line.Append(count);
        Made = Math.Min(Made + count, _faded);
    }

    /// <summary>
    /// What would be made up next, for blending it with the speech that resumes now. The fuller the hole, the longer.
    /// </summary>
    /// <returns>How many samples of <paramref name="blend"/> were filled.</returns>
    public readonly int Continue(PcmLine line, Span<short> blend, ref BackgroundNoise noise)
    {
        var shortest = Math.Max(_sampleRateHz / 250, _period / 4);
        var count = Faded ? _sampleRateHz / 400 : Math.Min(shortest + Made * 2 / 5, MaxBlend(_sampleRateHz));
        var ahead = this;
        ahead.Make(line, count, ref noise);
        line.Reserve(count)[..count].CopyTo(blend);
        return count;
    }

    /// <summary>Good speech has come.</summary>
    public void End() => Made = 0;

    /// <summary>From what was made up to what has come.</summary>
    public static void Blend(ReadOnlySpan<short> made, Span<short> speech)
    {
        var count = Math.Min(made.Length, speech.Length);
        for (var i = 0; i < count; i++)
            speech[i] = (short)((made[i] * (count - i) + speech[i] * (i + 1)) / (count + 1));
    }

    private void Make(PcmLine line, int count, ref BackgroundNoise noise)
    {
        line.Reserve(count);
        if (Made == 0)
            Begin(line);
        var voiced = Math.Clamp(_faded - Made, 0, count);
        var samples = line.Tail(_period, count);
        for (var i = 0; i < voiced; i++)
        {
            // The sample a period ago was faded for its own time already.
            var at = Made + i;
            var sample = samples[i] * (Gain(at) / Gain(at - _period));
            // What was played ends elsewhere than where the repetition begins: bridge the step within a period.
            if (at < _period)
                sample += _jump * (_period - at) / _period;
            samples[_period + i] = (short)Math.Clamp(sample, short.MinValue, short.MaxValue);
        }

        var made = samples[_period..];
        made[voiced..].Clear();
        noise.Add(made[..voiced], 1 - Gain(Made), 1 - Gain(Made + voiced));
        noise.Add(made[voiced..], 1, 1);
    }

    private readonly float Gain(int at) =>
        at < _hold ? 1
        : at >= _faded ? 0
        : (float)(_faded - at) / (_faded - _hold);

    private void Begin(PcmLine line)
    {
        var pattern = _sampleRateHz * PatternMs / 1000;
        var least = TimeStretch.MinPeriod(_sampleRateHz);
        var most = TimeStretch.MaxPeriod(_sampleRateHz);
        ReadOnlySpan<short> past = line.Tail(most + pattern + 1, 0);
        var found = PitchSearch.Find(past[(most + 1)..], past[1..^least], _sampleRateHz);
        _period = found.Likeness < Voiced ? most : most - found.Offset;
        _jump = past[^1] - past[^(_period + 1)];
    }
}

namespace OCPlatform.LoadTest;

/// <summary>
/// A line as the caller speaks it: 8 kHz PCM cut to its speech, so that the last sample sent is the last sample of
/// speech and voice-to-voice time starts there.
/// </summary>
public sealed class SpokenLine
{
    // The ends of a recording lie this far below its loudest 20 ms; a word's last fricative is louder than that.
    private const double EndBelowLoudestDb = 35;
    private const double QuietestSpeechDb = -55;
    private const int FrameSamples = 40;

    private SpokenLine(string text, short[] pcm)
    {
        Text = text;
        Pcm = pcm;
    }

    /// <summary>What is said; the file's name when it is not known.</summary>
    public string Text { get; }

    public ReadOnlyMemory<short> Pcm { get; }

    public TimeSpan Duration =>
        TimeSpan.FromTicks(Pcm.Length * (TimeSpan.TicksPerSecond / SpeechDetector.SampleRateHz));

    /// <summary>Cuts silence off both ends; what is quieter than 35 dB below the loudest 20 ms is silence.</summary>
    /// <exception cref="InvalidDataException">There is no speech in it.</exception>
    public static SpokenLine FromPcm(string text, ReadOnlySpan<short> pcm8k)
    {
        var (start, end) = SpeechBounds(pcm8k);
        if (end <= start)
        {
            throw new InvalidDataException($"No speech in the audio of “{text}”.");
        }
        return new SpokenLine(text, pcm8k[start..end].ToArray());
    }

    /// <summary>The first sample of speech and the one after the last; (0, 0) when there is none.</summary>
    internal static (int Start, int End) SpeechBounds(ReadOnlySpan<short> pcm)
    {
        var levels = new double[pcm.Length / FrameSamples];
        for (var i = 0; i < levels.Length; i++)
        {
            var energy = 0.0;
            foreach (var sample in pcm.Slice(i * FrameSamples, FrameSamples))
            {
                energy += (double)sample * sample;
            }
            levels[i] = energy / FrameSamples;
        }
        var loudest = 0.0;
        for (var i = 0; i + 4 <= levels.Length; i++)
        {
            loudest = Math.Max(loudest, (levels[i] + levels[i + 1] + levels[i + 2] + levels[i + 3]) / 4);
        }
        var threshold = Math.Max(SpeechDetector.Decibels(loudest) - EndBelowLoudestDb, QuietestSpeechDb);
        var first = Array.FindIndex(levels, l => SpeechDetector.Decibels(l) >= threshold);
        var last = Array.FindLastIndex(levels, l => SpeechDetector.Decibels(l) >= threshold);
        return first < 0 ? (0, 0) : (first * FrameSamples, (last + 1) * FrameSamples);
    }
}

using OCPlatform.Media.Dsp;

namespace OCPlatform.LoadTest;

/// <summary>Recordings as a telephone line carries them.</summary>
public static class TelephoneAudio
{
    /// <summary>Reads a WAV, mixes it down to one channel and converts it to 8 kHz.</summary>
    /// <exception cref="InvalidDataException">Not 16-bit PCM, or another rate than 8, 16, 24 or 48 kHz.</exception>
    public static short[] ReadWav(string path)
    {
        var wav = WavFile.Read(path);
        return ToTelephone(wav.Mono(), wav.SampleRateHz, path);
    }

    /// <summary>A WAV as a line to say.</summary>
    /// <exception cref="InvalidDataException">As <see cref="ReadWav"/>, or there is no speech in it.</exception>
    public static SpokenLine ReadLine(string path, string? text = null) =>
        SpokenLine.FromPcm(text ?? Path.GetFileName(path), ReadWav(path));

    private static short[] ToTelephone(short[] pcm, int rateHz, string path)
    {
        if (rateHz == SpeechDetector.SampleRateHz)
        {
            return pcm;
        }
        if (rateHz is not (16_000 or 24_000 or 48_000))
        {
            throw new InvalidDataException($"{path}: {rateHz} Hz; convert it to 8, 16, 24 or 48 kHz first.");
        }
        var resampler = new Resampler(rateHz, SpeechDetector.SampleRateHz);
        var converted = new short[resampler.MaxOutput(pcm.Length)];
        return converted[..resampler.Process(pcm, converted)];
    }
}

using OCPlatform.Media.Codecs;
using OCPlatform.Media.Dsp;
using OCPlatform.Media.Sdp;

namespace OCPlatform.AiAdapters.Tests.Support;

/// <summary>What a telephone line does to speech: 200–3400 Hz, 8 kHz, µ-law.</summary>
public static class PhonePath
{
    /// <summary>Sends a recording of 8, 16 or 24 kHz down the line.</summary>
    /// <returns>8 kHz.</returns>
    public static short[] Send(short[] samples, int sampleRateHz)
    {
        var resampler = new Resampler(sampleRateHz, 8000);
        var narrow = new short[resampler.MaxOutput(samples.Length)];
        var count = sampleRateHz == 8000 ? samples.Length : resampler.Process(samples, narrow);
        if (sampleRateHz == 8000)
            narrow = [.. samples];
        HighPass200(narrow.AsSpan(0, count));
        var codes = new byte[count];
        G711.Encode(AudioCodec.Pcmu, narrow.AsSpan(0, count), codes);
        G711.Decode(AudioCodec.Pcmu, codes, narrow);
        return narrow[..count];
    }

    /// <summary>Second-order Butterworth high-pass at 200 Hz for 8 kHz.</summary>
    private static void HighPass200(Span<short> samples)
    {
        const double w = 2 * Math.PI * 200 / 8000;
        var alpha = Math.Sin(w) / Math.Sqrt(2);
        var (b0, b1) = ((1 + Math.Cos(w)) / 2, -(1 + Math.Cos(w)));
        var (a0, a1, a2) = (1 + alpha, -2 * Math.Cos(w), 1 - alpha);
        double x1 = 0,
            x2 = 0,
            y1 = 0,
            y2 = 0;
        for (var i = 0; i < samples.Length; i++)
        {
            double x = samples[i];
            var y = (b0 * x + b1 * x1 + b0 * x2 - a1 * y1 - a2 * y2) / a0;
            (x2, x1, y2, y1) = (x1, x, y1, y);
            samples[i] = (short)Math.Clamp(y, short.MinValue, short.MaxValue);
        }
    }
}

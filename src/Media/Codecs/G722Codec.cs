using System.Numerics;
using System.Runtime.Intrinsics;

namespace OCPlatform.Media.Codecs;

/// <summary>
/// ITU-T G.722 decoder, mode 1 (64 kbit/s): a byte is two samples of 16 kHz, the upper two bits the band over 4 kHz and the
/// lower six the band below. Bit-exact. 470 bytes an instance.
/// </summary>
internal sealed class G722Decoder : IAudioDecoder
{
    private G722Band _low = G722Band.Low;
    private G722Band _high = G722Band.High;
    private G722Filter _sums;
    private G722Filter _differences;

    public int SampleRateHz => 16_000;

    // QM6.
    // csharpier-ignore
    private static ReadOnlySpan<short> LowLevels =>
    [
        -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576,
        -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360,
        -1040, -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576,
        6000, 5456, 4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
    ];

    public int SamplesOf(ReadOnlySpan<byte> payload) => payload.Length * 2;

    public int Decode(ReadOnlySpan<byte> payload, Span<short> pcm)
    {
        if (pcm.Length < payload.Length * 2)
            return 0;
        for (var i = 0; i < payload.Length; i++)
        {
            var lowCode = payload[i] & 0x3F;
            var low = G722Limits.Band(_low.Prediction + ((_low.Scale * LowLevels[lowCode]) >> 15));
            _low.UpdateLow(lowCode >> 2);

            var predicted = _high.Prediction;
            var high = G722Limits.Band(predicted + _high.UpdateHigh(payload[i] >> 6));

            _sums.Add(low + high);
            _differences.Add(low - high);
            pcm[2 * i] = G722Limits.Pcm(_differences.Backward() >> 11);
            pcm[2 * i + 1] = G722Limits.Pcm(_sums.Forward() >> 11);
        }

        return payload.Length * 2;
    }

    public void Reset()
    {
        _low = G722Band.Low;
        _high = G722Band.High;
        _sums = default;
        _differences = default;
    }

    public void Dispose() { }
}

/// <summary>The way back of <see cref="G722Decoder"/>; 470 bytes an instance.</summary>
internal sealed class G722Encoder : IAudioEncoder
{
    private const int LastInterval = 30;
    private G722Band _low = G722Band.Low;
    private G722Band _high = G722Band.High;
    private G722Filter _even;
    private G722Filter _odd;

    public int SampleRateHz => 16_000;

    // Q6: the 29 decision levels of the lower band in 1/4096 of the scale; filled up to a multiple of 8.
    // csharpier-ignore
    private static ReadOnlySpan<int> Decisions =>
    [
        35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219,
        1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919, 2919, 2919, 2919,
    ];

    public int MaxBytes(int ptimeMs) => ptimeMs * 8;

    public int Encode(ReadOnlySpan<short> pcm, Span<byte> payload)
    {
        var bytes = pcm.Length / 2;
        for (var i = 0; i < bytes; i++)
        {
            _even.Add(pcm[2 * i]);
            _odd.Add(pcm[2 * i + 1]);
            var even = _even.Forward();
            var odd = _odd.Backward();
            var low = LowCode(G722Limits.Band((odd + even) >> 14));
            var high = HighCode(G722Limits.Band((odd - even) >> 14));
            payload[i] = (byte)((high << 6) | low);
            _low.UpdateLow(low >> 2);
            _high.UpdateHigh(high);
        }

        return bytes;
    }

    public void Dispose() { }

    private int LowCode(int sample)
    {
        var error = sample - _low.Prediction;
        error = Math.Clamp(error, short.MinValue, short.MaxValue);
        var magnitude = error < 0 ? ~error : error;
        // All levels at once: searching them one after another costs more in mispredicted branches.
        var value = Vector256.Create(magnitude);
        var scale = Vector256.Create(_low.Scale);
        var reached = 0;
        for (var i = 0; i < Decisions.Length; i += Vector256<int>.Count)
        {
            var level = (Vector256.Create(Decisions[i..]) * scale) >> 12;
            reached += BitOperations.PopCount(Vector256.GreaterThanOrEqual(value, level).ExtractMostSignificantBits());
        }

        // ILN and ILP: negative codes go down from 31, but for the two smallest magnitudes; positive ones from 61.
        var interval = Math.Min(reached, LastInterval - 1) + 1;
        if (error >= 0)
            return 62 - interval;
        return interval < 3 ? 64 - interval : 34 - interval;
    }

    private int HighCode(int sample)
    {
        var error = Math.Clamp(sample - _high.Prediction, short.MinValue, short.MaxValue);
        var magnitude = error < 0 ? ~error : error;
        var outer = magnitude >= (564 * _high.Scale) >> 12;
        return error < 0 ? (outer ? 0 : 1) : (outer ? 2 : 3);
    }
}

file static class G722Limits
{
    /// <summary>A sub-band's samples have 15 bits.</summary>
    public static int Band(int sample) => Math.Clamp(sample, -16_384, 16_383);

    public static short Pcm(int sample) => (short)Math.Clamp(sample, short.MinValue, short.MaxValue);
}

using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.InteropServices;

namespace OCPlatform.Media.Dsp;

/// <summary>
/// Streaming sample-rate converter among 8, 16, 24 and 48 kHz: a polyphase FIR with linear phase (Kaiser window). The pass
/// band reaches 0.425 of the lower rate (3.4 kHz at 8 kHz) with ≤ 0.1 dB ripple; from half the lower rate on everything is
/// ≥ 70 dB down. Group delay is constant: <see cref="GroupDelayMs"/>, 36 samples of the lower rate (4.5 ms at 8 kHz). One
/// instance serves one stream; it allocates nothing after construction.
/// </summary>
public sealed class Resampler
{
    // Input is taken in pieces of this many samples: 20 ms of the fastest rate.
    private const int Piece = 960;
    private static readonly ConcurrentDictionary<(int, int), PolyphaseFilter> Filters = new();

    private readonly PolyphaseFilter _filter;

    // The last Taps − 1 input samples, then room for one piece.
    private readonly float[] _window;

    // Where the next output lies after the window's history, in 1/L input samples.
    private int _position;

    /// <exception cref="ArgumentOutOfRangeException">A rate other than 8000, 16000, 24000 or 48000 Hz.</exception>
    public Resampler(int inputRateHz, int outputRateHz)
    {
        Check(inputRateHz);
        Check(outputRateHz);
        InputRateHz = inputRateHz;
        OutputRateHz = outputRateHz;
        _filter = Filters.GetOrAdd((inputRateHz, outputRateHz), r => PolyphaseFilter.Design(r.Item1, r.Item2));
        _window = new float[_filter.Taps - 1 + Piece];
    }

    public int InputRateHz { get; }
    public int OutputRateHz { get; }

    /// <summary>How much later a sound leaves than it enters, in ms.</summary>
    public double GroupDelayMs => _filter.DelaySamples * 1000.0 / InputRateHz;

    /// <summary>Most samples that one call with this many input samples gives.</summary>
    public int MaxOutput(int inputSamples) =>
        (int)((long)inputSamples * _filter.Interpolation / _filter.Decimation) + 1;

    /// <summary>Converts all of <paramref name="input"/>; saturates.</summary>
    /// <param name="output">At least <see cref="MaxOutput"/> samples.</param>
    /// <returns>Samples written.</returns>
    public int Process(ReadOnlySpan<short> input, Span<short> output)
    {
        var written = 0;
        while (!input.IsEmpty)
        {
            var count = Load(input);
            input = input[count..];
            while (TryNext(count, out var sample))
                output[written++] = Saturate(sample);
            Retire(count);
        }

        return written;
    }

    /// <summary>As above, to floats of −1…1.</summary>
    public int Process(ReadOnlySpan<short> input, Span<float> output)
    {
        var written = 0;
        while (!input.IsEmpty)
        {
            var count = Load(input);
            input = input[count..];
            while (TryNext(count, out var sample))
                output[written++] = sample * (1f / 32768);
            Retire(count);
        }

        return written;
    }

    /// <summary>As above, from floats of −1…1.</summary>
    public int Process(ReadOnlySpan<float> input, Span<short> output)
    {
        var written = 0;
        while (!input.IsEmpty)
        {
            var count = Math.Min(input.Length, Piece);
            var room = _window.AsSpan(_filter.Taps - 1);
            for (var i = 0; i < count; i++)
                room[i] = input[i] * 32768;
            input = input[count..];
            while (TryNext(count, out var sample))
                output[written++] = Saturate(sample);
            Retire(count);
        }

        return written;
    }

    /// <summary>Forgets the past, as if new.</summary>
    public void Reset()
    {
        Array.Clear(_window);
        _position = 0;
    }

    private int Load(ReadOnlySpan<short> input)
    {
        var count = Math.Min(input.Length, Piece);
        var room = _window.AsSpan(_filter.Taps - 1);
        for (var i = 0; i < count; i++)
            room[i] = input[i];
        return count;
    }

    private bool TryNext(int count, out float sample)
    {
        var index = _position / _filter.Interpolation;
        if (index >= count)
        {
            sample = 0;
            return false;
        }

        var phase = _position - index * _filter.Interpolation;
        sample = Dot(_filter.Phase(phase), _window.AsSpan(index, _filter.Taps));
        _position += _filter.Decimation;
        return true;
    }

    private void Retire(int count)
    {
        _window.AsSpan(count, _filter.Taps - 1).CopyTo(_window);
        _position -= count * _filter.Interpolation;
    }

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var left = MemoryMarshal.Cast<float, Vector<float>>(a);
        var right = MemoryMarshal.Cast<float, Vector<float>>(b);
        var sums = Vector<float>.Zero;
        for (var i = 0; i < left.Length; i++)
            sums += left[i] * right[i];
        var sum = Vector.Sum(sums);
        for (var i = left.Length * Vector<float>.Count; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }

    private static short Saturate(float sample) =>
        (short)Math.Clamp((int)MathF.Round(sample), short.MinValue, short.MaxValue);

    private static void Check(int rateHz)
    {
        if (rateHz is not (8000 or 16000 or 24000 or 48000))
            throw new ArgumentOutOfRangeException(nameof(rateHz), rateHz, "8000, 16000, 24000 or 48000 Hz.");
    }
}

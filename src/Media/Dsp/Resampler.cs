using System.Collections.Concurrent;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OCPlatform.Media.Dsp;

/// <summary>
/// Streaming sample-rate converter among 8, 16, 24 and 48 kHz, and from 44.1 kHz (files): a polyphase FIR with linear phase.
/// The pass band reaches 0.425 of the lower rate (3.4 kHz at 8 kHz, 6.8 kHz at 16 kHz) with ≤ 0.1 dB ripple; from half the
/// lower rate on everything is ≥ 70 dB down. Group delay is constant: <see cref="GroupDelayMs"/>, 36 samples of the lower
/// rate (4.5 ms at 8 kHz). The output does not depend on how the input is cut into calls.
/// </summary>
/// <remarks>
/// One instance serves one stream and allocates nothing after construction. It holds the last <c>72 × input rate / lower
/// rate</c> samples: 0.3 kB for 8 → 16 kHz, 0.6 kB for 16 → 8 kHz, 1.7 kB for 48 → 8 kHz. The coefficients are shared by
/// all streams of a ratio.
/// </remarks>
public sealed class Resampler
{
    // The longest history (432 taps) and 20 ms of the fastest rate; dealt to streams and made in blocks with some to spare.
    private const int MaxWindow = 431 + 960;
    private const int MaxStreams = MaxWindow + PolyphaseKernel.MaxPhases * (PolyphaseKernel.Block + 1);
    private const int MaxMade = 961 + PolyphaseKernel.MaxPhases * PolyphaseKernel.Block;

    private static readonly ConcurrentDictionary<(int, int), PolyphaseFilter> Filters = new();

    private readonly PolyphaseFilter _filter;

    // The last Taps − 1 input samples.
    private readonly float[] _history;

    // Where the next output lies after the history, in 1/L input samples.
    private int _position;

    /// <exception cref="ArgumentOutOfRangeException">
    /// A rate other than 8000, 16000, 24000 or 48000 Hz, or 44100 Hz as the input's.
    /// </exception>
    public Resampler(int inputRateHz, int outputRateHz)
    {
        if (inputRateHz != 44100)
            Check(inputRateHz);
        Check(outputRateHz);
        InputRateHz = inputRateHz;
        OutputRateHz = outputRateHz;
        _filter = Filters.GetOrAdd((inputRateHz, outputRateHz), r => PolyphaseFilter.Design(r.Item1, r.Item2));
        _history = new float[_filter.Taps - 1];
    }

    public int InputRateHz { get; }
    public int OutputRateHz { get; }

    /// <summary>How much later a sound leaves than it enters, in ms.</summary>
    public double GroupDelayMs => _filter.DelaySamples * 1000.0 / InputRateHz;

    // Input is taken in pieces of this many samples: 20 ms.
    private int Piece => InputRateHz / 50;

    /// <summary>Most samples that one call with this many input samples gives.</summary>
    public int MaxOutput(int inputSamples) =>
        (int)((long)inputSamples * _filter.Interpolation / _filter.Decimation) + 1;

    /// <summary>Converts all of <paramref name="input"/>; saturates.</summary>
    /// <param name="output">At least <see cref="MaxOutput"/> samples.</param>
    /// <returns>Samples written.</returns>
    public int Process(ReadOnlySpan<short> input, Span<short> output) => Run(input, output, scale: 1);

    /// <summary>As above, to floats of −1…1.</summary>
    public int Process(ReadOnlySpan<short> input, Span<float> output) => Run(input, output, scale: 1f / 32768);

    /// <summary>As above, from floats of −1…1.</summary>
    public int Process(ReadOnlySpan<float> input, Span<short> output) => Run(input, output, scale: 32768);

    /// <summary>
    /// From floats to floats of the same scale, whatever it is: nothing saturates.
    /// </summary>
    internal int Process(ReadOnlySpan<float> input, Span<float> output) => Run(input, output, scale: 1);

    /// <summary>
    /// Shorts are taken and given as they are, floats scaled: where shorts become floats it is the output that is, else the
    /// input. Compiled once for each pair of types, with what does not concern it left out.
    /// </summary>
    [SkipLocalsInit]
    private int Run<TIn, TOut>(ReadOnlySpan<TIn> input, Span<TOut> output, float scale)
        where TIn : struct
        where TOut : struct
    {
        Span<float> window = stackalloc float[MaxWindow];
        Span<float> made = stackalloc float[MaxMade];
        var written = 0;
        for (; !input.IsEmpty; input = input[Math.Min(input.Length, Piece)..])
        {
            var piece = input[..Math.Min(input.Length, Piece)];
            var room = window[_history.Length..];
            if (typeof(TIn) == typeof(short))
                PcmVectors.Widen(MemoryMarshal.Cast<TIn, short>(piece), room);
            else if (typeof(TOut) == typeof(short))
                TensorPrimitives.Multiply(MemoryMarshal.Cast<TIn, float>(piece), scale, room);
            else
                MemoryMarshal.Cast<TIn, float>(piece).CopyTo(room);
            var count = Convert(window, piece.Length, made, out var phases, out var stride);
            var to = output.Slice(written, count);
            if (typeof(TOut) == typeof(short))
                PolyphaseKernel.Store(made, stride, phases, MemoryMarshal.Cast<TOut, short>(to));
            else
                PolyphaseKernel.Store(made, stride, phases, MemoryMarshal.Cast<TOut, float>(to), scale);
            written += count;
        }

        return written;
    }

    /// <summary>Forgets the past, as if new.</summary>
    public void Reset()
    {
        Array.Clear(_history);
        _position = 0;
    }

    /// <summary>Makes the outputs of one piece, which lies in the window behind the room for the history.</summary>
    /// <param name="made">
    /// Gets the outputs: <paramref name="phases"/> runs <paramref name="stride"/> apart, which take turns.
    /// </param>
    /// <returns>How many outputs.</returns>
    private int Convert(Span<float> window, int count, Span<float> made, out int phases, out int stride)
    {
        _history.CopyTo(window);
        window = window[..(_history.Length + count)];
        var (up, down) = (_filter.Interpolation, _filter.Decimation);
        var outputs = Math.Max(0, (count * up - _position + down - 1) / down);
        phases = up <= PolyphaseKernel.MaxPhases ? up : 1;
        // Room for the phase with the most outputs, in whole blocks.
        stride =
            ((outputs + phases - 1) / phases + PolyphaseKernel.Block - 1)
            / PolyphaseKernel.Block
            * PolyphaseKernel.Block;
        if (phases == up)
            ConvertByPhases(window, outputs, stride, made);
        else
            ConvertOneByOne(window, made[..outputs]);

        window[count..].CopyTo(_history);
        _position += outputs * down - count * up;
        return outputs;
    }

    [SkipLocalsInit]
    private void ConvertByPhases(ReadOnlySpan<float> window, int outputs, int stride, Span<float> made)
    {
        var (up, down) = (_filter.Interpolation, _filter.Decimation);
        Span<float> streams = stackalloc float[MaxStreams];
        var distance = PolyphaseKernel.Deal(window, down, streams);
        for (var turn = 0; turn < Math.Min(up, outputs); turn++)
        {
            var position = _position + turn * down;
            PolyphaseKernel.SumPhase(
                _filter.Phase(position % up),
                streams,
                distance,
                down,
                position / up,
                (outputs - turn + up - 1) / up,
                made[(turn * stride)..]
            );
        }
    }

    private void ConvertOneByOne(ReadOnlySpan<float> window, Span<float> made)
    {
        var position = _position;
        foreach (ref var output in made)
        {
            var (index, phase) = Math.DivRem(position, _filter.Interpolation);
            output = PolyphaseKernel.Dot(_filter.Phase(phase), window.Slice(index, _filter.Taps));
            position += _filter.Decimation;
        }
    }

    private static void Check(int rateHz)
    {
        if (rateHz is not (8000 or 16000 or 24000 or 48000))
            throw new ArgumentOutOfRangeException(nameof(rateHz), rateHz, "8000, 16000, 24000 or 48000 Hz.");
    }
}

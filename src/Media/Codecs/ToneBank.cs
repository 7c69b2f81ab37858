using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OCPlatform.Media.Codecs;

/// <summary>
/// Correlates blocks of 10 ms (80 samples at 8 kHz) with up to eight frequencies at once, one vector lane each. The table is
/// shared by all detectors of a kind: 5 kB.
/// </summary>
internal sealed class ToneBank
{
    public const int BlockSamples = 80;
    public const int BlockMs = 10;
    private const int Lanes = 8;
    private const float BlocksPerSecond = 100;

    // For each sample 8 cosines, then 8 sines.
    private readonly float[] _table = new float[BlockSamples * Lanes * 2];
    private readonly float[] _hz = new float[Lanes];

    public ToneBank(params ReadOnlySpan<float> hz)
    {
        hz.CopyTo(_hz);
        for (var n = 0; n < BlockSamples; n++)
        {
            for (var lane = 0; lane < hz.Length; lane++)
            {
                var (sine, cosine) = Math.SinCos(2 * Math.PI * hz[lane] * n / 8000);
                _table[n * 2 * Lanes + lane] = (float)cosine;
                _table[n * 2 * Lanes + Lanes + lane] = (float)sine;
            }
        }
    }

    /// <summary>Measures a block; its samples are of any scale.</summary>
    public ToneBlock Measure(ReadOnlySpan<float> block)
    {
        ref var x = ref MemoryMarshal.GetReference(block[..BlockSamples]);
        ref var table = ref MemoryMarshal.GetArrayDataReference(_table);
        var cosines = Vector256<float>.Zero;
        var sines = Vector256<float>.Zero;
        var cosinesOdd = Vector256<float>.Zero;
        var sinesOdd = Vector256<float>.Zero;
        for (var n = 0; n < BlockSamples; n += 2)
        {
            ref var row = ref Unsafe.Add(ref table, n * 2 * Lanes);
            var even = Vector256.Create(Unsafe.Add(ref x, n));
            var odd = Vector256.Create(Unsafe.Add(ref x, n + 1));
            cosines = Vector256.FusedMultiplyAdd(even, Vector256.LoadUnsafe(ref row), cosines);
            sines = Vector256.FusedMultiplyAdd(even, Vector256.LoadUnsafe(ref row, Lanes), sines);
            cosinesOdd = Vector256.FusedMultiplyAdd(odd, Vector256.LoadUnsafe(ref row, 2 * Lanes), cosinesOdd);
            sinesOdd = Vector256.FusedMultiplyAdd(odd, Vector256.LoadUnsafe(ref row, 3 * Lanes), sinesOdd);
        }

        return new ToneBlock(cosines + cosinesOdd, sines + sinesOdd, EnergyOf(block));
    }

    /// <summary>
    /// What three successive blocks hold at one lane, with its true frequency taken from how the phase goes on: within ±50 Hz
    /// of the lane's there is one answer.
    /// </summary>
    public TonePart Refine(in ToneBlock first, in ToneBlock second, in ToneBlock third, int lane)
    {
        var (a, b, c) = (first.At(lane), second.At(lane), third.At(lane));
        var turnRe = a.Re * b.Re + a.Im * b.Im + b.Re * c.Re + b.Im * c.Im;
        var turnIm = a.Re * b.Im - a.Im * b.Re + b.Re * c.Im - b.Im * c.Re;
        var length = MathF.Sqrt(turnRe * turnRe + turnIm * turnIm);
        if (length == 0)
            return default;
        // The sum of the three, turned back to the first one's phase.
        var (cosine, sine) = (turnRe / length, turnIm / length);
        var (cosine2, sine2) = (cosine * cosine - sine * sine, 2 * cosine * sine);
        var re = a.Re + b.Re * cosine + b.Im * sine + c.Re * cosine2 + c.Im * sine2;
        var im = a.Im + b.Im * cosine - b.Re * sine + c.Im * cosine2 - c.Re * sine2;

        var expected = _hz[lane] / BlocksPerSecond;
        var turns = MathF.Atan2(turnIm, turnRe) / (2 * MathF.PI) - expected;
        turns -= MathF.Round(turns);
        // A tone beside the lane's frequency is measured too small, by sin x / x.
        var x = MathF.PI * turns;
        var loss = MathF.Abs(x) < 0.01f ? 1 : MathF.Sin(x) / x;
        var energy = (re * re + im * im) * (2f / (3 * BlockSamples)) / (loss * loss);
        return new TonePart(energy, turns * BlocksPerSecond);
    }

    private static float EnergyOf(ReadOnlySpan<float> block)
    {
        var sum = Vector256<float>.Zero;
        foreach (var eight in MemoryMarshal.Cast<float, Vector256<float>>(block))
            sum += eight * eight;
        return Vector256.Sum(sum);
    }
}

/// <summary>A tone within three blocks: its energy (sum of squares), and how far off the nominal frequency it is.</summary>
internal readonly record struct TonePart(float Energy, float OffsetHz);

/// <summary>A block as a <see cref="ToneBank"/> sees it: correlation with each frequency, and energy (sum of squares).</summary>
internal readonly struct ToneBlock(Vector256<float> cosines, Vector256<float> sines, float energy)
{
    // A tone of amplitude a in n samples has the energy a²n/2 and the correlation an/2.
    private const float EnergyPerPower = 2f / ToneBank.BlockSamples;

    public float Energy { get; } = energy;

    /// <summary>Energy of the tones at each frequency.</summary>
    public Vector256<float> Energies => (cosines * cosines + sines * sines) * EnergyPerPower;

    public (float Re, float Im) At(int lane) => (cosines[lane], -sines[lane]);
}

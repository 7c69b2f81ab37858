using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace OCPlatform.Media.Dsp;

/// <summary>
/// Brings sums of any size back to 16 bits. Up to −2.5 dBFS nothing is touched; from there to 3.5 dB beyond full scale a
/// cubic knee of continuous slope rounds the peaks off; what is louder still is turned down for as long as it lasts. A
/// frame's peak is known before its first sample leaves, so the gain is down 2 ms into the frame; it comes back at 6 dB a
/// second, too slow to be heard as pumping. Adds no delay; state is one float.
/// </summary>
internal struct SoftLimiter()
{
    private const float FullScale = 32767f;
    private const float Knee = 0.75f * FullScale;

    // Where the knee's slope reaches 0 at full scale: three times as far above the knee as full scale is.
    private const float Ceiling = 1.5f * FullScale;

    private const int AttackPartOfFrame = 10;
    private const float ReleasePerFrame = 1.0139f;

    /// <summary>The gain at the end of the last frame, ≤ 1.</summary>
    public float Gain { get; private set; } = 1;

    /// <summary>Limits one 20 ms frame of sums, in steps of 16-bit samples; overwrites them.</summary>
    public void Process(Span<float> sums, Span<short> output)
    {
        var peak = MathF.Abs(TensorPrimitives.MaxMagnitude<float>(sums));
        var before = Gain;
        Gain = MathF.Min(MathF.Min(1, before * ReleasePerFrame), Ceiling / MathF.Max(peak, 1));
        if (peak > Knee || before < 1)
        {
            var ramp = Gain < before ? sums.Length / AttackPartOfFrame : sums.Length;
            Ramp(sums[..ramp], before, Gain);
            TensorPrimitives.Multiply(sums[ramp..], Gain, sums[ramp..]);
            Bend(sums);
        }

        PcmVectors.Narrow(sums, output);
    }

    /// <summary>Multiplies with a gain that goes in a straight line from one value to the other.</summary>
    public static void Ramp(Span<float> samples, float from, float to)
    {
        var step = (to - from) / samples.Length;
        for (var i = 0; i < samples.Length; i++)
            samples[i] *= from + step * (i + 1);
    }

    // knee + room × (1 − (1 − u)³) with u = (|x| − knee) / (ceiling − knee): slope 1 at the knee, 0 at the ceiling.
    private static void Bend(Span<float> samples)
    {
        const float room = FullScale - Knee;
        const float perUnit = 1 / (Ceiling - Knee);
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(samples);
        foreach (ref var vector in vectors)
        {
            var size = Vector.Abs(vector);
            var rest =
                Vector<float>.One
                - Vector.Clamp((size - new Vector<float>(Knee)) * perUnit, Vector<float>.Zero, Vector<float>.One);
            var bent = new Vector<float>(Knee) + (Vector<float>.One - rest * rest * rest) * room;
            vector = Vector.CopySign(Vector.ConditionalSelect(Vector.LessThan(size, new(Knee)), size, bent), vector);
        }

        foreach (ref var sample in samples[(vectors.Length * Vector<float>.Count)..])
        {
            var size = MathF.Abs(sample);
            if (size < Knee)
                continue;
            var rest = 1 - MathF.Min((size - Knee) * perUnit, 1);
            sample = MathF.CopySign(Knee + (1 - rest * rest * rest) * room, sample);
        }
    }
}

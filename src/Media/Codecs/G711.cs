using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OCPlatform.Media.Codecs;

/// <summary>
/// ITU-T G.711, both laws: one byte per 8 kHz sample. 16-bit linear PCM on the other side, with 14 (µ-law) or 13 (A-law)
/// significant bits, scaled as in ITU-T G.191. Decoding looks up a table of 512 bytes; encoding computes 16 samples at a
/// time, which is faster than a table and leaves the cache to others.
/// </summary>
/// <remarks>
/// A code's segment and step are the exponent and the upper four bits of the mantissa of the magnitude as a floating-point
/// number: the encoders convert to <see cref="float"/> and take those bits.
/// </remarks>
public static class G711
{
    private const int MantissaShift = 23 - 4;
    private const int UlawBias = 33;
    private const int UlawMax = 0x1FFF;

    // Biased exponents of the lowest segment, in the place where the segment is in the code.
    private const int UlawExponent = (127 + 5) << 4;
    private const int AlawExponent = (127 + 4) << 4;

    private static readonly short[] UlawToLinear = [.. Enumerable.Range(0, 256).Select(code => ExpandUlaw((byte)code))];
    private static readonly short[] AlawToLinear = [.. Enumerable.Range(0, 256).Select(code => ExpandAlaw((byte)code))];

    /// <summary>The code for digital silence: 0xFF (µ-law), 0xD5 (A-law).</summary>
    public static byte Silence(AudioCodec codec) => codec == AudioCodec.Pcmu ? (byte)0xFF : (byte)0xD5;

    /// <summary>Decodes <paramref name="codes"/> into as many samples.</summary>
    public static void Decode(AudioCodec codec, ReadOnlySpan<byte> codes, Span<short> samples)
    {
        samples = samples[..codes.Length];
        // A byte is always within the table: no check of each.
        ref var table = ref MemoryMarshal.GetArrayDataReference(codec == AudioCodec.Pcmu ? UlawToLinear : AlawToLinear);
        for (var i = 0; i < codes.Length; i++)
            samples[i] = Unsafe.Add(ref table, (nint)codes[i]);
    }

    /// <summary>Encodes <paramref name="samples"/> into as many bytes.</summary>
    public static void Encode(AudioCodec codec, ReadOnlySpan<short> samples, Span<byte> codes)
    {
        codes = codes[..samples.Length];
        ref var from = ref MemoryMarshal.GetReference(samples);
        ref var to = ref MemoryMarshal.GetReference(codes);
        nuint i = 0;
        var vectors = (nuint)(samples.Length & ~15);
        if (codec == AudioCodec.Pcmu)
        {
            for (; i < vectors; i += 16)
                CompressUlaw(Vector256.LoadUnsafe(ref from, i)).StoreUnsafe(ref to, i);
            for (; i < (nuint)samples.Length; i++)
                Unsafe.Add(ref to, i) = CompressUlaw(Unsafe.Add(ref from, i));
        }
        else
        {
            for (; i < vectors; i += 16)
                CompressAlaw(Vector256.LoadUnsafe(ref from, i)).StoreUnsafe(ref to, i);
            for (; i < (nuint)samples.Length; i++)
                Unsafe.Add(ref to, i) = CompressAlaw(Unsafe.Add(ref from, i));
        }
    }

    /// <summary>
    /// µ-law code: sign, 3-bit segment, 4-bit step, all inverted. Segment s covers 2^s steps of 2 (in 14-bit units), after
    /// adding the bias 33.
    /// </summary>
    private static short ExpandUlaw(byte code)
    {
        var inverted = ~code & 0xFF;
        var segment = (inverted >> 4) & 7;
        var step = inverted & 15;
        var magnitude = ((((step << 1) + UlawBias) << segment) - UlawBias) << 2;
        return (short)((inverted & 0x80) != 0 ? -magnitude : magnitude);
    }

    private static byte CompressUlaw(short sample)
    {
        // One's complement, as the standard's reference does, so that −1 meets −0.
        var sign = sample >> 15;
        var magnitude = Math.Min(((sample >> 2) ^ sign) + UlawBias, UlawMax);
        var segment = BitOperations.Log2((uint)magnitude) - 5;
        var step = (magnitude >> (segment + 1)) & 15;
        return (byte)~((sign & 0x80) | (segment << 4) | step);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> CompressUlaw(Vector256<short> samples)
    {
        var sign = samples >> 15;
        var magnitude = Vector256.Min(
            ((samples >> 2) ^ sign) + Vector256.Create((short)UlawBias),
            Vector256.Create((short)UlawMax)
        );
        var codes = SegmentAndStep(magnitude, UlawExponent);
        return Bytes(~((sign & Vector256.Create((short)0x80)) | codes));
    }

    /// <summary>
    /// A-law code: sign (1 = positive), 3-bit segment, 4-bit step, even bits inverted. Segments 0 and 1 share the finest
    /// step.
    /// </summary>
    private static short ExpandAlaw(byte code)
    {
        var plain = code ^ 0x55;
        var segment = (plain >> 4) & 7;
        var magnitude = ((plain & 15) << 4) + 8;
        if (segment > 0)
            magnitude = (magnitude + 256) << (segment - 1);
        return (short)((plain & 0x80) != 0 ? magnitude : -magnitude);
    }

    private static byte CompressAlaw(short sample)
    {
        var sign = sample >> 15;
        var magnitude = (sample >> 3) ^ sign;
        var segment = Math.Max(0, BitOperations.Log2((uint)magnitude | 1) - 4);
        var step = (magnitude >> Math.Max(1, segment)) & 15;
        return (byte)(((~sign & 0x80) | (segment << 4) | step) ^ 0x55);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> CompressAlaw(Vector256<short> samples)
    {
        var sign = samples >> 15;
        var magnitude = (samples >> 3) ^ sign;
        var codes = Vector256.ConditionalSelect(
            Vector256.LessThan(magnitude, Vector256.Create((short)32)),
            magnitude >> 1,
            SegmentAndStep(magnitude, AlawExponent)
        );
        return Bytes((Vector256.AndNot(Vector256.Create((short)0x80), sign) | codes) ^ Vector256.Create((short)0x55));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> SegmentAndStep(Vector256<short> magnitude, int lowestExponent)
    {
        var (lower, upper) = Vector256.Widen(magnitude);
        var lowest = Vector256.Create(lowestExponent);
        return Vector256.Narrow(
            (Vector256.ConvertToSingle(lower).AsInt32() >> MantissaShift) - lowest,
            (Vector256.ConvertToSingle(upper).AsInt32() >> MantissaShift) - lowest
        );
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Bytes(Vector256<short> codes) =>
        Vector128.Narrow(codes.GetLower().AsUInt16(), codes.GetUpper().AsUInt16());
}

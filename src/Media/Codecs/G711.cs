namespace OCPlatform.Media.Codecs;

/// <summary>
/// ITU-T G.711 by table, both laws: one byte per 8 kHz sample. 16-bit linear PCM on the other side, with 14 (µ-law) or 13
/// (A-law) significant bits, scaled as in ITU-T G.191.
/// </summary>
public static class G711
{
    private static readonly short[] UlawToLinear = new short[256];
    private static readonly short[] AlawToLinear = new short[256];

    // Indexed by the sample's upper bits, offset to be positive: 14 bits for µ-law, 13 for A-law.
    private static readonly byte[] LinearToUlaw = new byte[1 << 14];
    private static readonly byte[] LinearToAlaw = new byte[1 << 13];

    static G711()
    {
        for (var code = 0; code < 256; code++)
        {
            UlawToLinear[code] = ExpandUlaw((byte)code);
            AlawToLinear[code] = ExpandAlaw((byte)code);
        }

        for (var i = 0; i < LinearToUlaw.Length; i++)
            LinearToUlaw[i] = CompressUlaw(i - (1 << 13));
        for (var i = 0; i < LinearToAlaw.Length; i++)
            LinearToAlaw[i] = CompressAlaw(i - (1 << 12));
    }

    /// <summary>The code for digital silence: 0xFF (µ-law), 0xD5 (A-law).</summary>
    public static byte Silence(AudioCodec codec) => codec == AudioCodec.Pcmu ? (byte)0xFF : (byte)0xD5;

    /// <summary>Decodes <paramref name="codes"/> into as many samples.</summary>
    public static void Decode(AudioCodec codec, ReadOnlySpan<byte> codes, Span<short> samples)
    {
        var table = codec == AudioCodec.Pcmu ? UlawToLinear : AlawToLinear;
        samples = samples[..codes.Length];
        for (var i = 0; i < codes.Length; i++)
            samples[i] = table[codes[i]];
    }

    /// <summary>Encodes <paramref name="samples"/> into as many bytes.</summary>
    public static void Encode(AudioCodec codec, ReadOnlySpan<short> samples, Span<byte> codes)
    {
        codes = codes[..samples.Length];
        if (codec == AudioCodec.Pcmu)
        {
            var table = LinearToUlaw;
            for (var i = 0; i < samples.Length; i++)
                codes[i] = table[(samples[i] >> 2) + (1 << 13)];
        }
        else
        {
            var table = LinearToAlaw;
            for (var i = 0; i < samples.Length; i++)
                codes[i] = table[(samples[i] >> 3) + (1 << 12)];
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
        var magnitude = ((((step << 1) + 33) << segment) - 33) << 2;
        return (short)((inverted & 0x80) != 0 ? -magnitude : magnitude);
    }

    private static byte CompressUlaw(int sample14)
    {
        // One's complement, as the standard's reference does, so that −1 meets −0.
        var negative = sample14 < 0;
        var magnitude = Math.Min((negative ? ~sample14 : sample14) + 33, 0x1FFF);
        var segment = 31 - System.Numerics.BitOperations.LeadingZeroCount((uint)magnitude) - 5;
        var step = (magnitude >> (segment + 1)) & 15;
        return (byte)~((negative ? 0x80 : 0) | (segment << 4) | step);
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

    private static byte CompressAlaw(int sample13)
    {
        var negative = sample13 < 0;
        var magnitude = negative ? ~sample13 : sample13;
        var segment = Math.Max(0, 31 - System.Numerics.BitOperations.LeadingZeroCount((uint)magnitude | 1) - 4);
        var step = (segment == 0 ? magnitude >> 1 : magnitude >> segment) & 15;
        return (byte)(((negative ? 0 : 0x80) | (segment << 4) | step) ^ 0x55);
    }
}

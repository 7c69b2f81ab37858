namespace OCPlatform.Sip;

/// <summary>CSeq: a number below 2^31 and a method (RFC 3261 §20.16, §8.1.1.5).</summary>
public readonly record struct CSeq(uint Number, string Method) : IWireText
{
    /// <summary>CSeq numbers must be less than 2^31 (RFC 3261 §8.1.1.5).</summary>
    public const uint Limit = 1u << 31;

    /// <summary>Reads a header value; false when the number is too large or the method no token.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out CSeq cseq)
    {
        cseq = default;
        if (!TrySplit(text, out var number, out var method))
        {
            return false;
        }
        cseq = new CSeq(number, SipMethod.FromBytes(method));
        return true;
    }

    internal static bool TrySplit(ReadOnlySpan<byte> text, out uint number, out ReadOnlySpan<byte> method)
    {
        number = 0;
        method = default;
        text = SipCharacters.Trim(text);
        var end = 0;
        while (end < text.Length && SipCharacters.IsDigit(text[end]))
        {
            end++;
        }
        if (end == 0 || end == text.Length || !SipCharacters.IsLws(text[end]))
        {
            return false;
        }
        method = SipCharacters.Trim(text[end..]);
        return SipCharacters.TryParseUInt32(text[..end], out number) && number < Limit && SipCharacters.IsToken(method);
    }

    void IWireText.WriteTo(ref ByteWriter output)
    {
        output.Write(Number);
        output.Write((byte)' ');
        output.Write(Method);
    }

    public override string ToString() => $"{Number} {Method}";
}

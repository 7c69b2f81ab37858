using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip;

/// <summary>A telephone number as it was dialled: with or without a plus, visual separators removed (RFC 3966 §5.1.1).</summary>
/// <param name="Digits">Digits, <c>*</c> and <c>#</c>.</param>
/// <param name="IsGlobal">It began with a plus, so that the country code leads.</param>
internal sealed record DialledNumber(string Digits, bool IsGlobal)
{
    /// <summary>E.164 has 15 digits; access codes and extensions come on top.</summary>
    private const int MaxDigits = 40;

    private const int LeastGlobalDigits = 7;

    /// <summary>Null when the text is no number.</summary>
    public static DialledNumber? Read(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }
        var plus = text[0] == '+';
        Span<char> digits = stackalloc char[MaxDigits];
        var count = 0;
        foreach (var c in text.AsSpan(plus ? 1 : 0))
        {
            if (c is '-' or '.' or '(' or ')' or ' ')
            {
                continue;
            }
            if (count == MaxDigits || !(char.IsAsciiDigit(c) || c is '*' or '#'))
            {
                return null;
            }
            digits[count++] = c;
        }
        return count == 0 ? null : new DialledNumber(new string(digits[..count]), plus);
    }

    /// <summary>
    /// The number that a SIP or tel URI calls. Parameters of the user part (<c>;phone-context</c>, <c>;npdi</c>) do not count.
    /// </summary>
    public static DialledNumber? Of(SipUri uri)
    {
        var user = uri.UnescapedUser;
        var semicolon = user?.IndexOf(';') ?? -1;
        return Read(semicolon < 0 ? user : user![..semicolon]);
    }

    /// <summary>A plus is only put before what can be a number of E.164: not before 112, *98 or a number with a trunk prefix.</summary>
    public string Write(NumberFormat format) =>
        format switch
        {
            NumberFormat.Plus
                when Digits.Length >= LeastGlobalDigits && Digits[0] != '0' && Digits.All(char.IsAsciiDigit) =>
                $"+{Digits}",
            NumberFormat.Digits => Digits,
            _ => ToString(),
        };

    public override string ToString() => IsGlobal ? $"+{Digits}" : Digits;
}

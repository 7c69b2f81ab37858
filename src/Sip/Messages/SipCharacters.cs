using System.Buffers;

namespace OCPlatform.Sip;

/// <summary>Character sets of the RFC 3261 §25.1 grammar.</summary>
internal static class SipCharacters
{
    private const string AlphaNumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    /// <summary>token = 1*(alphanum / "-" / "." / "!" / "%" / "*" / "_" / "+" / "`" / "'" / "~").</summary>
    public static readonly SearchValues<byte> Token = Set(AlphaNumeric + "-.!%*_+`'~");

    /// <summary>word, as used in Call-ID (RFC 3261 §25.1).</summary>
    public static readonly SearchValues<byte> Word = Set(AlphaNumeric + "-.!%*_+`'~()<>:\\\"/[]?{}@");

    /// <summary>Host names, IPv4 addresses; the underscore is no host character but is seen in real networks.</summary>
    public static readonly SearchValues<byte> Host = Set(AlphaNumeric + "-._");

    /// <summary>The inside of an IPv6reference, zone identifiers left out (RFC 5954).</summary>
    public static readonly SearchValues<byte> IPv6 = Set("0123456789abcdefABCDEF:.");

    /// <summary>
    /// What may stand in user or password. Wider than the grammar by '#', '|', '^', '[', ']', '{', '}', '\' and '`',
    /// which phones dial unescaped; control characters, white space, quotes, angle brackets and '@' end the message.
    /// </summary>
    public static readonly SearchValues<byte> UserInfo = Set(AlphaNumeric + "-_.!~*'()%&=+$,;?/:#|^[]{}\\`");

    /// <summary>paramchar plus token (RFC 3261 §25.1, uri-parameter).</summary>
    public static readonly SearchValues<byte> UriParameter = Set(AlphaNumeric + "-_.!~*'()%[]/:&+$`");

    /// <summary>hname, hvalue and the separators between them.</summary>
    public static readonly SearchValues<byte> UriHeaders = Set(AlphaNumeric + "-_.!~*'()%[]/?:+$&=");

    /// <summary>What a generic-param value may hold unquoted: token, host, IPv6 literals, and what real Via and Contact values show.</summary>
    public static readonly SearchValues<byte> ParameterValue = Set(AlphaNumeric + "-.!%*_+`'~[]:/?@&$()^{}|#");

    /// <summary>Everything of an absoluteURI that is not sip, sips or tel.</summary>
    public static readonly SearchValues<byte> AbsoluteUri = Set(AlphaNumeric + "-_.!~*'()%;/?:@&=+$,[]#{}|^`\\");

    public static readonly SearchValues<byte> Scheme = Set(AlphaNumeric + "+-.");

    public static readonly SearchValues<byte> LineEnd = SearchValues.Create("\r\n"u8);

    /// <summary>What ends an element of a comma-separated list, or keeps a comma from doing so.</summary>
    public static readonly SearchValues<byte> ListMarks = SearchValues.Create("\"<>,"u8);

    /// <summary>White space and quotes, which would end a URI or begin something else.</summary>
    public static readonly SearchValues<byte> NotInUri = SearchValues.Create(" \t\r\n\""u8);

    /// <summary>What an unquoted display name must not hold: what would make the bracket part of something else, and control characters.</summary>
    public static readonly SearchValues<byte> NoDisplayName = SearchValues.Create([
        .. "\";>,"u8,
        .. Enumerable.Range(0, 32).Where(c => c is not (9 or 10 or 13)).Select(c => (byte)c),
        127,
    ]);

    private static SearchValues<byte> Set(string characters) =>
        SearchValues.Create(System.Text.Encoding.ASCII.GetBytes(characters));

    public static bool IsToken(ReadOnlySpan<byte> text) => !text.IsEmpty && !text.ContainsAnyExcept(Token);

    public static bool IsDigit(byte b) => (uint)(b - '0') <= 9;

    public static bool IsWhiteSpace(byte b) => b is (byte)' ' or (byte)'\t';

    /// <summary>LWS inside a header value, folds included.</summary>
    public static bool IsLws(byte b) => b is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';

    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text)
    {
        var start = 0;
        var end = text.Length;
        while (start < end && IsLws(text[start]))
        {
            start++;
        }
        while (end > start && IsLws(text[end - 1]))
        {
            end--;
        }
        return text[start..end];
    }

    /// <summary>Unsigned decimal that fits in 32 bits; surrounding text is an error, not a stop.</summary>
    public static bool TryParseUInt32(ReadOnlySpan<byte> text, out uint value)
    {
        value = 0;
        if (text.IsEmpty || text.Length > 32)
        {
            return false;
        }
        ulong total = 0;
        foreach (var b in text)
        {
            if (!IsDigit(b))
            {
                return false;
            }
            total = total * 10 + (uint)(b - '0');
            if (total > uint.MaxValue)
            {
                return false;
            }
        }
        value = (uint)total;
        return true;
    }

    /// <summary>A percent sign must lead two hex digits (RFC 3261 §25.1, escaped).</summary>
    public static bool HasValidEscapes(ReadOnlySpan<byte> text)
    {
        for (var i = text.IndexOf((byte)'%'); i >= 0; )
        {
            if (
                i + 2 >= text.Length
                || !char.IsAsciiHexDigit((char)text[i + 1])
                || !char.IsAsciiHexDigit((char)text[i + 2])
            )
            {
                return false;
            }
            var next = text[(i + 3)..].IndexOf((byte)'%');
            i = next < 0 ? -1 : i + 3 + next;
        }
        return true;
    }
}

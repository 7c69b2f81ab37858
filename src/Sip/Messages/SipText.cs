using System.Buffers;
using System.Text;

namespace OCPlatform.Sip;

/// <summary>Text helpers shared by the header parsers: quoting, splitting, strings on demand.</summary>
internal static class SipText
{
    /// <summary>Words that are on nearly every message; they cost no allocation.</summary>
    private static readonly string[] Common =
    [
        "sip",
        "sips",
        "tel",
        "tag",
        "branch",
        "rport",
        "received",
        "lr",
        "transport",
        "udp",
        "tcp",
        "tls",
        "ws",
        "wss",
        "UDP",
        "TCP",
        "TLS",
        "WS",
        "WSS",
        "user",
        "phone",
        "expires",
        "q",
        "maddr",
        "ttl",
        "method",
        "ob",
        "application",
        "sdp",
        "SIP/2.0",
    ];

    private static readonly string[][] CommonByLength = Enumerable
        .Range(0, Common.Max(c => c.Length) + 1)
        .Select(n => Common.Where(c => c.Length == n).ToArray())
        .ToArray();

    public static string Intern(ReadOnlySpan<byte> text)
    {
        if (text.Length < CommonByLength.Length)
        {
            foreach (var candidate in CommonByLength[text.Length])
            {
                if (Ascii.Equals(text, candidate))
                {
                    return candidate;
                }
            }
        }
        return Encoding.UTF8.GetString(text);
    }

    /// <summary>Length of the quoted-string that starts the text, quotes included; -1 when it does not end (RFC 3261 §25.1).</summary>
    public static int QuotedLength(ReadOnlySpan<byte> text)
    {
        for (var i = 1; i < text.Length; i++)
        {
            switch (text[i])
            {
                case (byte)'\\':
                    // quoted-pair: any character but CR and LF may follow
                    i++;
                    if (i < text.Length && text[i] is (byte)'\r' or (byte)'\n')
                    {
                        return -1;
                    }
                    break;
                case (byte)'"':
                    return i + 1;
            }
        }
        return -1;
    }

    /// <summary>What a quoted-string says; text without quotes is returned as it is.</summary>
    public static string Unquote(string text)
    {
        if (text.Length < 2 || text[0] != '"' || text[^1] != '"')
        {
            return text;
        }
        var inner = text[1..^1];
        if (!inner.Contains('\\'))
        {
            return inner;
        }
        var result = new StringBuilder(inner.Length);
        for (var i = 0; i < inner.Length; i++)
        {
            if (inner[i] == '\\' && i + 1 < inner.Length)
            {
                i++;
            }
            result.Append(inner[i]);
        }
        return result.ToString();
    }

    /// <summary>A quoted-string that says the text; line ends, which no quoting can carry, become spaces.</summary>
    public static string Quote(string text)
    {
        var result = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            if (c is '"' or '\\')
            {
                result.Append('\\');
            }
            result.Append(c is '\r' or '\n' or '\0' ? ' ' : c);
        }
        return result.Append('"').ToString();
    }

    /// <summary>
    /// Length of the first element of a comma-separated list, up to its comma or the end; commas in quotes and
    /// angle brackets do not count. -1 when a quote or bracket does not end.
    /// </summary>
    public static int ListElementLength(ReadOnlySpan<byte> text)
    {
        var angle = false;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case (byte)'"' when !angle:
                    var quoted = QuotedLength(text[i..]);
                    if (quoted < 0)
                    {
                        return -1;
                    }
                    i += quoted - 1;
                    break;
                case (byte)'<':
                    angle = true;
                    break;
                case (byte)'>':
                    angle = false;
                    break;
                case (byte)',' when !angle:
                    return i;
            }
        }
        return angle ? -1 : text.Length;
    }

    /// <summary>Copies a value with each fold (CRLF and white space, RFC 3261 §7.3.1) turned into one space.</summary>
    public static byte[] Unfold(ReadOnlySpan<byte> value)
    {
        var result = new byte[value.Length];
        var length = 0;
        for (var i = 0; i < value.Length; )
        {
            if (value[i] is (byte)'\r' or (byte)'\n')
            {
                while (length > 0 && SipCharacters.IsWhiteSpace(result[length - 1]))
                {
                    length--;
                }
                while (i < value.Length && SipCharacters.IsLws(value[i]))
                {
                    i++;
                }
                result[length++] = (byte)' ';
                continue;
            }
            result[length++] = value[i++];
        }
        return result[..length];
    }

    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> bytes)
    {
        var span = output.GetSpan(bytes.Length);
        bytes.CopyTo(span);
        output.Advance(bytes.Length);
    }

    public static void Write(IBufferWriter<byte> output, string text)
    {
        var span = output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        output.Advance(Encoding.UTF8.GetBytes(text, span));
    }

    public static void Write(IBufferWriter<byte> output, long number)
    {
        var span = output.GetSpan(20);
        System.Buffers.Text.Utf8Formatter.TryFormat(number, span, out var written);
        output.Advance(written);
    }

    /// <summary>Runs a byte parser over a string; header values are short, so the stack holds most of them.</summary>
    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}

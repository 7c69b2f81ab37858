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
        var position = 1;
        while (position < text.Length)
        {
            var next = text[position..].IndexOfAny((byte)'"', (byte)'\\');
            if (next < 0)
            {
                return -1;
            }
            position += next;
            if (text[position] == (byte)'"')
            {
                return position + 1;
            }
            // quoted-pair: any character but CR and LF may follow
            if (position + 1 < text.Length && text[position + 1] is (byte)'\r' or (byte)'\n')
            {
                return -1;
            }
            position += 2;
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

    /// <summary>A parameter value: as it is when it is a token, quoted otherwise.</summary>
    public static string TokenOrQuoted(string text) => SipCharacters.IsToken(Bytes(text)) ? text : Quote(text);

    /// <summary>See <see cref="ByteWriter.WriteQuoted"/>.</summary>
    public static string Quote(string text)
    {
        var writer = ByteWriter.TakeScratch();
        writer.WriteQuoted(text);
        var quoted = Encoding.UTF8.GetString(writer.Written);
        writer.ReturnScratch();
        return quoted;
    }

    /// <summary>
    /// Length of the first element of a comma-separated list, up to its comma or the end; commas in quotes and
    /// angle brackets do not count. -1 when a quote or bracket does not end.
    /// </summary>
    public static int ListElementLength(ReadOnlySpan<byte> text)
    {
        var position = 0;
        var angle = false;
        while (true)
        {
            var next = text[position..].IndexOfAny(SipCharacters.ListMarks);
            if (next < 0)
            {
                return angle ? -1 : text.Length;
            }
            position += next;
            switch (text[position])
            {
                case (byte)'"' when !angle:
                    var quoted = QuotedLength(text[position..]);
                    if (quoted < 0)
                    {
                        return -1;
                    }
                    position += quoted;
                    continue;
                case (byte)'<':
                    angle = true;
                    break;
                case (byte)'>':
                    angle = false;
                    break;
                case (byte)',' when !angle:
                    return position;
            }
            position++;
        }
    }

    /// <summary>Copies a value with each fold (CRLF and white space, RFC 3261 §7.3.1) turned into one space.</summary>
    public static void Unfold(ReadOnlySpan<byte> value, ref ByteWriter output)
    {
        while (value.IndexOfAny(SipCharacters.LineEnd) is >= 0 and var fold)
        {
            output.Write(value[..fold].TrimEnd(" \t"u8));
            output.Write((byte)' ');
            value = value[fold..].TrimStart(" \t\r\n"u8);
        }
        output.Write(value);
    }

    /// <summary>Runs a byte parser over a string; header values are short, so the stack holds most of them.</summary>
    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}

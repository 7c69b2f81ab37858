namespace OCPlatform.Media.Sdp;

/// <summary>
/// Blots out what a SIP message must not carry into a file that is passed around, byte for byte, so that lengths stay
/// right: credentials (Authorization and Proxy-Authorization, RFC 3261 §22), SRTP keys (a=crypto inline, RFC 4568 §6.1;
/// k=, RFC 4566 §5.12) and ICE passwords (RFC 8839 §5.4).
/// </summary>
public static class SipSecrets
{
    private const byte Blot = (byte)'*';

    /// <summary>Masks in place.</summary>
    public static void Mask(Span<byte> message)
    {
        var masking = false;
        while (!message.IsEmpty)
        {
            var end = message.IndexOf((byte)'\n');
            var line = message[..(end < 0 ? message.Length : end)];
            if (line.EndsWith("\r"u8))
                line = line[..^1];
            // A line that begins with white space carries on the one before (RFC 3261 §7.3.1).
            masking = !line.IsEmpty && (line[0] is (byte)' ' or (byte)'\t' ? masking : IsCredential(line));
            if (masking)
                line[(line.IndexOf((byte)':') + 1)..].Fill(Blot, keep: (byte)' ');
            else
                MaskKeys(line);
            message = end < 0 ? default : message[(end + 1)..];
        }
    }

    private static bool IsCredential(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        var name = colon < 0 ? default : line[..colon].TrimEnd(" \t"u8);
        return Is(name, "authorization"u8) || Is(name, "proxy-authorization"u8);
    }

    private static void MaskKeys(Span<byte> line)
    {
        if (line.StartsWith("k="u8))
        {
            line[2..].Fill(Blot);
        }
        else if (line.StartsWith("a=ice-pwd:"u8))
        {
            line["a=ice-pwd:".Length..].Fill(Blot);
        }
        else if (line.StartsWith("a=crypto:"u8))
        {
            // A line may have several keys (§6.1), each up to its lifetime, the next parameter or the line's end.
            for (var at = Find(line); at >= 0; at = Find(line))
            {
                line = line[(at + "inline:".Length)..];
                var length = line.IndexOfAny("|; \t"u8);
                line[..(length < 0 ? line.Length : length)].Fill(Blot);
            }
        }
    }

    private static int Find(ReadOnlySpan<byte> line)
    {
        for (var i = 0; i + 7 <= line.Length; i++)
        {
            if (Is(line.Slice(i, 7), "inline:"u8))
                return i;
        }

        return -1;
    }

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lowerCase) =>
        System.Text.Ascii.EqualsIgnoreCase(text, lowerCase);

    private static void Fill(this Span<byte> text, byte with, byte keep)
    {
        foreach (ref var b in text)
        {
            if (b != keep)
                b = with;
        }
    }
}

using System.Text;

namespace OCPlatform.Sip;

/// <summary>One part of a body, its bytes as they stand in the message.</summary>
/// <param name="ContentType">Lower case, without parameters; <c>text/plain</c> when the part does not say.</param>
/// <param name="Disposition">The disposition type, lower case; null when the part does not say.</param>
/// <param name="IsOptional">handling=optional: who does not understand the part may pass over it (RFC 3261 §20.11).</param>
public sealed record SipBodyPart(
    string ContentType,
    string? Disposition,
    bool IsOptional,
    ReadOnlyMemory<byte> Content
);

/// <summary>
/// The parts of a message's body (RFC 5621; multipart syntax of RFC 2046 §5.1). Bounded in parts and depth, so that a body cannot cost more than its
/// bytes.
/// </summary>
public static class SipBody
{
    private const int MaxParts = 16;
    private const int MaxDepth = 3;

    /// <summary>RFC 2046 §5.1.1.</summary>
    private const int MaxBoundaryLength = 70;

    private const string SessionType = "application/sdp";

    /// <summary>
    /// The leaves of the body in order, a body without multipart being one. False when it is malformed or has too many of them: 400.
    /// </summary>
    public static bool TryReadParts(SipMessage message, out IReadOnlyList<SipBodyPart> parts)
    {
        var found = new List<SipBodyPart>();
        parts = found;
        if (message.Body.IsEmpty)
        {
            return true;
        }
        var type = message.Headers[SipHeaderId.ContentType] ?? SessionType;
        return TryRead(type, message.Headers[SipHeaderId.ContentDisposition], message.Body, found, 0);
    }

    /// <summary>
    /// The session description in the body, be it alone or a part of it; null when there is none that can be read. A body without a type counts as one, as old
    /// phones send it.
    /// </summary>
    public static ReadOnlyMemory<byte>? SessionDescriptionOf(SipMessage message)
    {
        if (TryReadParts(message, out var parts))
        {
            foreach (var part in parts)
            {
                if (part.ContentType == SessionType)
                {
                    return part.Content;
                }
            }
        }
        return null;
    }

    private static bool TryRead(
        string contentType,
        string? disposition,
        ReadOnlyMemory<byte> body,
        List<SipBodyPart> parts,
        int depth
    )
    {
        var type = TypeOf(contentType);
        if (!type.StartsWith("multipart/", StringComparison.Ordinal))
        {
            if (parts.Count == MaxParts)
            {
                return false;
            }
            parts.Add(new(type, disposition is null ? null : TypeOf(disposition), IsOptional(disposition), body));
            return true;
        }
        return depth < MaxDepth
            && ParametersOf(contentType)?["boundary"] is { } boundary
            && SipText.Unquote(boundary) is { Length: > 0 and <= MaxBoundaryLength } text
            && TryReadMultipart(Encoding.UTF8.GetBytes($"--{text}"), body, parts, depth);
    }

    /// <summary>
    /// <code>
    /// preamble CRLF --boundary CRLF header: value CRLF CRLF content CRLF --boundary … CRLF --boundary-- epilogue
    /// </code>
    /// </summary>
    private static bool TryReadMultipart(
        byte[] delimiter,
        ReadOnlyMemory<byte> body,
        List<SipBodyPart> parts,
        int depth
    )
    {
        if (!TryFindDelimiter(body.Span, delimiter, 0, out _, out var start, out var isLast))
        {
            return false;
        }
        while (!isLast)
        {
            var contentStart = start;
            if (!TryFindDelimiter(body.Span, delimiter, start, out var end, out start, out isLast))
            {
                return false;
            }
            if (!TryReadPart(body[contentStart..end], parts, depth))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>The next delimiter line: where the content before it ends, where what follows it starts.</summary>
    private static bool TryFindDelimiter(
        ReadOnlySpan<byte> body,
        ReadOnlySpan<byte> delimiter,
        int from,
        out int end,
        out int next,
        out bool isLast
    )
    {
        end = next = 0;
        isLast = false;
        for (var search = from; ; search++)
        {
            var at = body[search..].IndexOf(delimiter);
            if (at < 0)
            {
                return false;
            }
            search += at;
            if (search > from && body[search - 1] != (byte)'\n')
            {
                continue;
            }
            var rest = body[(search + delimiter.Length)..];
            isLast = rest.StartsWith("--"u8);
            var padding = rest[(isLast ? 2 : 0)..];
            var lineEnd = padding.IndexOf((byte)'\n');
            var line = lineEnd < 0 ? padding : padding[..lineEnd];
            // Only white space may follow on the line, and only the last one may go without a line end.
            if (!line.Trim(" \t\r"u8).IsEmpty || (lineEnd < 0 && !isLast))
            {
                continue;
            }
            // The line end before a delimiter is the delimiter's (RFC 2046 §5.1.1).
            var content = body[from..search];
            end = from + (content.EndsWith("\r\n"u8) ? content.Length - 2 : Math.Max(0, content.Length - 1));
            next = lineEnd < 0 ? body.Length : body.Length - padding.Length + lineEnd + 1;
            return true;
        }
    }

    private static bool TryReadPart(ReadOnlyMemory<byte> part, List<SipBodyPart> parts, int depth)
    {
        var type = "text/plain";
        string? disposition = null;
        var isPlain = true;
        var rest = part;
        while (true)
        {
            var lineEnd = rest.Span.IndexOf((byte)'\n');
            var line = lineEnd < 0 ? rest.Span : rest.Span[..lineEnd];
            rest = lineEnd < 0 ? default : rest[(lineEnd + 1)..];
            line = line.TrimEnd((byte)'\r');
            if (line.IsEmpty)
            {
                // Without an empty line there are headers only.
                return !isPlain || TryRead(type, disposition, rest, parts, depth + 1);
            }
            var colon = line.IndexOf((byte)':');
            var name = colon < 0 ? default : line[..colon].TrimEnd(" \t"u8);
            var value = colon < 0 ? default : Encoding.UTF8.GetString(SipCharacters.Trim(line[(colon + 1)..]));
            if (Ascii.EqualsIgnoreCase(name, "Content-Type"u8) || Ascii.EqualsIgnoreCase(name, "c"u8))
            {
                type = value!;
            }
            else if (Ascii.EqualsIgnoreCase(name, "Content-Disposition"u8))
            {
                disposition = value;
            }
            else if (Ascii.EqualsIgnoreCase(name, "Content-Transfer-Encoding"u8))
            {
                // RFC 3261 §7.4.1 asks for binary; what is encoded otherwise is passed over as something not understood.
                isPlain = value!.ToLowerInvariant() is "binary" or "8bit" or "7bit";
            }
        }
    }

    private static string TypeOf(string value)
    {
        var semicolon = value.IndexOf(';');
        return (semicolon < 0 ? value : value[..semicolon]).Replace(" ", "").ToLowerInvariant();
    }

    private static bool IsOptional(string? disposition) =>
        disposition is not null
        && string.Equals(ParametersOf(disposition)?["handling"], "optional", StringComparison.OrdinalIgnoreCase);

    private static SipParameters? ParametersOf(string value)
    {
        var semicolon = value.IndexOf(';');
        return SipParameters.TryParse(SipText.Bytes(semicolon < 0 ? "" : value[semicolon..]), out var parameters)
            ? parameters
            : null;
    }
}

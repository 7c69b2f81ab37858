using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OCPlatform.Sip.Transports;

/// <summary>
/// The HTTP/1.1 exchange that opens a WebSocket (RFC 6455 §4.2) with the sub-protocol <c>sip</c> (RFC 7118 §4.1). Sans-IO.
/// </summary>
internal static class WebSocketUpgrade
{
    public const string SubProtocol = "sip";

    private const string AcceptSalt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>What to answer; <paramref name="Refusal"/> is null when the WebSocket is open with it.</summary>
    public readonly record struct Verdict(byte[] Response, string? Refusal);

    /// <summary>Length of the head with its empty line; -1 when that has not come.</summary>
    public static int HeadLength(ReadOnlySpan<byte> bytes) =>
        bytes.IndexOf("\r\n\r\n"u8) is var at and >= 0 ? at + 4 : -1;

    public static Verdict Answer(ReadOnlySpan<byte> head, IReadOnlyList<string> allowedOrigins)
    {
        if (!TryReadHead(head, out var startLine, out var headers))
        {
            return Refuse(400, "Bad Request", "the request cannot be read");
        }
        var start = startLine.Split(' ');
        if (start is not ["GET", _, "HTTP/1.1"])
        {
            return Refuse(405, "Method Not Allowed", "not GET with HTTP/1.1", "Allow: GET\r\n");
        }
        if (!HasToken(headers, "upgrade", "websocket") || !HasToken(headers, "connection", "upgrade"))
        {
            return Refuse(
                426,
                "Upgrade Required",
                "no upgrade to websocket",
                "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            );
        }
        if (headers.GetValueOrDefault("sec-websocket-version") != "13")
        {
            return Refuse(426, "Upgrade Required", "not WebSocket version 13", "Sec-WebSocket-Version: 13\r\n");
        }
        var key = headers.GetValueOrDefault("sec-websocket-key", "");
        if (
            !headers.ContainsKey("host")
            || key.Length != 24
            || !Base64.IsValid(key, out var keyBytes)
            || keyBytes != 16
        )
        {
            return Refuse(400, "Bad Request", "no Host, or Sec-WebSocket-Key is not 16 bytes");
        }
        if (!HasToken(headers, "sec-websocket-protocol", SubProtocol))
        {
            return Refuse(400, "Bad Request", "sub-protocol sip is not offered");
        }
        if (
            allowedOrigins.Count > 0
            && !allowedOrigins.Contains(headers.GetValueOrDefault("origin", ""), StringComparer.OrdinalIgnoreCase)
        )
        {
            return Refuse(403, "Forbidden", "the page's origin is not allowed");
        }
        var response =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + $"Sec-WebSocket-Accept: {AcceptOf(key)}\r\nSec-WebSocket-Protocol: {SubProtocol}\r\n\r\n";
        return new Verdict(Encoding.ASCII.GetBytes(response), null);
    }

    public static Verdict Refuse(int status, string reason, string cause, string headers = "")
    {
        var body = $"This is SIP over WebSocket: {cause}.\n";
        var response =
            $"HTTP/1.1 {status} {reason}\r\n{headers}Content-Type: text/plain\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}";
        return new Verdict(Encoding.ASCII.GetBytes(response), cause);
    }

    /// <summary>What is wrong with a server's answer to our request; null when the WebSocket is open.</summary>
    public static string? ProblemOf(ReadOnlySpan<byte> head, string key)
    {
        if (!TryReadHead(head, out var startLine, out var headers))
        {
            return "the answer cannot be read";
        }
        if (!startLine.StartsWith("HTTP/1.1 101", StringComparison.Ordinal))
        {
            return "the server does not upgrade";
        }
        return
            !HasToken(headers, "upgrade", "websocket")
            || headers.GetValueOrDefault("sec-websocket-accept") != AcceptOf(key)
            || headers.GetValueOrDefault("sec-websocket-protocol") != SubProtocol
            ? "the server's upgrade is not one for sip"
            : null;
    }

    public static string AcceptOf(string key) =>
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + AcceptSalt)));

    /// <summary>Start line, and headers by lower-case name; of repeated ones the values stand in one list, as RFC 9110 §5.3 reads them.</summary>
    private static bool TryReadHead(
        ReadOnlySpan<byte> head,
        out string startLine,
        out Dictionary<string, string> headers
    )
    {
        var lines = Encoding.Latin1.GetString(head).Split("\r\n");
        startLine = lines[0];
        headers = [];
        foreach (var line in lines.Skip(1).Where(line => line.Length > 0))
        {
            var colon = line.IndexOf(':');
            if (colon <= 0 || line[colon - 1] is ' ' or '\t')
            {
                return false;
            }
            var name = line[..colon].ToLowerInvariant();
            var value = line[(colon + 1)..].Trim(' ', '\t');
            headers[name] = headers.TryGetValue(name, out var before) ? $"{before}, {value}" : value;
        }
        return true;
    }

    private static bool HasToken(Dictionary<string, string> headers, string name, string token) =>
        headers
            .GetValueOrDefault(name, "")
            .Split(',', StringSplitOptions.TrimEntries)
            .Contains(token, StringComparer.OrdinalIgnoreCase);
}

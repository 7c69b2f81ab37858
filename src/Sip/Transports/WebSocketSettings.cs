using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

namespace OCPlatform.Sip.Transports;

/// <summary>The upgrade to WebSocket was refused or is not right; the message says why.</summary>
internal sealed class UpgradeException(string message) : Exception(message);

/// <summary>SIP over WebSocket (RFC 7118) for a <see cref="StreamTransport"/>.</summary>
public sealed class WebSocketSettings
{
    private const int MaxHeadBytes = 8_192;

    /// <summary>Origins of pages that may connect, as browsers send them ("https://example.com"); empty: all, and clients without.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>Path that we ask for when we connect.</summary>
    public string Path { get; init; } = "/";

    /// <summary>WebSocket pings to peers that connected, this often; they keep NATs and proxies from forgetting the connection. 0: none.</summary>
    public int PingIntervalMs { get; init; } = 30_000;

    /// <summary>A ping must be answered within this time.</summary>
    public int PongTimeoutMs { get; init; } = 10_000;

    internal async Task<IMessageChannel> AcceptAsync(Stream stream, int maxMessageBytes, CancellationToken cancellation)
    {
        var head = new byte[MaxHeadBytes];
        var length = 0;
        int end;
        while ((end = WebSocketUpgrade.HeadLength(head.AsSpan(0, length))) < 0 && length < head.Length)
        {
            var count = await stream.ReadAsync(head.AsMemory(length), cancellation);
            if (count == 0)
            {
                throw new UpgradeException("closed before the upgrade");
            }
            length += count;
        }
        // A client has nothing to say before it knows of the upgrade; what it sent all the same would be lost.
        var answer =
            end == length ? WebSocketUpgrade.Answer(head.AsSpan(0, length), AllowedOrigins)
            : end < 0 ? WebSocketUpgrade.Refuse(431, "Request Header Fields Too Large", "the request is too large")
            : WebSocketUpgrade.Refuse(400, "Bad Request", "data came before the upgrade");
        await stream.WriteAsync(answer.Response, cancellation);
        if (answer.Refusal is { } refusal)
        {
            throw new UpgradeException(refusal);
        }
        return NewChannel(stream, isServer: true, maxMessageBytes);
    }

    internal async Task<IMessageChannel> ConnectAsync(
        Stream stream,
        SipDestination destination,
        int maxMessageBytes,
        CancellationToken cancellation
    )
    {
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        var host = destination.ServerName is { } name
            ? $"{name}:{destination.EndPoint.Port}"
            : destination.EndPoint.ToString();
        var request =
            $"GET {Path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), cancellation);
        var head = new byte[MaxHeadBytes];
        var length = 0;
        // Byte by byte: what follows the head is the WebSocket's already.
        while (WebSocketUpgrade.HeadLength(head.AsSpan(0, length)) < 0)
        {
            if (length == head.Length || await stream.ReadAsync(head.AsMemory(length, 1), cancellation) == 0)
            {
                throw new UpgradeException("no whole answer to the upgrade");
            }
            length++;
        }
        if (WebSocketUpgrade.ProblemOf(head.AsSpan(0, length), key) is { } problem)
        {
            throw new UpgradeException(problem);
        }
        return NewChannel(stream, isServer: false, maxMessageBytes);
    }

    private WebSocketChannel NewChannel(Stream stream, bool isServer, int maxMessageBytes) =>
        new(
            WebSocket.CreateFromStream(
                stream,
                new WebSocketCreationOptions
                {
                    IsServer = isServer,
                    SubProtocol = WebSocketUpgrade.SubProtocol,
                    KeepAliveInterval = isServer ? TimeSpan.FromMilliseconds(PingIntervalMs) : TimeSpan.Zero,
                    KeepAliveTimeout = TimeSpan.FromMilliseconds(PongTimeoutMs),
                }
            ),
            maxMessageBytes
        );
}

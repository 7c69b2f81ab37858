using System.Net;
using System.Security.Cryptography;
using System.Text;
using OCPlatform.Host.Configuration;

namespace OCPlatform.Host.Http;

/// <summary>
/// Guards `/api`, `/metrics`, `/sip` and `/cluster`: open to this machine, with a key to all others. A request counts as this
/// machine's only when the connection comes from loopback, nothing says that a proxy forwarded it (forwarding headers
/// are believed to close, never to open), it was addressed to loopback (a page of a foreign site that had its name
/// resolve to 127.0.0.1 was not), and no page of another origin sent it (a form can post without asking first).
/// </summary>
public sealed class ApiKeyGate(RequestDelegate next, HttpOptions options)
{
    private static readonly string[] GuardedPaths = ["/api", "/metrics", "/sip", "/cluster"];
    private static readonly string[] ForwardingHeaders = ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"];

    // Hashes have one length, so that comparing in constant time tells nothing about the keys, not even how long they are.
    private readonly byte[][] _keyHashes = [.. options.ApiKeys.Select(Hash)];

    public async Task InvokeAsync(HttpContext context)
    {
        if (!GuardedPaths.Any(path => context.Request.Path.StartsWithSegments(path)) || IsFromThisMachine(context))
        {
            await next(context);
            return;
        }
        var presented = PresentedKey(context.Request);
        if (presented is not null && IsKnown(presented))
        {
            await next(context);
            return;
        }
        var (status, cause) = (_keyHashes.Length, presented) switch
        {
            (0, _) => (
                StatusCodes.Status403Forbidden,
                "No API key is configured, so only this machine may ask. Set http.apiKeys (OCP_HTTP_API_KEYS)."
            ),
            (_, null) => (
                StatusCodes.Status401Unauthorized,
                "Send an API key as 'X-Api-Key: KEY' or 'Authorization: Bearer KEY'."
            ),
            _ => (StatusCodes.Status401Unauthorized, "The API key is not known here."),
        };
        if (status == StatusCodes.Status401Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
        }
        await Results.Problem(statusCode: status, detail: cause).ExecuteAsync(context);
    }

    private static bool IsFromThisMachine(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } remote
        && IPAddress.IsLoopback(remote)
        && !ForwardingHeaders.Any(context.Request.Headers.ContainsKey)
        && IsLoopbackName(context.Request.Host.Host)
        && IsOwnOrigin(context.Request);

    private static bool IsOwnOrigin(HttpRequest request) =>
        request.Headers.Origin.Count == 0
        || (
            Uri.TryCreate(request.Headers.Origin.ToString(), UriKind.Absolute, out var origin)
            && origin.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase)
        );

    private static bool IsLoopbackName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static string? PresentedKey(HttpRequest request)
    {
        if (request.Headers.TryGetValue("X-Api-Key", out var key) && key.Count == 1)
        {
            return key[0];
        }
        const string Bearer = "Bearer ";
        return
            request.Headers.Authorization is [{ } authorization]
            && authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? authorization[Bearer.Length..].Trim()
            : null;
    }

    private bool IsKnown(string presented)
    {
        var hash = Hash(presented);
        var known = false;
        foreach (var key in _keyHashes)
        {
            known |= CryptographicOperations.FixedTimeEquals(key, hash);
        }
        return known;
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace OCPlatform.CallActors.Tests.Recording;

/// <summary>
/// Speaks as much of S3 as a store of recordings needs: PUT, GET with a range, HEAD and DELETE of objects in path style, with
/// the SHA-256 checksum. Scripted with faults; signatures are recorded and not verified. No real S3 server takes part.
/// </summary>
internal sealed class S3Peer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentDictionary<string, byte[]> _objects = new();
    private readonly TaskCompletionSource _never = new();

    public S3Peer()
    {
        // HttpListener cannot choose a port by itself.
        for (var attempt = 0; ; attempt++)
        {
            Endpoint = new Uri($"http://127.0.0.1:{FreePort()}/");
            _listener.Prefixes.Clear();
            _listener.Prefixes.Add(Endpoint.AbsoluteUri);
            try
            {
                _listener.Start();
                break;
            }
            catch (HttpListenerException) when (attempt < 10) { }
        }
        _ = ServeAsync();
    }

    public Uri Endpoint { get; private set; } = null!;

    /// <summary>What the next requests meet instead of success, in order; "" lets one through.</summary>
    public ConcurrentQueue<string> Faults { get; } = new();

    /// <summary>Runs once when an object's bytes have come, before it is there.</summary>
    public Func<Task>? BeforePut { get; set; }

    public ConcurrentQueue<string> Log { get; } = new();

    public IReadOnlyDictionary<string, byte[]> Objects => _objects;

    /// <summary>Headers of the last PUT.</summary>
    public WebHeaderCollection LastPut { get; private set; } = [];

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                _ = AnswerAsync(await _listener.GetContextAsync());
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var name = Uri.UnescapeDataString(request.Url!.AbsolutePath);
        Log.Enqueue($"{request.HttpMethod} {name} {request.Headers["Range"]}".TrimEnd());
        try
        {
            var body = new MemoryStream();
            await request.InputStream.CopyToAsync(body);
            switch (Faults.TryDequeue(out var fault) ? fault : "")
            {
                case "500":
                    await FailAsync(response, 500, "InternalError");
                    break;
                case "503":
                    await FailAsync(response, 503, "SlowDown");
                    break;
                case "hang":
                    await _never.Task;
                    break;
                case "other bytes":
                    response.Headers["x-amz-checksum-sha256"] = Convert.ToBase64String(new byte[32]);
                    response.Close();
                    break;
                case "lost":
                    response.Headers["x-amz-checksum-sha256"] = request.Headers["x-amz-checksum-sha256"];
                    response.Close();
                    break;
                default:
                    await AnswerAsync(request, response, name, body.ToArray());
                    break;
            }
        }
        catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException)
        {
            // The client has gone.
        }
    }

    private async Task AnswerAsync(HttpListenerRequest request, HttpListenerResponse response, string name, byte[] body)
    {
        switch (request.HttpMethod)
        {
            case "PUT":
                LastPut = new WebHeaderCollection { request.Headers };
                var checksum = Convert.ToBase64String(SHA256.HashData(body));
                if (request.Headers["x-amz-checksum-sha256"] is { } told && told != checksum)
                {
                    await FailAsync(response, 400, "BadDigest");
                    return;
                }
                var before = BeforePut;
                BeforePut = null;
                await (before?.Invoke() ?? Task.CompletedTask);
                _objects[name] = body;
                response.Headers["x-amz-checksum-sha256"] = checksum;
                response.Headers["ETag"] = $"\"{Convert.ToHexStringLower(MD5.HashData(body))}\"";
                break;
            case "HEAD" or "GET" when !_objects.ContainsKey(name):
                await FailAsync(response, 404, "NoSuchKey");
                return;
            case "HEAD":
                response.ContentLength64 = _objects[name].Length;
                break;
            case "GET":
                var part = _objects[name].AsMemory();
                if (request.Headers["Range"] is { } range)
                {
                    var ends = range["bytes=".Length..]
                        .Split('-')
                        .Select(e => int.Parse(e, CultureInfo.InvariantCulture));
                    var (from, to) = (ends.First(), Math.Min(ends.Last(), part.Length - 1));
                    response.StatusCode = 206;
                    response.Headers["Content-Range"] = $"bytes {from}-{to}/{part.Length}";
                    part = part[from..(to + 1)];
                }
                response.ContentLength64 = part.Length;
                await response.OutputStream.WriteAsync(part);
                break;
            case "DELETE":
                _objects.TryRemove(name, out _);
                response.StatusCode = 204;
                break;
        }
        response.Close();
    }

    private static async Task FailAsync(HttpListenerResponse response, int status, string code)
    {
        response.StatusCode = status;
        response.ContentType = "application/xml";
        await response.OutputStream.WriteAsync(
            System.Text.Encoding.UTF8.GetBytes($"<Error><Code>{code}</Code><Message>scripted</Message></Error>")
        );
        response.Close();
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        _never.TrySetResult();
        _listener.Close();
    }
}

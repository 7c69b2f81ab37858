using System.Net;
using System.Net.Sockets;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Host.Configuration;

namespace OCPlatform.Host.Doctor;

public delegate Task<Finding> Examination(PlatformOptions options, CancellationToken cancellation);

/// <summary>What the doctor looks at, one method each. They change nothing and end within seconds.</summary>
public static class Examinations
{
    public static IReadOnlyList<Examination> All { get; } =
    [ConfigurationAsync, HttpPortAsync, AiPortAsync, DatabaseAsync, WebPageAsync, ApiKeysAsync];

    private static Task<Finding> ConfigurationAsync(PlatformOptions options, CancellationToken cancellation) =>
        Task.FromResult(new Finding(Grade.Good, "configuration", "every key and value is good"));

    private static Task<Finding> HttpPortAsync(PlatformOptions options, CancellationToken cancellation) =>
        Task.FromResult(Tcp("http.port", options.Http.BindAddress, options.Http.Port));

    private static Task<Finding> AiPortAsync(PlatformOptions options, CancellationToken cancellation) =>
        Task.FromResult(Tcp("ai.port", "127.0.0.1", options.Ai.Port));

    private static async Task<Finding> DatabaseAsync(PlatformOptions options, CancellationToken cancellation)
    {
        var place = options.Database.Provider == DatabaseProvider.Sqlite ? options.Database.Path : "PostgreSQL";
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            deadline.CancelAfter(TimeSpan.FromSeconds(5));
            await using var connection = await new Database(options.Database).OpenAsync(deadline.Token);
            return new Finding(Grade.Good, "database", $"{place} opens (version {connection.ServerVersion})");
        }
        catch (Exception e)
        {
            var remedy =
                options.Database.Provider == DatabaseProvider.Sqlite
                    ? $"make {Path.GetFullPath(place)} writable for this user, or set database.path"
                    : "check database.connectionString (OCP_DATABASE_CONNECTION_STRING) and that the server runs";
            return new Finding(Grade.Wrong, "database", $"{place} does not open: {e.Message}", remedy);
        }
    }

    private static Task<Finding> WebPageAsync(PlatformOptions options, CancellationToken cancellation) =>
        Task.FromResult(
            File.Exists(Path.Combine(options.Http.WebFolder, "index.html"))
                ? new Finding(Grade.Good, "web page", $"built in {options.Http.WebFolder}")
                : new Finding(
                    Grade.Advice,
                    "web page",
                    $"{options.Http.WebFolder} has no index.html; the platform runs without the page",
                    "./ocp up builds it, or: cd web && npm ci && npm run build"
                )
        );

    private static Task<Finding> ApiKeysAsync(PlatformOptions options, CancellationToken cancellation)
    {
        var open = !IPAddress.TryParse(options.Http.BindAddress, out var address) || !IPAddress.IsLoopback(address);
        return Task.FromResult(
            open && options.Http.ApiKeys.Count == 0
                ? new Finding(
                    Grade.Advice,
                    "API keys",
                    $"the web side listens on {options.Http.BindAddress} and no key is set: only this machine may use /api",
                    "set http.apiKeys (OCP_HTTP_API_KEYS), for example to the output of: openssl rand -hex 24"
                )
                : new Finding(
                    Grade.Good,
                    "API keys",
                    open ? $"{options.Http.ApiKeys.Count} set" : "not needed on loopback"
                )
        );
    }

    private static Finding Tcp(string key, string bindAddress, int port)
    {
        if (!IPAddress.TryParse(bindAddress, out var address))
        {
            return new Finding(Grade.Wrong, key, $"'{bindAddress}' is no IP address", "set http.bindAddress to one");
        }
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            return new Finding(Grade.Good, key, $"{bindAddress}:{port} is free");
        }
        catch (SocketException e)
        {
            return Taken(key, $"{bindAddress}:{port}", e, $"ss -ltnp 'sport = :{port}' names who has it");
        }
    }

    private static Finding Taken(string key, string place, SocketException e, string who) =>
        e.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse => new Finding(
                Grade.Advice,
                key,
                $"{place} is taken, by a running platform or by something else",
                $"{who}; set {key} to another port"
            ),
            SocketError.AddressNotAvailable => new Finding(
                Grade.Wrong,
                key,
                $"{place} is not an address of this machine",
                "ip address lists those it has"
            ),
            SocketError.AccessDenied => new Finding(
                Grade.Wrong,
                key,
                $"this user may not listen on {place}",
                $"set {key} to a port from 1024 up"
            ),
            _ => new Finding(Grade.Wrong, key, $"{place} cannot be opened: {e.Message}"),
        };
}

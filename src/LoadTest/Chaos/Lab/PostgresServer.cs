using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OCPlatform.Contracts.Persistence;

namespace OCPlatform.LoadTest.Chaos;

/// <summary>
/// A PostgreSQL of its own in a temporary folder, from Debian's package. As root it runs as the user <c>postgres</c>, since the
/// server refuses root.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly TimeSpan ReadyDeadline = TimeSpan.FromSeconds(30);

    private readonly string _folder;
    private readonly string _programs;
    private readonly IPAddress _address;
    private readonly string _range;
    private readonly int _port;
    private Process? _process;

    private PostgresServer(string folder, string programs, IPAddress address, string range, int port)
    {
        _folder = folder;
        _programs = programs;
        _address = address;
        _range = range;
        _port = port;
    }

    public string ConnectionString =>
        $"Host={_address};Port={_port};Username=ocp;Database=postgres;Maximum Pool Size=40;Timeout=5";

    /// <summary>For what the harness itself asks.</summary>
    public Database Database =>
        new(new DatabaseOptions { Provider = DatabaseProvider.Postgres, ConnectionString = ConnectionString });

    /// <summary>Makes a new server and waits until it takes connections.</summary>
    /// <param name="address">To listen on.</param>
    /// <param name="range">Network that may connect, without a password.</param>
    /// <param name="port">To listen on; null: a free one.</param>
    /// <exception cref="LabException">PostgreSQL is not installed, or did not start.</exception>
    public static async Task<PostgresServer> StartAsync(IPAddress address, string range, int? port = null)
    {
        var folder = Directory.CreateTempSubdirectory("ocp-pg-").FullName;
        var server = new PostgresServer(folder, FindPrograms(), address, range, port ?? FreePort(address));
        try
        {
            await server.InitialiseAsync();
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops the server at once, as when its machine fails; <see cref="StartAsync()"/> brings it back.</summary>
    public async Task StopAsync()
    {
        if (_process is not { HasExited: false } process)
        {
            return;
        }
        // SIGQUIT: immediate shutdown, the next start recovers from the log.
        await Shell.RunAsync("kill", "-QUIT", $"{process.Id}");
        await process.WaitForExitAsync().WaitAsync(ReadyDeadline);
    }

    /// <summary>Starts the server over its data and waits until it takes connections.</summary>
    public async Task StartAsync()
    {
        var start = new ProcessStartInfo(
            Privileged[0],
            Privileged
                .Skip(1)
                .Concat([
                    Path.Combine(_programs, "postgres"),
                    "-D",
                    Path.Combine(_folder, "data"),
                    "-c",
                    $"listen_addresses={_address}",
                    "-c",
                    $"port={_port}",
                    "-c",
                    "unix_socket_directories=",
                    "-c",
                    "max_connections=300",
                ])
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await using var connection = await Database.OpenAsync();
                return;
            }
            catch (Exception error) when (error is Npgsql.NpgsqlException or SocketException)
            {
                if (_process.HasExited || clock.Elapsed > ReadyDeadline)
                {
                    throw new LabException($"PostgreSQL did not start: {error.Message}");
                }
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static bool IsRoot => Environment.UserName == "root";

    /// <summary>What a command begins with, so that root does not run it.</summary>
    private static string[] Privileged =>
        IsRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] : ["env"];

    private async Task InitialiseAsync()
    {
        if (IsRoot)
        {
            await Shell.RunAsync("chown", "postgres:postgres", _folder);
        }
        var data = Path.Combine(_folder, "data");
        await Shell.RunAsync([
            .. Privileged,
            Path.Combine(_programs, "initdb"),
            "-D",
            data,
            "-U",
            "ocp",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]);
        await File.AppendAllTextAsync(Path.Combine(data, "pg_hba.conf"), $"host all all {_range} trust\n");
    }

    private static string FindPrograms() =>
        Directory.Exists("/usr/lib/postgresql")
            ? Directory
                .GetDirectories("/usr/lib/postgresql")
                .Select(version => Path.Combine(version, "bin"))
                .Where(folder => File.Exists(Path.Combine(folder, "initdb")))
                .Order(StringComparer.Ordinal)
                .LastOrDefault()
                ?? throw Missing()
            : throw Missing();

    private static LabException Missing() => new("PostgreSQL is missing: apt-get install postgresql.");

    private static int FreePort(IPAddress address)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OCPlatform.Host.Commands;

namespace OCPlatform.Host.LocalCluster;

/// <summary>
/// A PostgreSQL server of the local cluster's own, from the distribution's package: its files lie in one folder, it
/// listens on loopback only, and its data stays when it is stopped.
/// </summary>
public sealed class LocalPostgres : IAsyncDisposable
{
    private const string User = "ocp";
    private static readonly TimeSpan CommandDeadline = TimeSpan.FromSeconds(60);

    private readonly string _binaries;
    private readonly string _data;

    private LocalPostgres(string binaries, string data, int port)
    {
        _binaries = binaries;
        _data = data;
        ConnectionString = $"Host=127.0.0.1;Port={port};Username={User};Database=postgres;Maximum Pool Size=30";
    }

    public string ConnectionString { get; }

    /// <summary>Makes the folder when it is new, and starts the server.</summary>
    /// <exception cref="StartException">PostgreSQL is not installed, or does not start.</exception>
    public static async Task<LocalPostgres> StartAsync(string folder, CancellationToken cancellation)
    {
        var binaries =
            FindBinaries()
            ?? throw new StartException(
                "A cluster needs PostgreSQL, and none is installed here: apt-get install postgresql, or set "
                    + "database.provider and database.connectionString."
            );
        Directory.CreateDirectory(folder);
        var data = Path.Combine(Path.GetFullPath(folder), "data");
        var postgres = new LocalPostgres(binaries, data, FreePort());
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", ["postgres", Path.GetFullPath(folder)], cancellation);
        }
        if (!File.Exists(Path.Combine(data, "PG_VERSION")))
        {
            await postgres.RunToolAsync("initdb", ["-D", data, "-U", User, "-A", "trust", "-E", "UTF8"], cancellation);
        }
        await postgres.RunToolAsync("pg_ctl", ["-D", data, "-w", "-m", "fast", "stop"], cancellation, mayFail: true);
        var port = new Npgsql.NpgsqlConnectionStringBuilder(postgres.ConnectionString).Port;
        await postgres.RunToolAsync(
            "pg_ctl",
            [
                "-D",
                data,
                "-w",
                "-l",
                Path.Combine(Path.GetFullPath(folder), "log.txt"),
                "-o",
                $"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200",
                "start",
            ],
            cancellation
        );
        return postgres;
    }

    public async ValueTask DisposeAsync() =>
        await RunToolAsync("pg_ctl", ["-D", _data, "-w", "-m", "fast", "stop"], CancellationToken.None, mayFail: true);

    /// <summary>Debian keeps them out of the path; the newest version counts.</summary>
    private static string? FindBinaries() =>
        Directory.Exists("/usr/lib/postgresql")
            ? Directory
                .GetDirectories("/usr/lib/postgresql")
                .OrderByDescending(version => int.TryParse(Path.GetFileName(version), out var number) ? number : 0)
                .Select(version => Path.Combine(version, "bin"))
                .FirstOrDefault(bin => File.Exists(Path.Combine(bin, "pg_ctl")))
            : null;

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>PostgreSQL refuses to run as root; the package has made a user for it.</summary>
    private Task RunToolAsync(
        string tool,
        IReadOnlyList<string> arguments,
        CancellationToken cancellation,
        bool mayFail = false
    )
    {
        var path = Path.Combine(_binaries, tool);
        return Environment.IsPrivilegedProcess
            ? RunAsync("runuser", ["-u", "postgres", "--", path, .. arguments], cancellation, mayFail)
            : RunAsync(path, arguments, cancellation, mayFail);
    }

    private static async Task RunAsync(
        string program,
        IReadOnlyList<string> arguments,
        CancellationToken cancellation,
        bool mayFail = false
    )
    {
        // Its output goes to a file of its own: a server would inherit a pipe and keep it open.
        var output = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo("sh") { WorkingDirectory = "/" };
            foreach (var argument in (string[])["-c", "o=$1; shift; exec \"$@\" >\"$o\" 2>&1", "sh", output, program])
            {
                start.ArgumentList.Add(argument);
            }
            foreach (var argument in arguments)
            {
                start.ArgumentList.Add(argument);
            }
            using var process = Process.Start(start)!;
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            deadline.CancelAfter(CommandDeadline);
            await process.WaitForExitAsync(deadline.Token);
            if (process.ExitCode != 0 && !mayFail)
            {
                throw new StartException(
                    $"PostgreSQL: {Path.GetFileName(program)} {arguments[0]} … ended with {process.ExitCode}: "
                        + await File.ReadAllTextAsync(output, CancellationToken.None)
                );
            }
        }
        finally
        {
            File.Delete(output);
        }
    }
}

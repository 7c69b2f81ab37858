using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace OCPlatform.Tests.Shared;

/// <summary>
/// A PostgreSQL server of the test's own, in a temporary folder and on a port of its own, where the machine has one
/// installed. It can be stopped as a crash would, and started again.
/// </summary>
public sealed class PrivatePostgres : IDisposable
{
    private const string User = "ocp";
    private static readonly string? Programs = Find();
    private static readonly Lazy<PrivatePostgres?> SharedServer = new(() => IsInstalled ? new PrivatePostgres() : null);

    private readonly string _folder = Directory.CreateTempSubdirectory("ocp-postgres-").FullName;
    private readonly int _port = FreePort();

    public PrivatePostgres()
    {
        Run("chmod", "0777", _folder);
        RunAsServer("initdb", "-D", Data, "-U", User, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync");
        Start();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
    }

    public static bool IsInstalled => Programs is not null;

    /// <summary>One server for all tests of the process that do not stop it; null where none is installed.</summary>
    public static PrivatePostgres? Shared => SharedServer.Value;

    public string ConnectionString => ConnectionTo("postgres");

    private string Data => Path.Combine(_folder, "data");

    /// <summary>A new, empty database on this server.</summary>
    /// <returns>Its connection string.</returns>
    public string NewDatabase()
    {
        var name = $"t{Guid.NewGuid():N}";
        using var connection = new NpgsqlConnection(ConnectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"CREATE DATABASE {name}";
        command.ExecuteNonQuery();
        return ConnectionTo(name);
    }

    public void Start() =>
        RunAsServer(
            "pg_ctl",
            "-D",
            Data,
            "-w",
            "-l",
            Path.Combine(_folder, "log"),
            "-o",
            $"-p {_port} -k {_folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200",
            "start"
        );

    /// <summary>Stops it at once: no transaction is ended, every connection breaks.</summary>
    public void Kill() => RunAsServer("pg_ctl", "-D", Data, "-w", "-m", "immediate", "stop");

    public void Dispose()
    {
        if (!Directory.Exists(_folder))
        {
            return;
        }
        if (File.Exists(Path.Combine(Data, "postmaster.pid")))
        {
            Kill();
        }
        Directory.Delete(_folder, recursive: true);
    }

    private string ConnectionTo(string database) =>
        $"Host=127.0.0.1;Port={_port};Username={User};Database={database};Timeout=5;Command Timeout=10";

    // The server refuses to run as root.
    private static void RunAsServer(string program, params string[] arguments)
    {
        var path = Path.Combine(Programs!, program);
        if (Environment.IsPrivilegedProcess)
        {
            Run("runuser", ["-u", "postgres", "--", path, .. arguments]);
        }
        else
        {
            Run(path, arguments);
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        // The server keeps what it inherits: were its output read here, its end would be waited for.
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", "exec \"$@\" >/dev/null 2>&1 </dev/null", "sh", program },
            WorkingDirectory = "/",
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        using var process = Process.Start(start)!;
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}"
            );
        }
    }

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    private static string? Find() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':')
            .Concat(Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [])
            .SelectMany(folder => new[] { folder, Path.Combine(folder, "bin") })
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")));
}

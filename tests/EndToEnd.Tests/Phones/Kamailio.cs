using System.Net;
using System.Net.Sockets;

namespace OCPlatform.EndToEnd.Tests.Phones;

/// <summary>
/// Kamailio from Debian as the proxy in front: it puts itself into every dialog by Record-Route and forwards what is new to the platform.
/// </summary>
internal sealed class Kamailio : IAsyncDisposable
{
    /// <summary>In the net of the trunk that needs no password.</summary>
    public const string Address = "127.0.0.3";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly DirectoryInfo _folder;
    private readonly PeerProcess _process;

    private Kamailio(DirectoryInfo folder, PeerProcess process, int port)
    {
        _folder = folder;
        _process = process;
        Port = port;
    }

    /// <summary>Where it takes SIP over UDP and TCP.</summary>
    public int Port { get; }

    /// <param name="platformPort">Where the platform is.</param>
    /// <param name="transport">How the platform is reached: udp or tcp. The caller's side may differ.</param>
    public static async Task<Kamailio> StartAsync(int platformPort, string transport)
    {
        var folder = Directory.CreateTempSubdirectory("kamailio-");
        var port = FreePorts.Take();
        var settings = Path.Combine(folder.FullName, "kamailio.cfg");
        await File.WriteAllTextAsync(settings, Settings(port, platformPort, transport));
        // -DD -E: in the foreground, its words on the terminal; -m and -M: megabytes, of which it takes more than it needs.
        var process = PeerProcess.Start(
            "kamailio",
            folder.FullName,
            [.. (string[])["-f", settings, "-DD", "-E", "-m", "32", "-M", "4"], "-Y", folder.FullName]
        );
        var kamailio = new Kamailio(folder, process, port);
        await kamailio.ListensAsync();
        return kamailio;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    // Nothing that it writes says that it has opened its sockets; the one for TCP is the last.
    private async Task ListensAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (true)
        {
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync(IPAddress.Parse(Address), Port, deadline.Token);
                return;
            }
            catch (SocketException)
            {
                if (deadline.IsCancellationRequested)
                {
                    throw new TimeoutException($"Kamailio does not listen:\n{_process.Output}");
                }
                await Task.Delay(20);
            }
        }
    }

    private static string Settings(int port, int platformPort, string transport) =>
        $$"""
            #!KAMAILIO
            debug=1
            log_stderror=yes
            children=2
            tcp_children=2
            auto_aliases=no
            # Else its connections to the platform come from .1, which is no trunk's.
            tcp_source_ipv4={{Address}}
            listen=udp:{{Address}}:{{port}}
            listen=tcp:{{Address}}:{{port}}
            loadmodule "tm.so"
            loadmodule "sl.so"
            loadmodule "rr.so"
            loadmodule "pv.so"
            loadmodule "maxfwd.so"
            loadmodule "siputils.so"
            loadmodule "textops.so"
            # Where the transport changes, each side gets a Record-Route of its own.
            modparam("rr", "enable_double_rr", 1)

            request_route {
                if (!mf_process_maxfwd_header("10")) {
                    sl_send_reply("483", "Too Many Hops");
                    exit;
                }
                if (is_method("CANCEL")) {
                    if (t_check_trans()) t_relay();
                    exit;
                }
                if (has_totag()) {
                    if (loose_route()) {
                        t_relay();
                        exit;
                    }
                    if (is_method("ACK") && t_check_trans()) {
                        t_relay();
                        exit;
                    }
                    sl_send_reply("404", "Not in a route");
                    exit;
                }
                t_check_trans();
                if (is_method("INVITE|SUBSCRIBE")) record_route();
                $du = "sip:127.0.0.1:{{platformPort}};transport={{transport}}";
                t_relay();
            }

            """;
}

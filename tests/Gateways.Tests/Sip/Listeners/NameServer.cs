using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace OCPlatform.Gateways.Tests.Sip.Listeners;

/// <summary>A dnsmasq of its own on a free loopback port; it knows the given records of example.test and refuses everything else.</summary>
internal sealed class NameServer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Process _process;

    public NameServer(params string[] records)
    {
        Address = new IPEndPoint(IPAddress.Loopback, FreePort());
        var start = new ProcessStartInfo(File.Exists("/usr/sbin/dnsmasq") ? "/usr/sbin/dnsmasq" : "dnsmasq")
        {
            RedirectStandardError = true,
        };
        string[] arguments =
        [
            "--keep-in-foreground",
            "--conf-file=/dev/null",
            "--pid-file=",
            $"--user={Environment.UserName}",
            $"--port={Address.Port}",
            "--listen-address=127.0.0.1",
            "--bind-interfaces",
            "--no-resolv",
            "--no-hosts",
            "--log-facility=-",
            "--log-queries",
            "--local=/example.test/",
            "--host-record=ready.example.test,192.0.2.99",
            .. records,
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (Log)
            {
                Log.Add(line.Data ?? "");
            }
        };
        _process.BeginErrorReadLine();
        var since = Stopwatch.GetTimestamp();
        while (!Answers())
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(since) > Patience)
            {
                throw new InvalidOperationException($"dnsmasq does not answer: {string.Join('\n', Log)}");
            }
        }
    }

    public IPEndPoint Address { get; }

    public List<string> Log { get; } = [];

    /// <summary>How often it was asked for this.</summary>
    public int Asked(string type, string name)
    {
        lock (Log)
        {
            return Log.Count(line => line.Contains($"query[{type}] {name} "));
        }
    }

    public void Stop()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }
    }

    public void Dispose()
    {
        Stop();
        _process.Dispose();
    }

    private bool Answers()
    {
        // A question for ready.example.test, A, IN.
        byte[] question =
        [
            0,
            1,
            1,
            0,
            0,
            1,
            0,
            0,
            0,
            0,
            0,
            0,
            5,
            .. "ready"u8,
            7,
            .. "example"u8,
            4,
            .. "test"u8,
            0,
            0,
            1,
            0,
            1,
        ];
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Client.ReceiveTimeout = 100;
        try
        {
            socket.Send(question, Address);
            var from = new IPEndPoint(IPAddress.Any, 0);
            return socket.Receive(ref from).Length > 40;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        while (true)
        {
            using var tcp = new TcpListener(IPAddress.Loopback, 0);
            tcp.Start();
            var address = (IPEndPoint)tcp.LocalEndpoint;
            try
            {
                using var udp = new UdpClient(address);
                return address.Port;
            }
            catch (SocketException)
            {
                // Taken for UDP; the next one, then.
            }
        }
    }
}

using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>
/// A SIP peer that is nothing but a socket: for what SIPp cannot do, such as a message in single bytes, TLS, two calls that know of each
/// other, or taking whichever of two outcomes comes. It retransmits nothing.
/// </summary>
internal sealed class WireSip : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly Socket _socket;
    private readonly Stream? _stream;
    private readonly List<WireMessage> _passedOver = [];
    private string _received = "";

    private WireSip(Socket socket, Stream? stream, string transport)
    {
        _socket = socket;
        _stream = stream;
        Transport = transport;
    }

    /// <summary>The Via token.</summary>
    public string Transport { get; }

    /// <summary>Host and port for Via and Contact.</summary>
    public string Local => _socket.LocalEndPoint!.ToString()!;

    /// <param name="port">The platform's.</param>
    /// <param name="own">Ours; 0 takes any.</param>
    public static WireSip OverUdp(int port, string from = SignallingPlatform.TrunkAddress, int own = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), own));
        socket.Connect(IPAddress.Loopback, port);
        return new WireSip(socket, null, "UDP");
    }

    public static async Task<WireSip> OverTcpAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(IPAddress.Parse(SignallingPlatform.TrunkAddress), 0));
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new WireSip(socket, new NetworkStream(socket, ownsSocket: true), "TCP");
    }

    /// <summary>A connection over TCP that is there already.</summary>
    public static WireSip Over(Socket connected) =>
        new(connected, new NetworkStream(connected, ownsSocket: true), "TCP");

    /// <summary>A connection that the platform opened, as its TLS server.</summary>
    public static async Task<WireSip> OverTlsAsync(Socket connected, SslServerAuthenticationOptions options)
    {
        var tls = new SslStream(new NetworkStream(connected, ownsSocket: true));
        await tls.AuthenticateAsServerAsync(options);
        return new WireSip(connected, tls, "TLS");
    }

    public static async Task<WireSip> OverTlsAsync(int port, SslClientAuthenticationOptions options)
    {
        var plain = await OverTcpAsync(port);
        var tls = new SslStream(plain._stream!);
        await tls.AuthenticateAsClientAsync(options);
        return new WireSip(plain._socket, tls, "TLS");
    }

    /// <summary>Sends a message at once.</summary>
    public async Task SendAsync(string message)
    {
        var bytes = Encoding.UTF8.GetBytes(message);
        if (_stream is null)
        {
            await _socket.SendAsync(bytes);
        }
        else
        {
            await _stream.WriteAsync(bytes);
        }
    }

    /// <summary>Sends a message in pieces, each a write of its own.</summary>
    public async Task SendInPiecesAsync(string message, int pieceLength = 1)
    {
        foreach (var piece in Encoding.UTF8.GetBytes(message).Chunk(pieceLength))
        {
            await _stream!.WriteAsync(piece);
            await _stream.FlushAsync();
        }
    }

    /// <summary>The next message that fits; what does not fit is kept for later.</summary>
    public async Task<WireMessage> ReceiveAsync(Func<WireMessage, bool> fits, string what, TimeSpan? within = null)
    {
        var kept = _passedOver.FindIndex(message => fits(message));
        if (kept >= 0)
        {
            var message = _passedOver[kept];
            _passedOver.RemoveAt(kept);
            return message;
        }
        using var deadline = new CancellationTokenSource(within ?? Deadline);
        while (true)
        {
            WireMessage message;
            try
            {
                message = await NextAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                var others = string.Join("\n---\n", _passedOver);
                throw new TimeoutException($"{what} did not come. What came instead:\n{others}");
            }
            if (fits(message))
            {
                return message;
            }
            _passedOver.Add(message);
        }
    }

    /// <summary>The final response to a request of this method.</summary>
    public Task<WireMessage> FinalAsync(string method) =>
        ReceiveAsync(m => m.Status >= 200 && m.Method == method, $"the final response to {method}");

    public Task<WireMessage> ResponseAsync(int status) => ReceiveAsync(m => m.Status == status, $"a {status}");

    public Task<WireMessage> RequestAsync(string method, TimeSpan? within = null) =>
        ReceiveAsync(m => m.Status == 0 && m.Method == method, method, within);

    /// <summary>What comes before the next message: the answer to a keep-alive (RFC 5626 §3.5.1).</summary>
    public async Task<string> PongAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var pong = new byte[2];
        await _stream!.ReadExactlyAsync(pong, deadline.Token);
        return Encoding.ASCII.GetString(pong);
    }

    /// <summary>Whether the platform has closed the connection, or does so in time.</summary>
    public async Task<bool> IsClosedAsync(TimeSpan within)
    {
        using var deadline = new CancellationTokenSource(within);
        try
        {
            while (await _stream!.ReadAsync(new byte[4096], deadline.Token) > 0) { }
            return true;
        }
        catch (IOException)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stream is not null)
        {
            await _stream.DisposeAsync();
        }
        _socket.Dispose();
    }

    private async Task<WireMessage> NextAsync(CancellationToken cancellation)
    {
        var buffer = new byte[65_536];
        if (_stream is null)
        {
            var read = await _socket.ReceiveAsync(buffer, cancellation);
            return WireMessage.Parse(Encoding.UTF8.GetString(buffer, 0, read));
        }
        while (true)
        {
            _received = _received.TrimStart('\r', '\n');
            if (WireMessage.LengthIn(_received) is > 0 and var length)
            {
                var message = WireMessage.Parse(_received[..length]);
                _received = _received[length..];
                return message;
            }
            var read = await _stream.ReadAsync(buffer, cancellation);
            if (read == 0)
            {
                throw new EndOfStreamException("The platform closed the connection.");
            }
            _received += Encoding.UTF8.GetString(buffer, 0, read);
        }
    }
}

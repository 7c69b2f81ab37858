using System.Net;
using System.Net.Sockets;
using System.Text;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Transports;

/// <summary>A bare TCP connection that sends and receives SIP as text.</summary>
internal sealed class TcpPeer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly SipStreamFramer _framer = new();

    public TcpPeer(IPEndPoint to)
    {
        Socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Socket.Connect(to);
        To = to;
    }

    public TcpPeer(Socket accepted)
    {
        Socket = accepted;
        To = (IPEndPoint)accepted.RemoteEndPoint!;
    }

    public Socket Socket { get; }

    public IPEndPoint To { get; }

    public IPEndPoint Local => (IPEndPoint)Socket.LocalEndPoint!;

    public void Send(string text) => Send(SipSamples.Bytes(SipSamples.Wire(text)));

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[Socket.Send(bytes)..];
        }
    }

    /// <summary>The next message, or "ping", "pong", "closed".</summary>
    public async Task<string> ReceiveTextAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (true)
        {
            switch (_framer.TryRead(out var message))
            {
                case SipFrame.Message:
                    return Encoding.UTF8.GetString(message.Span);
                case SipFrame.Incomplete:
                    break;
                case var other:
                    return other.ToString().ToLowerInvariant();
            }
            try
            {
                var count = await Socket.ReceiveAsync(_framer.GetMemory(), deadline.Token);
                if (count == 0)
                {
                    return "closed";
                }
                _framer.Advance(count);
            }
            catch (SocketException)
            {
                return "closed";
            }
        }
    }

    public async Task<SipResponse> ReceiveResponseAsync() => SipSamples.Response(await ReceiveTextAsync());

    public async Task<SipRequest> ReceiveRequestAsync() => SipSamples.Request(await ReceiveTextAsync());

    /// <summary>A request with its Content-Length.</summary>
    public string Request(
        string method,
        string branch,
        string callId = "c1",
        string lines = "",
        string? sentBy = null
    ) =>
        $"{method} sip:bob@{To} SIP/2.0\nVia: SIP/2.0/TCP {sentBy ?? Local.ToString()};branch={branch};rport\n"
        + $"From: <sip:raw@peer.example>;tag=raw\nTo: <sip:bob@example.com>\nCall-ID: {callId}\nCSeq: 1 {method}\nMax-Forwards: 70\n"
        + $"{lines}Content-Length: 0\n\n";

    public void Dispose() => Socket.Dispose();
}

/// <summary>A bare listening socket.</summary>
internal sealed class TcpListenerPeer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public TcpListenerPeer() => _listener.Start();

    public SipDestination Address => new("TCP", (IPEndPoint)_listener.LocalEndpoint);

    public async Task<TcpPeer> AcceptAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        return new TcpPeer(await _listener.AcceptSocketAsync(deadline.Token));
    }

    public void Dispose() => _listener.Dispose();
}

/// <summary>A listener whose queue is full: the kernel drops further connection attempts, as a firewall would.</summary>
internal sealed class DeafListener : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _fillers = [];

    public DeafListener()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(0);
        for (var i = 0; i < 4; i++)
        {
            var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            {
                Blocking = false,
            };
            _fillers.Add(filler);
            try
            {
                filler.Connect(Address);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress) { }
        }
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    public void Dispose()
    {
        _fillers.ForEach(filler => filler.Dispose());
        _listener.Dispose();
    }
}

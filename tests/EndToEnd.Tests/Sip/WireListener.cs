using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>A port that the platform connects to over TCP or TLS.</summary>
internal sealed class WireListener : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly TcpListener _listener;

    private WireListener(TcpListener listener) => _listener = listener;

    /// <summary>Its address and port.</summary>
    public string Local => _listener.LocalEndpoint.ToString()!;

    public static WireListener Open()
    {
        var listener = new TcpListener(IPAddress.Parse(SignallingPlatform.TrunkAddress), 0);
        listener.Start();
        return new WireListener(listener);
    }

    /// <summary>The platform's next connection.</summary>
    public async Task<WireSip> AcceptAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        return WireSip.Over(await _listener.AcceptSocketAsync(deadline.Token));
    }

    /// <summary>The platform's next connection, secured.</summary>
    public async Task<WireSip> AcceptTlsAsync(SslServerAuthenticationOptions options)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        return await WireSip.OverTlsAsync(await _listener.AcceptSocketAsync(deadline.Token), options);
    }

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }
}

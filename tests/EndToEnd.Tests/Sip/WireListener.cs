using System.Net;
using System.Net.Sockets;

namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>A port that the platform connects to over TCP.</summary>
internal sealed class WireListener : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly TcpListener _listener;

    private WireListener(TcpListener listener) => _listener = listener;

    /// <summary>Its address and port.</summary>
    public string Local => _listener.LocalEndpoint.ToString()!;

    public static WireListener OverTcp()
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

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }
}

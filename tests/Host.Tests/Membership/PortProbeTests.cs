using System.Net;
using System.Net.Sockets;
using OCPlatform.Host.Membership;

namespace OCPlatform.Host.Tests.Membership;

public sealed class PortProbeTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    [Fact]
    public void Where_somebody_listens_the_port_is_open()
    {
        using var listener = Listen(backlog: 16);

        PortProbe.Try((IPEndPoint)listener.LocalEndPoint!, Deadline).Should().Be(PortAnswer.Open);
    }

    [Fact]
    public void Where_nobody_listens_any_more_it_is_refused()
    {
        IPEndPoint local;
        using (var listener = Listen(backlog: 16))
        {
            local = (IPEndPoint)listener.LocalEndPoint!;
        }

        PortProbe.Try(local, Deadline).Should().Be(PortAnswer.Refused);
    }

    [Fact]
    public void A_listener_that_is_too_busy_to_accept_is_no_proof()
    {
        // The kernel drops further SYNs of a full backlog: to the caller that is silence.
        using var listener = Listen(backlog: 0);
        var local = (IPEndPoint)listener.LocalEndPoint!;
        var waiting = Enumerable
            .Range(0, 4)
            .Select(_ =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Blocking = false;
                Begin(socket, local);
                return socket;
            })
            .ToList();

        var answers = Enumerable.Range(0, 3).Select(_ => PortProbe.Try(local, TimeSpan.FromMilliseconds(100))).ToList();

        answers[^1].Should().Be(PortAnswer.Unknown);
        waiting.ForEach(socket => socket.Dispose());
    }

    private static void Begin(Socket socket, IPEndPoint to)
    {
        try
        {
            socket.Connect(to);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // Under way, and never accepted.
        }
    }

    private static Socket Listen(int backlog)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen(backlog);
        return socket;
    }
}

using System.Net;
using System.Net.Sockets;

namespace OCPlatform.Host.Membership;

/// <summary>What a TCP port answered.</summary>
public enum PortAnswer
{
    /// <summary>Somebody listens.</summary>
    Open,

    /// <summary>The host lives, and nobody listens (RST to the SYN).</summary>
    Refused,

    /// <summary>No answer in time, no route, no such name: says nothing about the process.</summary>
    Unknown,
}

/// <summary>Asks whether a process listens at a TCP port, by connecting to it.</summary>
public static class PortProbe
{
    /// <summary>
    /// Blocks up to the deadline, on purpose: the answer must not depend on a thread pool that the node's other work may
    /// have filled.
    /// </summary>
    public static PortAnswer Try(IPEndPoint peer, TimeSpan deadline)
    {
        using var socket = new Socket(peer.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        try
        {
            socket.Connect(peer);
            return PortAnswer.Open;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // Under way.
        }
        catch (SocketException e)
        {
            return AnswerOf(e.SocketErrorCode);
        }
        if (!socket.Poll(deadline, SelectMode.SelectWrite))
        {
            return PortAnswer.Unknown;
        }
        return AnswerOf((SocketError)(int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!);
    }

    private static PortAnswer AnswerOf(SocketError error) =>
        error switch
        {
            SocketError.Success => PortAnswer.Open,
            SocketError.ConnectionRefused => PortAnswer.Refused,
            _ => PortAnswer.Unknown,
        };
}

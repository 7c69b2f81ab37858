using System.Net;

namespace OCPlatform.Media.Engine;

/// <summary>
/// Non-blocking datagram I/O of one clock thread: takes what a socket holds at this moment and never waits. One instance
/// per thread; its buffer is reused by every call.
/// </summary>
internal abstract class Datagrams : IDisposable
{
    /// <summary>Longer datagrams are no RTP of ours and are cut off, and so rejected.</summary>
    public const int MaxBytes = 1500;

    private static readonly bool Linux = OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    public static Datagrams Create() => Linux ? new LinuxDatagrams() : new PortableDatagrams();

    /// <summary>A socket for use with what <see cref="Create"/> gives; null when the port is taken.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The address is none of this machine, or no descriptor is left.</exception>
    public static UdpEnd? TryBind(IPAddress address, int port) =>
        Linux ? LinuxSockets.TryBind(address, port) : PortableDatagrams.TryBindSocket(address, port);

    /// <summary>Closes what <see cref="TryBind"/> gave. Once only: the system hands a descriptor out again.</summary>
    public static void Close(in UdpEnd end)
    {
        if (end.Socket is { } socket)
            socket.Dispose();
        else
            LinuxSockets.Close(end.Descriptor);
    }

    /// <summary>
    /// Takes one datagram, if there is one; read <see cref="Packet"/>, <see cref="Source"/> and <see cref="ArrivalNs"/>
    /// before the next call.
    /// </summary>
    /// <param name="connected">The socket is connected, and nobody needs the source.</param>
    /// <param name="nowNs">The monotonic time, for systems without receive timestamps.</param>
    /// <param name="wallMinusMonotonicNs">What to take off the kernel's wall-clock timestamps.</param>
    public abstract bool TryReceive(in UdpEnd end, bool connected, long nowNs, long wallMinusMonotonicNs);

    /// <summary>The datagram, to be decrypted in place; empty when it was longer than <see cref="MaxBytes"/>.</summary>
    public abstract Span<byte> Packet { get; }

    /// <summary>Where it came from; not to be asked of a connected socket.</summary>
    public abstract PeerAddress Source { get; }

    /// <summary>When it arrived, in monotonic ns.</summary>
    public abstract long ArrivalNs { get; }

    /// <summary>False when the system refused it (no route, buffer full): RTP does not try again.</summary>
    /// <param name="connected">The socket is connected to <paramref name="destination"/>.</param>
    public abstract bool Send(in UdpEnd end, bool connected, ReadOnlySpan<byte> packet, in PeerAddress destination);

    /// <summary>
    /// Ties the socket to a peer: the kernel then finds its way without looking it up for every packet, and drops what
    /// comes from elsewhere before it takes room in the socket's queue. False: go on without.
    /// </summary>
    public abstract bool Connect(in UdpEnd end, in PeerAddress peer);

    /// <summary>Undoes <see cref="Connect"/>.</summary>
    public abstract void Disconnect(in UdpEnd end);

    public abstract void Dispose();
}

using System.Net.Sockets;

namespace OCPlatform.Media.Engine;

/// <summary>
/// Non-blocking datagram I/O of one clock thread: takes what a socket holds at this moment, in one system call where the
/// system can, and never waits. One instance per thread; its buffers are reused by every call.
/// </summary>
internal abstract class Datagrams : IDisposable
{
    /// <summary>Datagrams taken from one socket at once; more wait for the next tick.</summary>
    public const int Batch = 16;

    /// <summary>Longer datagrams are no RTP of ours and are cut off, and so rejected.</summary>
    public const int MaxBytes = 1500;

    private static readonly bool Linux = OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    public static Datagrams Create() => Linux ? new LinuxDatagrams() : new PortableDatagrams();

    /// <summary>Makes a socket ready for use with what <see cref="Create"/> gives.</summary>
    public static void Prepare(Socket socket)
    {
        socket.Blocking = false;
        if (Linux)
            LinuxDatagrams.AskForTimestamps(socket);
    }

    /// <summary>How many datagrams were there; read them before the next call.</summary>
    /// <param name="nowNs">The monotonic time, for systems without receive timestamps.</param>
    /// <param name="wallMinusMonotonicNs">What to take off the kernel's wall-clock timestamps.</param>
    public abstract int Receive(Socket socket, int handle, long nowNs, long wallMinusMonotonicNs);

    public abstract ReadOnlySpan<byte> Packet(int index);

    public abstract PeerAddress Source(int index);

    /// <summary>When it arrived, in monotonic ns.</summary>
    public abstract long ArrivalNs(int index);

    /// <summary>False when the system refused it (no route, buffer full): RTP does not try again.</summary>
    public abstract bool Send(Socket socket, int handle, ReadOnlySpan<byte> packet, in PeerAddress destination);

    public abstract void Dispose();
}

using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace OCPlatform.Media.Engine;

/// <summary>socket, bind, connect and close by their descriptors. Constants are those of Linux on x86-64 and ARM64.</summary>
internal static unsafe partial class LinuxSockets
{
    private const int SockDgram = 2;
    private const int SockNonBlock = 0x800;
    private const int SockCloseOnExec = 0x80000;
    private const int SolSocket = 1;
    private const int IpProtoIpv6 = 41;
    private const int Ipv6Only = 26;
    private const int FamilyInet = 2;
    private const int FamilyInet6 = 10;
    private const int AccessDenied = 13;
    private const int TooManyOpenFiles = 24;
    private const int TooManyOpenFilesInSystem = 23;
    private const int AddressInUse = 98;

    public const int SoTimestampNs = 35;

    public static UdpEnd? TryBind(IPAddress address, int port)
    {
        var v6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        var descriptor = Socket(v6 ? FamilyInet6 : FamilyInet, SockDgram | SockNonBlock | SockCloseOnExec, 0);
        if (descriptor < 0)
            throw Failure(Marshal.GetLastPInvokeError());
        // Both families on the wildcard address; one that is asked for by name is meant as it is.
        if (v6 && address.Equals(IPAddress.IPv6Any))
            SetOption(descriptor, IpProtoIpv6, Ipv6Only, 0);
        SetOption(descriptor, SolSocket, SoTimestampNs, 1);
        var sockaddr = stackalloc byte[PeerAddress.MaxBytes];
        var length = PeerAddress.From(address, port).ToSockaddr(new Span<byte>(sockaddr, PeerAddress.MaxBytes));
        if (Bind(descriptor, sockaddr, (uint)length) == 0)
            return new UdpEnd(descriptor, null);
        var error = Marshal.GetLastPInvokeError();
        Close(descriptor);
        return error is AddressInUse or AccessDenied ? null : throw Failure(error);
    }

    /// <summary>The exception takes .NET's numbers, not the system's: what callers tell apart is translated.</summary>
    private static SocketException Failure(int error) =>
        error is TooManyOpenFiles or TooManyOpenFilesInSystem
            ? new SocketException((int)SocketError.TooManyOpenSockets)
            : new SocketException(error, $"error {error} of the system");

    public static bool Connect(int descriptor, in PeerAddress peer)
    {
        var sockaddr = stackalloc byte[PeerAddress.MaxBytes];
        var length = peer.ToSockaddr(new Span<byte>(sockaddr, PeerAddress.MaxBytes));
        return Connect(descriptor, sockaddr, (uint)length) == 0;
    }

    /// <summary>connect to AF_UNSPEC.</summary>
    public static void Disconnect(int descriptor)
    {
        var nobody = stackalloc byte[16];
        new Span<byte>(nobody, 16).Clear();
        _ = Connect(descriptor, nobody, 16);
    }

    public static void Close(int descriptor) => _ = CloseDescriptor(descriptor);

    private static void SetOption(int descriptor, int level, int name, int value) =>
        _ = SetSockOpt(descriptor, level, name, &value, sizeof(int));

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int Bind(int fd, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "connect")]
    private static partial int Connect(int fd, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "setsockopt")]
    private static partial int SetSockOpt(int fd, int level, int name, void* value, uint length);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDescriptor(int fd);
}

using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace OCPlatform.Media.Engine;

/// <summary>
/// recvmmsg and sendto. One recvmmsg per socket and tick takes every waiting packet, its source and the kernel's receive
/// time, and costs no second call to learn that there is no more. Layouts are those of 64-bit Linux.
/// </summary>
internal sealed unsafe partial class LinuxDatagrams : Datagrams
{
    private const int MsgDontWait = 0x40;
    private const int MsgNoSignal = 0x4000;
    private const int MsgTrunc = 0x20;
    private const int SolSocket = 1;
    private const int SoTimestampNs = 35;
    private const int ControlBytes = 64;

    private readonly byte* _memory;
    private readonly Message* _messages;
    private readonly long* _arrival;
    private int _used = Batch;

    public LinuxDatagrams()
    {
        var perMessage = sizeof(Message) + sizeof(Buffer) + MaxBytes + 4 + 32 + ControlBytes + sizeof(long);
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)(perMessage * Batch), 64);
        NativeMemory.Clear(_memory, (nuint)(perMessage * Batch));
        _messages = (Message*)_memory;
        var buffers = (Buffer*)(_messages + Batch);
        var controls = (byte*)(buffers + Batch);
        var names = controls + ControlBytes * Batch;
        _arrival = (long*)(names + 32 * Batch);
        var packets = (byte*)(_arrival + Batch);
        for (var i = 0; i < Batch; i++)
        {
            buffers[i] = new Buffer { Start = packets + i * (MaxBytes + 4), Length = MaxBytes };
            _messages[i].Header.Name = names + i * 32;
            _messages[i].Header.Buffers = buffers + i;
            _messages[i].Header.BufferCount = 1;
            _messages[i].Header.Control = controls + i * ControlBytes;
        }
    }

    public static void AskForTimestamps(Socket socket) =>
        socket.SetRawSocketOption(SolSocket, SoTimestampNs, BitConverter.GetBytes(1));

    public override int Receive(Socket socket, int handle, long nowNs, long wallMinusMonotonicNs)
    {
        // Only the headers that the kernel wrote to last time need their lengths back.
        for (var i = 0; i < _used; i++)
        {
            ref var header = ref _messages[i].Header;
            header.NameLength = 28;
            header.ControlLength = ControlBytes;
            header.Flags = 0;
        }

        var count = Math.Max(0, RecvMmsg(handle, _messages, Batch, MsgDontWait, null));
        _used = count;
        for (var i = 0; i < count; i++)
            _arrival[i] = ArrivalOf(ref _messages[i].Header, nowNs, wallMinusMonotonicNs);
        return count;
    }

    public override ReadOnlySpan<byte> Packet(int index) =>
        (_messages[index].Header.Flags & MsgTrunc) != 0
            ? default
            : new ReadOnlySpan<byte>(_messages[index].Header.Buffers->Start, (int)_messages[index].Length);

    public override PeerAddress Source(int index) =>
        PeerAddress.FromSockaddr(new ReadOnlySpan<byte>(_messages[index].Header.Name, PeerAddress.MaxBytes));

    public override long ArrivalNs(int index) => _arrival[index];

    public override bool Send(Socket socket, int handle, ReadOnlySpan<byte> packet, in PeerAddress destination)
    {
        var sockaddr = stackalloc byte[PeerAddress.MaxBytes];
        var length = destination.ToSockaddr(new Span<byte>(sockaddr, PeerAddress.MaxBytes));
        fixed (byte* bytes = packet)
            return SendTo(handle, bytes, packet.Length, MsgDontWait | MsgNoSignal, sockaddr, (uint)length) >= 0;
    }

    public override void Dispose() => NativeMemory.AlignedFree(_memory);

    /// <summary>The SCM_TIMESTAMPNS control message: length, level, type, seconds, nanoseconds.</summary>
    private static long ArrivalOf(ref MessageHeader header, long nowNs, long wallMinusMonotonicNs)
    {
        var control = (ControlHeader*)header.Control;
        if (
            header.ControlLength < (nuint)sizeof(ControlHeader)
            || control->Level != SolSocket
            || control->Type != SoTimestampNs
        )
            return nowNs;
        var arrival = control->Seconds * 1_000_000_000 + control->Nanoseconds - wallMinusMonotonicNs;
        // A step of the wall clock in between must not look like a packet from the future or the distant past.
        return arrival > nowNs || nowNs - arrival > 1_000_000_000 ? nowNs : arrival;
    }

    [LibraryImport("libc", EntryPoint = "recvmmsg")]
    private static partial int RecvMmsg(int fd, Message* messages, uint count, int flags, void* timeout);

    [LibraryImport("libc", EntryPoint = "sendto")]
    private static partial nint SendTo(int fd, byte* bytes, nint length, int flags, byte* address, uint addressLength);

    // struct mmsghdr
    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public MessageHeader Header;
        public uint Length;
    }

    // struct msghdr
    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        public byte* Name;
        public uint NameLength;
        public Buffer* Buffers;
        public nuint BufferCount;
        public byte* Control;
        public nuint ControlLength;
        public int Flags;
    }

    // struct iovec
    [StructLayout(LayoutKind.Sequential)]
    private struct Buffer
    {
        public byte* Start;
        public nuint Length;
    }

    // struct cmsghdr and struct timespec
    [StructLayout(LayoutKind.Sequential)]
    private struct ControlHeader
    {
        public nuint Length;
        public int Level;
        public int Type;
        public long Seconds;
        public long Nanoseconds;
    }
}

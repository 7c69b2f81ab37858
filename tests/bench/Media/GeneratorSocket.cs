using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace OCPlatform.Bench.Media;

/// <summary>
/// One UDP socket for all calls, with sendmmsg and recvmmsg and the kernel's receive times; and the thread's clock. Layouts
/// are those of 64-bit Linux.
/// </summary>
internal sealed unsafe partial class GeneratorSocket : IDisposable
{
    public const int Batch = 64;
    public const int PacketBytes = 172;

    private const int RoomBytes = 512;
    private const int ControlBytes = 64;
    private const int MsgDontWait = 0x40;
    private const int SolSocket = 1;
    private const int SoTimestampNs = 35;
    private const int SoReceiveBufferForce = 33;
    private const int SoSendBufferForce = 32;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly int _descriptor;
    private readonly byte* _memory;
    private readonly Message* _in;
    private readonly Message* _out;
    private int _queued;

    public GeneratorSocket()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _descriptor = (int)_socket.Handle;
        SetOption(SoTimestampNs, 1);
        SetOption(SoReceiveBufferForce, 64 << 20);
        SetOption(SoSendBufferForce, 64 << 20);
        var each = sizeof(Message) + sizeof(Buffer) + 16 + ControlBytes + RoomBytes;
        _memory = (byte*)NativeMemory.AllocZeroed((nuint)(2 * Batch * each));
        _in = (Message*)_memory;
        _out = _in + Batch;
        var buffers = (Buffer*)(_out + Batch);
        var rest = (byte*)(buffers + 2 * Batch);
        for (var i = 0; i < 2 * Batch; i++)
        {
            buffers[i] = new Buffer { Start = rest + 16 + ControlBytes, Length = RoomBytes };
            _in[i].Header.Name = rest;
            _in[i].Header.NameLength = 16;
            _in[i].Header.Buffers = buffers + i;
            _in[i].Header.BufferCount = 1;
            _in[i].Header.Control = i < Batch ? rest + 16 : null;
            rest += 16 + ControlBytes + RoomBytes;
        }
    }

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    public long SendErrors { get; private set; }

    /// <summary>Room for a packet to a port of this machine; it leaves with the next <see cref="Flush"/> at the latest.</summary>
    public Span<byte> Queue(int port)
    {
        if (_queued == Batch)
        {
            Flush();
        }
        ref var message = ref _out[_queued++];
        var name = message.Header.Name;
        (name[0], name[1], name[2], name[3]) = (2, 0, (byte)(port >> 8), (byte)port);
        (name[4], name[5], name[6], name[7]) = (127, 0, 0, 1);
        message.Header.Buffers->Length = PacketBytes;
        return new Span<byte>(message.Header.Buffers->Start, PacketBytes);
    }

    public void Flush()
    {
        for (var done = 0; done < _queued; )
        {
            var sent = SendMmsg(_descriptor, _out + done, (uint)(_queued - done), MsgDontWait);
            if (sent <= 0)
            {
                SendErrors++;
                sent = 1;
            }
            done += sent;
        }
        _queued = 0;
    }

    /// <summary>How many packets were taken, at most <see cref="Batch"/>.</summary>
    public int Receive()
    {
        for (var i = 0; i < Batch; i++)
        {
            _in[i].Header.NameLength = 16;
            _in[i].Header.ControlLength = ControlBytes;
        }
        return Math.Max(0, RecvMmsg(_descriptor, _in, Batch, MsgDontWait, null));
    }

    public ReadOnlySpan<byte> Packet(int index) => new(_in[index].Header.Buffers->Start, (int)_in[index].Length);

    public int SourcePort(int index) => (_in[index].Header.Name[2] << 8) | _in[index].Header.Name[3];

    /// <summary>The wall clock's ns at which the kernel had it.</summary>
    public long ArrivalNs(int index)
    {
        var time = (long*)((byte*)_in[index].Header.Control + 16);
        return time[0] * 1_000_000_000 + time[1];
    }

    /// <summary>This thread keeps to one core, before everything else there.</summary>
    public static void FavourThisThread(int core)
    {
        var mask = 1UL << core;
        _ = SetAffinity(0, sizeof(ulong), &mask);
        var priority = 20;
        _ = SetScheduler(0, 1, &priority);
    }

    public static long NowNs()
    {
        long* time = stackalloc long[2];
        _ = ClockGetTime(1, time);
        return time[0] * 1_000_000_000 + time[1];
    }

    public static void SleepUntil(long ns)
    {
        long* until = stackalloc long[2];
        (until[0], until[1]) = (ns / 1_000_000_000, ns % 1_000_000_000);
        _ = ClockNanosleep(1, 1, until, null);
    }

    public void Dispose()
    {
        _socket.Dispose();
        NativeMemory.Free(_memory);
    }

    private void SetOption(int name, int value) =>
        _socket.SetRawSocketOption(SolSocket, name, BitConverter.GetBytes(value));

    [LibraryImport("libc", EntryPoint = "recvmmsg")]
    private static partial int RecvMmsg(int fd, Message* messages, uint count, int flags, void* timeout);

    [LibraryImport("libc", EntryPoint = "sendmmsg")]
    private static partial int SendMmsg(int fd, Message* messages, uint count, int flags);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, long* now);

    [LibraryImport("libc", EntryPoint = "clock_nanosleep")]
    private static partial int ClockNanosleep(int clock, int flags, long* until, long* remaining);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nint bytes, ulong* mask);

    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static partial int SetScheduler(int thread, int policy, int* priority);

    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public MessageHeader Header;
        public uint Length;
    }

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

    [StructLayout(LayoutKind.Sequential)]
    private struct Buffer
    {
        public byte* Start;
        public nuint Length;
    }
}

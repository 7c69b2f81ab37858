using System.Buffers;
using System.Net;
using System.Threading.Channels;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Recording;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Capture;

/// <summary>Bounds of one capture.</summary>
/// <param name="Keys">Credentials and SRTP keys stay readable in SIP messages.</param>
public sealed record CaptureLimits(long MaxBytes, TimeSpan MaxTime, int QueuePackets, bool Keys);

/// <summary>
/// One call's packets on their way into a file. Clock thread and call actor put copies into a bounded queue and never
/// wait; one task writes them. What finds the queue full is dropped and counted, and the file says so at its end. A capture
/// that fails (disk full) ends, and the call does not notice.
/// </summary>
public sealed class CallCapture : IPacketTap
{
    private readonly Channel<Captured> _queue;
    private readonly CaptureLimits _limits;
    private readonly IPAddress? _address;
    private readonly TimeProvider _time;
    private readonly long _begun;
    private long _offered;
    private long _written;
    private long _bytes;
    private long _dropped;
    private long _withheld;
    private volatile bool _paused;
    private volatile string? _ended;

    /// <param name="path">The file; a capture of the same call before it is carried on as another section.</param>
    /// <param name="address">The address of our end as the peer knows it, for sockets that are bound to any.</param>
    public CallCapture(string path, CaptureLimits limits, IPAddress? address, TimeProvider time)
    {
        Path = path;
        _limits = limits;
        _address = address;
        _time = time;
        _begun = time.GetTimestamp();
        _queue = Channel.CreateBounded<Captured>(
            new BoundedChannelOptions(limits.QueuePackets)
            {
                SingleReader = true,
                FullMode = BoundedChannelFullMode.Wait,
            }
        );
        Completed = Task.Run(RunAsync);
    }

    public string Path { get; }

    /// <summary>The file is closed.</summary>
    public Task Completed { get; }

    /// <summary>Why it ended; null while it runs.</summary>
    public string? Ended => _ended;

    /// <summary>Packets in the file.</summary>
    public long Packets => Volatile.Read(ref _written);

    /// <summary>Packets that found the queue full.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>
    /// While it is set the file gets neither media nor SIP requests that carry keys or text: a card number is being given.
    /// From the next packet on.
    /// </summary>
    public bool Paused
    {
        get => _paused;
        set => _paused = value;
    }

    /// <summary>Bytes of this capture in the file, whole blocks.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <inheritdoc/>
    public void OnPacket(in TappedPacket packet)
    {
        if (_paused)
            Interlocked.Increment(ref _withheld);
        else
            Offer(packet.Datagram, packet.WallNs, packet.Local, packet.Remote, packet.Outgoing, null);
    }

    /// <summary>A SIP message of the call, whatever transport it came by; its secrets are masked unless keys were asked for.</summary>
    /// <param name="comment">Where the message differs from what was on the wire; null: it does not.</param>
    public void OnSip(
        ReadOnlySpan<byte> message,
        DateTimeOffset at,
        IPEndPoint local,
        IPEndPoint remote,
        bool outgoing,
        string? comment = null
    )
    {
        if (_paused && MayHoldInput(message))
            Interlocked.Increment(ref _withheld);
        else
            Offer(message, (at - DateTimeOffset.UnixEpoch).Ticks * 100, local, remote, outgoing, comment, isSip: true);
    }

    /// <summary>Ends the capture; what waits is still written (<see cref="Completed"/>). Does not wait.</summary>
    public void End(string reason)
    {
        if (Interlocked.CompareExchange(ref _ended, reason, null) is null)
            _queue.Writer.TryComplete();
    }

    /// <summary>Keys come in INFO (RFC 6086) as well, and what is typed in MESSAGE.</summary>
    private static bool MayHoldInput(ReadOnlySpan<byte> message) =>
        message.StartsWith("INFO "u8) || message.StartsWith("MESSAGE "u8);

    private void Offer(
        ReadOnlySpan<byte> datagram,
        long wallNs,
        IPEndPoint local,
        IPEndPoint remote,
        bool outgoing,
        string? comment,
        bool isSip = false
    )
    {
        if (_ended is not null)
            return;
        if (_time.GetElapsedTime(_begun) >= _limits.MaxTime)
        {
            End("its time was over");
            return;
        }

        var bytes = ArrayPool<byte>.Shared.Rent(datagram.Length);
        datagram.CopyTo(bytes);
        if (isSip && !_limits.Keys)
            SipSecrets.Mask(bytes.AsSpan(0, datagram.Length));
        if (_address is not null && (local.Address.Equals(IPAddress.Any) || local.Address.Equals(IPAddress.IPv6Any)))
            local = new IPEndPoint(_address, local.Port);
        Interlocked.Increment(ref _offered);
        if (_queue.Writer.TryWrite(new Captured(bytes, datagram.Length, wallNs, local, remote, outgoing, comment)))
            return;
        ArrayPool<byte>.Shared.Return(bytes);
        Interlocked.Increment(ref _dropped);
    }

    private async Task RunAsync()
    {
        try
        {
            PrivateFiles.ShutFolder(System.IO.Path.GetDirectoryName(Path)!);
            await using var file = PrivateFiles.OpenForWriting(Path, FileMode.Append, bufferBytes: 1 << 16);
            await WriteAsync(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            End(e.Message);
            while (_queue.Reader.TryRead(out var captured))
                ArrayPool<byte>.Shared.Return(captured.Bytes);
        }
    }

    private async Task WriteAsync(FileStream file)
    {
        var writer = new PcapngWriter(
            file,
            "OCPlatform",
            _limits.Keys ? "Credentials and keys in SIP messages are readable." : "Secrets in SIP messages are masked."
        );
        while (await _queue.Reader.WaitToReadAsync())
        {
            while (_queue.Reader.TryRead(out var captured))
            {
                if (writer.BytesWritten < _limits.MaxBytes)
                    Write(writer, captured);
                else
                    End("its file was full");
                ArrayPool<byte>.Shared.Return(captured.Bytes);
            }

            await file.FlushAsync();
            Volatile.Write(ref _bytes, writer.BytesWritten);
        }

        var missing = Volatile.Read(ref _offered) - _written;
        writer.Statistics(
            (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100,
            _written + missing,
            missing,
            $"The capture ended because {_ended}; {missing} packets are missing in it."
                + (Volatile.Read(ref _withheld) is > 0 and var withheld ? $" {withheld} were withheld in pauses." : "")
        );
        await file.FlushAsync();
        Volatile.Write(ref _bytes, writer.BytesWritten);
    }

    private void Write(PcapngWriter writer, in Captured captured)
    {
        var (source, destination) = captured.Outgoing
            ? (captured.Local, captured.Remote)
            : (captured.Remote, captured.Local);
        writer.Packet(
            captured.WallNs,
            captured.Bytes.AsSpan(0, captured.Length),
            source,
            destination,
            captured.Outgoing,
            captured.Comment
        );
        Volatile.Write(ref _written, _written + 1);
    }

    private readonly record struct Captured(
        byte[] Bytes,
        int Length,
        long WallNs,
        IPEndPoint Local,
        IPEndPoint Remote,
        bool Outgoing,
        string? Comment
    );
}

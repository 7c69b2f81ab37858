using System.Buffers;
using Org.BouncyCastle.Tls;

namespace OCPlatform.Media.Dtls;

/// <summary>
/// The network as the handshake's thread sees it. What arrives waits in a bounded queue: one too many is dropped, the peer
/// sends it again. What leaves is gathered, so that a flight of ours is one datagram (RFC 6347 §4.1.1) where it fits: fewer
/// of them get lost.
/// </summary>
internal sealed class DtlsDatagrams(IDtlsUser user) : DatagramTransport
{
    /// <summary>What every path carries (RFC 8261 §5 and QUIC settled on the same), in bytes.</summary>
    public const int SendBytes = 1200;

    /// <summary>More than a flight of the longest certificate chain that is taken.</summary>
    public const int MaxArrived = 16;

    private readonly object _gate = new();
    private readonly Queue<(byte[] Bytes, int Length)> _arrived = new();
    private byte[]? _leaving;
    private int _leavingLength;
    private bool _isClosed;

    public bool HasArrived
    {
        get
        {
            lock (_gate)
                return _arrived.Count > 0;
        }
    }

    /// <summary>From the clock thread: copies, never waits for longer than a queue's turn. False when it was dropped.</summary>
    public bool TryAdd(ReadOnlySpan<byte> datagram)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(datagram.Length);
        datagram.CopyTo(bytes);
        lock (_gate)
        {
            if (!_isClosed && _arrived.Count < MaxArrived)
            {
                _arrived.Enqueue((bytes, datagram.Length));
                Monitor.Pulse(_gate);
                return true;
            }
        }

        ArrayPool<byte>.Shared.Return(bytes);
        return false;
    }

    // The record layer takes the overhead of the epoch's cipher off this, and must still have room for a datagram.
    public int GetReceiveLimit() => DtlsRecords.MaxDatagramBytes + 256;

    public int GetSendLimit() => SendBytes;

    public int Receive(byte[] buf, int off, int len, int waitMillis) => Receive(buf.AsSpan(off, len), waitMillis);

    /// <summary>One datagram's length, or -1 when none came in time.</summary>
    /// <exception cref="IOException">It is closed: nothing will come any more.</exception>
    public int Receive(Span<byte> buffer, int waitMillis)
    {
        Flush();
        (byte[] Bytes, int Length) datagram;
        lock (_gate)
        {
            if (_arrived.Count == 0 && !_isClosed)
                Monitor.Wait(_gate, waitMillis);
            if (!_arrived.TryDequeue(out datagram))
                return _isClosed ? throw new IOException("The handshake was given up.") : -1;
        }

        var length = Math.Min(datagram.Length, buffer.Length);
        datagram.Bytes.AsSpan(0, length).CopyTo(buffer);
        ArrayPool<byte>.Shared.Return(datagram.Bytes);
        return length;
    }

    public void Send(byte[] buf, int off, int len) => Send(buf.AsSpan(off, len));

    public void Send(ReadOnlySpan<byte> record)
    {
        if (_leavingLength + record.Length > SendBytes)
            Flush();
        _leaving ??= ArrayPool<byte>.Shared.Rent(SendBytes);
        record.CopyTo(_leaving.AsSpan(_leavingLength));
        _leavingLength += record.Length;
    }

    /// <summary>Sends what was gathered; only the thread that sends calls it.</summary>
    public void Flush()
    {
        if (_leaving is not { } leaving)
            return;
        user.SendDtls(leaving.AsSpan(0, _leavingLength));
        _leaving = null;
        _leavingLength = 0;
        ArrayPool<byte>.Shared.Return(leaving);
    }

    /// <summary>Nothing comes any more: a waiting thread goes on at once. From any thread.</summary>
    public void Abandon()
    {
        lock (_gate)
        {
            _isClosed = true;
            while (_arrived.TryDequeue(out var datagram))
                ArrayPool<byte>.Shared.Return(datagram.Bytes);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>By the record layer, behind its last alert.</summary>
    public void Close()
    {
        Flush();
        Abandon();
    }
}

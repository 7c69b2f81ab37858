using System.Buffers;

namespace OCPlatform.Sip.Transports;

/// <summary>Messages taken from the queue, one after the other in one buffer.</summary>
internal readonly record struct SendBatch(ReadOnlyMemory<byte> Bytes, IReadOnlyList<int> Lengths);

/// <summary>
/// Messages that wait for one connection, bounded by their bytes. They lie in one pooled buffer, so that many small ones leave with one write, and
/// an idle connection holds none. Not thread-safe.
/// </summary>
internal sealed class SendQueue(int maxBytes)
{
    private byte[]? _waiting;
    private int _length;
    private List<int> _lengths = [];
    private byte[]? _leaving;
    private List<int> _leavingLengths = [];

    public bool IsEmpty => _length == 0;

    /// <summary>False when the message does not fit any more.</summary>
    public bool TryAdd(ReadOnlySpan<byte> message)
    {
        if (_length + message.Length > maxBytes)
        {
            return false;
        }
        if (_waiting is null || _waiting.Length - _length < message.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_length + message.Length, 2 * _length));
            _waiting.AsSpan(0, _length).CopyTo(larger);
            Return(_waiting);
            _waiting = larger;
        }
        message.CopyTo(_waiting.AsSpan(_length));
        _length += message.Length;
        _lengths.Add(message.Length);
        return true;
    }

    /// <summary>Everything that waits; its buffer is the queue's again with <see cref="Release"/>.</summary>
    public SendBatch Take()
    {
        var batch = new SendBatch(_waiting.AsMemory(0, _length), _lengths);
        (_leaving, _waiting, _length) = (_waiting, null, 0);
        (_lengths, _leavingLengths) = (_leavingLengths, _lengths);
        return batch;
    }

    public void Release()
    {
        Return(_leaving);
        _leaving = null;
        _leavingLengths.Clear();
    }

    private static void Return(byte[]? buffer)
    {
        if (buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

namespace OCPlatform.CallActors.Voice;

/// <summary>
/// Samples from one writer (the media clock) to one reader (the speech pump), without a lock. What has been read stays
/// readable for a while, for recognition that begins before it was known that somebody speaks. The ring is small, as the
/// reader is mostly at hand; when the reader is late it grows, and at its limit new audio is dropped and counted: live
/// audio that nobody took is worth nothing. Before the first read it keeps the newest instead.
/// </summary>
/// <param name="history">Samples that stay readable behind the reader.</param>
/// <param name="ahead">Samples that fit ahead of the reader at first.</param>
/// <param name="maxAhead">Samples that fit ahead of the reader at last.</param>
internal sealed class AudioRing(int history, int ahead, int maxAhead)
{
    // Replaced by the writer only; an old one holds all that was written before the new one was.
    private short[] _samples = new short[history + ahead];
    private long _written;
    private long _read;
    private long _dropped;

    // The read position is the writer's until the reader has asked for it and the writer has given it.
    private bool _wanted;
    private bool _handedOver;

    /// <summary>Samples dropped since the first read because the reader was too late.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Samples that the reader can take.</summary>
    public int Available => Volatile.Read(ref _handedOver) ? (int)(Volatile.Read(ref _written) - _read) : 0;

    /// <summary>Samples behind the reader that can be read again.</summary>
    public int History => (int)Math.Min(_read, history);

    public void Write(ReadOnlySpan<short> samples)
    {
        var written = _written;
        if (!_handedOver)
        {
            Volatile.Write(ref _read, Math.Max(_read, written + samples.Length - ahead));
            Volatile.Write(ref _handedOver, Volatile.Read(ref _wanted));
        }
        var needed = (int)(written - Volatile.Read(ref _read)) + samples.Length;
        if (needed > _samples.Length - history && !TryGrow(needed))
        {
            Volatile.Write(ref _dropped, _dropped + samples.Length);
            return;
        }
        Put(_samples, written, samples);
        Volatile.Write(ref _written, written + samples.Length);
    }

    /// <summary>Fills the destination, or takes nothing when there is less.</summary>
    public bool TryRead(Span<short> destination)
    {
        Volatile.Write(ref _wanted, true);
        if (Available < destination.Length)
        {
            return false;
        }
        Get(Volatile.Read(ref _samples), _read, destination);
        Volatile.Write(ref _read, _read + destination.Length);
        return true;
    }

    /// <summary>Reads again what begins <paramref name="back"/> samples behind the reader, at most <see cref="History"/>.</summary>
    public void ReadAgain(int back, Span<short> destination) =>
        Get(Volatile.Read(ref _samples), _read - back, destination);

    private bool TryGrow(int needed)
    {
        if (needed > maxAhead)
        {
            return false;
        }
        var larger = new short[history + Math.Min(maxAhead, Math.Max(needed, 2 * (_samples.Length - history)))];
        for (var position = Math.Max(0, _written - _samples.Length); position < _written; )
        {
            var start = (int)(position % _samples.Length);
            var count = (int)Math.Min(_samples.Length - start, _written - position);
            Put(larger, position, _samples.AsSpan(start, count));
            position += count;
        }
        Volatile.Write(ref _samples, larger);
        return true;
    }

    private static void Put(short[] ring, long position, ReadOnlySpan<short> samples)
    {
        var start = (int)(position % ring.Length);
        var first = Math.Min(samples.Length, ring.Length - start);
        samples[..first].CopyTo(ring.AsSpan(start));
        samples[first..].CopyTo(ring);
    }

    private static void Get(short[] ring, long position, Span<short> destination)
    {
        var start = (int)(position % ring.Length);
        var first = Math.Min(destination.Length, ring.Length - start);
        ring.AsSpan(start, first).CopyTo(destination);
        ring.AsSpan(0, destination.Length - first).CopyTo(destination[first..]);
    }
}

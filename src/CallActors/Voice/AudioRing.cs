namespace OCPlatform.CallActors.Voice;

/// <summary>
/// Samples from one writer (the media clock) to one reader (the speech pump), without a lock or an allocation. When the
/// reader is late by the whole ring, new audio is dropped and counted: live audio that nobody took is worth nothing.
/// </summary>
internal sealed class AudioRing(int capacity)
{
    private readonly short[] _samples = new short[capacity];
    private long _written;
    private long _read;
    private long _dropped;

    /// <summary>Samples dropped since the start because the reader was too late.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Samples written since the start, dropped ones not counted.</summary>
    public long Written => Volatile.Read(ref _written);

    public int Available => (int)(Volatile.Read(ref _written) - _read);

    public void Write(ReadOnlySpan<short> samples)
    {
        var written = _written;
        if (written + samples.Length - Volatile.Read(ref _read) > capacity)
        {
            Volatile.Write(ref _dropped, _dropped + samples.Length);
            return;
        }
        var start = (int)(written % capacity);
        var first = Math.Min(samples.Length, capacity - start);
        samples[..first].CopyTo(_samples.AsSpan(start));
        samples[first..].CopyTo(_samples);
        Volatile.Write(ref _written, written + samples.Length);
    }

    /// <summary>Fills the destination, or takes nothing when there is less.</summary>
    public bool TryRead(Span<short> destination)
    {
        if (Available < destination.Length)
        {
            return false;
        }
        var start = (int)(_read % capacity);
        var first = Math.Min(destination.Length, capacity - start);
        _samples.AsSpan(start, first).CopyTo(destination);
        _samples.AsSpan(0, destination.Length - first).CopyTo(destination[first..]);
        Volatile.Write(ref _read, _read + destination.Length);
        return true;
    }
}

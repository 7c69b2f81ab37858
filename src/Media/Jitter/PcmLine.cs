namespace OCPlatform.Media.Jitter;

/// <summary>
/// PCM in one stretch of memory: what was played last, and behind it what is still to be played. Both are looked at and
/// edited in place; when the end is reached, the stretch in use moves to the front.
/// </summary>
internal sealed class PcmLine
{
    private readonly int _history;
    private short[] _samples;
    private int _read;
    private int _end;

    /// <param name="history">How much of what was played is kept, in samples.</param>
    /// <param name="capacity">Samples in all; it grows when a packet does not fit.</param>
    public PcmLine(int history, int capacity)
    {
        _history = history;
        _samples = new short[capacity];
        _read = history;
        _end = history;
    }

    /// <summary>Samples still to be played.</summary>
    public int Pending => _end - _read;

    /// <summary>Samples played since it was made.</summary>
    public long Played { get; private set; }

    public int Bytes => _samples.Length * sizeof(short);

    /// <summary>What is still to be played.</summary>
    public Span<short> Ahead => _samples.AsSpan(_read, _end - _read);

    /// <summary>What was played last and what is still to be played, up to the line's end.</summary>
    /// <param name="before">Samples of the past to begin with; at most the history.</param>
    public Span<short> From(int before) => _samples.AsSpan(_read - before, _end - _read + before);

    /// <summary>The line's last samples, played or not, and the room that <see cref="Reserve"/> has made behind them.</summary>
    public Span<short> Tail(int before, int room) => _samples.AsSpan(_end - before, before + room);

    /// <summary>Room for <paramref name="count"/> samples behind the last one.</summary>
    public Span<short> Reserve(int count)
    {
        if (_end + count > _samples.Length)
            MakeRoom(count);
        return _samples.AsSpan(_end, count);
    }

    /// <summary>The first <paramref name="count"/> samples of the room reserved are to be played.</summary>
    public void Append(int count) => _end += count;

    /// <summary>Plays the next samples; as many must be pending.</summary>
    public void Take(Span<short> destination)
    {
        _samples.AsSpan(_read, destination.Length).CopyTo(destination);
        _read += destination.Length;
        Played += destination.Length;
    }

    /// <summary>Takes out <paramref name="count"/> of the pending samples, from the <paramref name="at"/>th on.</summary>
    public void Cut(int at, int count)
    {
        var from = _read + at + count;
        _samples.AsSpan(from, _end - from).CopyTo(_samples.AsSpan(from - count));
        _end -= count;
    }

    /// <summary>Makes a hole of <paramref name="count"/> samples before the first pending one.</summary>
    public Span<short> Open(int count)
    {
        Reserve(count);
        _samples.AsSpan(_read, _end - _read).CopyTo(_samples.AsSpan(_read + count));
        _end += count;
        return _samples.AsSpan(_read, count);
    }

    /// <summary>What is pending will not be played.</summary>
    public void Drop() => _end = _read;

    private void MakeRoom(int count)
    {
        var first = _read - _history;
        var used = _end - first;
        var samples = used + count <= _samples.Length ? _samples : new short[(used + count + 255) & ~255];
        _samples.AsSpan(first, used).CopyTo(samples);
        _samples = samples;
        _read = _history;
        _end = used;
    }
}

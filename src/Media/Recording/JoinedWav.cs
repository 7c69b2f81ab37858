namespace OCPlatform.Media.Recording;

/// <summary>One part of a recording: its WAV file, and where it begins.</summary>
/// <param name="File">Complete, as the writer leaves it; can be sought in.</param>
/// <param name="FromInstant">From the whole recording's start.</param>
public sealed record WavPart(Stream File, long FromInstant);

/// <summary>
/// The parts of a recording as one WAV file that is read as it is asked for: a head of its own, then the parts at their own
/// times, with silence between them. Where two lie over each other, the later one is heard: its node had the call. Can be
/// sought in, so that a range costs a range. Reads asynchronously only.
/// </summary>
public sealed class JoinedWav : Stream
{
    private readonly List<Segment> _segments = [];
    private readonly IReadOnlyList<WavPart> _parts;
    private readonly byte[] _header = new byte[WavHeader.Bytes];
    private readonly byte _silence;
    private long _position;

    /// <summary>Bytes of the joined file from one to another, and the file they come from; none for silence.</summary>
    private readonly record struct Segment(long From, long To, Stream? File, long FileFrom);

    /// <param name="parts">In order of time; all of this format and rate. They are disposed with this.</param>
    /// <exception cref="ArgumentException">An Opus file is no WAV.</exception>
    public JoinedWav(RecordingFormat format, int sampleRateHz, IReadOnlyList<WavPart> parts)
    {
        if (format == RecordingFormat.OggOpus)
            throw new ArgumentException("Opus is no WAV.", nameof(format));
        _parts = parts;
        _silence = format.SilentByte();
        var bytesPerInstant = format.BytesPerInstant();
        long at = WavHeader.Bytes;
        for (var i = 0; i < parts.Count; i++)
        {
            var from = Math.Max(at, WavHeader.Bytes + parts[i].FromInstant * bytesPerInstant);
            if (from > at)
                _segments.Add(new Segment(at, from, null, 0));
            var to = from + Math.Max(0, parts[i].File.Length - WavHeader.Bytes);
            if (i + 1 < parts.Count)
                to = Math.Clamp(WavHeader.Bytes + parts[i + 1].FromInstant * bytesPerInstant, from, to);
            _segments.Add(new Segment(from, to, parts[i].File, WavHeader.Bytes));
            at = to;
        }

        Length = at;
        WavHeader.Write(_header, format, sampleRateHz, Length - WavHeader.Bytes);
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length { get; }

    public override long Position
    {
        get => _position;
        set => _position = value;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await ReadSomeAsync(buffer, cancellationToken);
        _position += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) =>
        _position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => _position + offset,
            _ => Length + offset,
        };

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Parts are read asynchronously only.");

    public override void Flush() { }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private async ValueTask<int> ReadSomeAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        if (_position < _header.Length)
        {
            var head = Math.Min(buffer.Length, _header.Length - (int)_position);
            _header.AsSpan((int)_position, head).CopyTo(buffer.Span);
            return head;
        }

        var index = _segments.FindIndex(segment => _position < segment.To);
        if (index < 0)
            return 0;
        var segment = _segments[index];
        var part = buffer[..(int)Math.Min(buffer.Length, segment.To - _position)];
        if (segment.File is not { } file)
        {
            part.Span.Fill(_silence);
            return part.Length;
        }

        var at = segment.FileFrom + _position - segment.From;
        if (file.Position != at)
            file.Position = at;
        var read = await file.ReadAsync(part, cancellation);
        if (read == 0 && part.Length > 0)
            throw new EndOfStreamException("A part of the recording is shorter than it was.");
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var part in _parts)
                part.File.Dispose();
        }

        base.Dispose(disposing);
    }
}

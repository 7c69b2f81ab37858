namespace OCPlatform.Sip.Transports;

/// <summary>What <see cref="SipStreamFramer.TryRead"/> found.</summary>
public enum SipFrame : byte
{
    /// <summary>Nothing whole yet: more bytes are needed.</summary>
    Incomplete,

    /// <summary>A whole message.</summary>
    Message,

    /// <summary>CRLFCRLF between messages, to be answered with CRLF (RFC 5626 §3.5.1).</summary>
    Ping,

    /// <summary>CRLF between messages: the answer to a ping of ours, or the first half of a ping.</summary>
    Pong,

    /// <summary>Where the next message begins can no longer be known; see <see cref="SipStreamFramer.Error"/>.</summary>
    Error,
}

/// <summary>Why a stream cannot be read any further.</summary>
public enum SipFramingError : byte
{
    None,

    /// <summary>The first line is none of SIP.</summary>
    NotSip,

    /// <summary>Content-Length, needed on streams (RFC 3261 §18.3), is not there.</summary>
    MissingContentLength,

    /// <summary>Content-Length is no number, or two of them differ.</summary>
    BadContentLength,

    /// <summary>The message is larger than the cap.</summary>
    TooLarge,
}

/// <summary>
/// Cuts a byte stream into SIP messages (RFC 3261 §7.5, §18.3) and keep-alives (RFC 5626 §3.5.1). Sans-IO: read into <see cref="GetMemory"/>, say
/// how much with <see cref="Advance"/>, then call <see cref="TryRead"/> until it says Incomplete. The pieces may be cut anywhere; every byte is
/// looked at a fixed number of times. Lines end as the parser takes them (CRLF, or a bare CR or LF), so that both see the same message.
/// </summary>
public sealed class SipStreamFramer(int maxMessageBytes = 65_535)
{
    private const int SmallBuffer = 4_096;
    private const int LargeBuffer = 65_536;

    private byte[] _buffer = [];
    private int _start;
    private int _end;

    // While the header part is read: how far line ends have been looked for, and where the line in hand begins.
    private State _state;
    private int _scanned;
    private int _lineStart;
    private bool _hasStartLine;
    private int _messageEnd;
    private int _lineEnds;
    private int _roomGiven;
    private bool _wasFilled;

    private enum State : byte
    {
        Between,
        Header,
        Body,
        Failed,
    }

    /// <summary>Part of a message is here.</summary>
    public bool IsMidMessage => _state is State.Header or State.Body;

    public SipFramingError Error { get; private set; }

    /// <summary>After an error: the header part of the message at fault when it is whole, so that it can be answered; else empty.</summary>
    public ReadOnlyMemory<byte> RefusedHead { get; private set; }

    /// <summary>Room for the next bytes of the stream; grows with the message in hand, never beyond the cap.</summary>
    public Memory<byte> GetMemory()
    {
        if (_start == _end)
        {
            MoveTo(0);
            if (_buffer.Length < SmallBuffer || (_buffer.Length > SmallBuffer && !_wasFilled))
            {
                // Thousands of connections wait between messages: each holds little meanwhile.
                _buffer = new byte[SmallBuffer];
            }
        }
        var needed = _state == State.Body ? _messageEnd - _start : Math.Max(_end - _start + 1, 1);
        if (_buffer.Length - _start < needed || _buffer.Length == _end)
        {
            Enlarge(needed);
        }
        else if (_wasFilled && _buffer.Length < LargeBuffer)
        {
            // A peer that fills a whole read sends in bulk.
            Enlarge(Math.Min(_buffer.Length * 2, LargeBuffer));
        }
        var room = _buffer.AsMemory(_end);
        _roomGiven = room.Length;
        return room;
    }

    /// <summary>That many bytes were read into the room of the last <see cref="GetMemory"/>.</summary>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _roomGiven);
        _wasFilled = count == _roomGiven;
        _roomGiven = 0;
        _end += count;
    }

    /// <summary>The next thing on the stream. The message's bytes are good until the next call of any method.</summary>
    public SipFrame TryRead(out ReadOnlyMemory<byte> message)
    {
        message = default;
        if (_state == State.Between && SkipLineEnds() is var keepAlive && keepAlive != SipFrame.Message)
        {
            return keepAlive;
        }
        if (_state == State.Header && !ReadHeader())
        {
            return _state == State.Failed ? SipFrame.Error : SipFrame.Incomplete;
        }
        if (_state == State.Failed)
        {
            return SipFrame.Error;
        }
        if (_end < _messageEnd)
        {
            return SipFrame.Incomplete;
        }
        message = _buffer.AsMemory(_start, _messageEnd - _start);
        _start = _messageEnd;
        _state = State.Between;
        return SipFrame.Message;
    }

    /// <summary>Between messages. Message means that one begins here.</summary>
    private SipFrame SkipLineEnds()
    {
        while (_start < _end)
        {
            switch (_buffer[_start])
            {
                case (byte)'\r' when _start + 1 == _end:
                    return SipFrame.Incomplete;
                case (byte)'\r' when _buffer[_start + 1] == (byte)'\n':
                    _start += 2;
                    return ++_lineEnds % 2 == 0 ? SipFrame.Ping : SipFrame.Pong;
                case (byte)'\r' or (byte)'\n':
                    _start++;
                    break;
                case var first when !char.IsAsciiLetter((char)first) && !SipCharacters.IsToken([first]):
                    return Fail(SipFramingError.NotSip);
                default:
                    _lineEnds = 0;
                    _state = State.Header;
                    _hasStartLine = false;
                    _scanned = _lineStart = _start;
                    return SipFrame.Message;
            }
        }
        return SipFrame.Incomplete;
    }

    /// <summary>Looks for the empty line. False when it is not there yet, or the stream has failed.</summary>
    private bool ReadHeader()
    {
        while (true)
        {
            var length = _buffer.AsSpan(_scanned, _end - _scanned).IndexOfAny(SipCharacters.LineEnd);
            var lineEnd = length < 0 ? _end : _scanned + length;
            if (length < 0 || (_buffer[lineEnd] == (byte)'\r' && lineEnd + 1 == _end))
            {
                // A CR that is last may be the first half of a line end: it is looked at again with the next byte.
                _scanned = lineEnd;
                if (_end - _start > maxMessageBytes)
                {
                    Fail(SipFramingError.TooLarge);
                }
                return false;
            }
            var next = lineEnd + (_buffer[lineEnd] == (byte)'\r' && _buffer[lineEnd + 1] == (byte)'\n' ? 2 : 1);
            if (lineEnd == _lineStart)
            {
                return FindBody(next);
            }
            if (!_hasStartLine)
            {
                _hasStartLine = true;
                if (_buffer.AsSpan(_lineStart, lineEnd - _lineStart).IndexOf("SIP/"u8) < 0)
                {
                    Fail(SipFramingError.NotSip);
                    return false;
                }
            }
            _scanned = _lineStart = next;
        }
    }

    private bool FindBody(int headEnd)
    {
        var head = _buffer.AsMemory(_start, headEnd - _start);
        var error = ContentLengthReader.Read(head.Span, out var length);
        if (error == SipFramingError.None && head.Length + (long)length > maxMessageBytes)
        {
            error = SipFramingError.TooLarge;
        }
        if (error != SipFramingError.None)
        {
            RefusedHead = head;
            Fail(error);
            return false;
        }
        _messageEnd = headEnd + (int)length;
        _state = State.Body;
        return true;
    }

    private SipFrame Fail(SipFramingError error)
    {
        Error = error;
        _state = State.Failed;
        return SipFrame.Error;
    }

    /// <summary>Makes room for that many bytes from the start of the message in hand.</summary>
    private void Enlarge(int needed)
    {
        if (needed > _buffer.Length)
        {
            var size = Math.Max(needed, Math.Min(_buffer.Length * 2, maxMessageBytes + SmallBuffer));
            var larger = new byte[size];
            _buffer.AsSpan(_start, _end - _start).CopyTo(larger);
            var moved = _start;
            _buffer = larger;
            Shift(moved);
            return;
        }
        MoveTo(0);
    }

    private void MoveTo(int position)
    {
        if (_start != position)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer.AsSpan(position));
            Shift(_start - position);
        }
    }

    private void Shift(int by)
    {
        _start -= by;
        _end -= by;
        _scanned -= by;
        _lineStart -= by;
        _messageEnd -= by;
    }
}

/// <summary>Finds Content-Length, also in its compact form and folded, in a whole header part.</summary>
internal static class ContentLengthReader
{
    public static SipFramingError Read(ReadOnlySpan<byte> head, out uint length)
    {
        length = 0;
        var found = false;
        var rest = head[head.IndexOfAny(SipCharacters.LineEnd)..];
        while (!rest.IsEmpty)
        {
            rest = rest[LineEndLength(rest)..];
            var line = rest[..LogicalLineLength(rest)];
            rest = rest[line.Length..];
            var colon = line.IndexOf((byte)':');
            if (
                colon <= 0
                || (line[0] | 0x20) is not ('c' or 'l')
                || SipHeaderNames.Find(line[..colon].TrimEnd(" \t"u8)) != SipHeaderId.ContentLength
            )
            {
                continue;
            }
            var value = SipCharacters.Trim(line[(colon + 1)..]);
            if (!SipCharacters.TryParseUInt32(value, out var number) || (found && number != length))
            {
                return SipFramingError.BadContentLength;
            }
            (found, length) = (true, number);
        }
        return found ? SipFramingError.None : SipFramingError.MissingContentLength;
    }

    /// <summary>Up to the first line end that no white space follows.</summary>
    private static int LogicalLineLength(ReadOnlySpan<byte> text)
    {
        var at = 0;
        while (true)
        {
            var length = text[at..].IndexOfAny(SipCharacters.LineEnd);
            if (length < 0)
            {
                return text.Length;
            }
            at += length;
            var next = at + LineEndLength(text[at..]);
            if (length == 0 || next >= text.Length || text[next] is not ((byte)' ' or (byte)'\t'))
            {
                return at;
            }
            at = next;
        }
    }

    private static int LineEndLength(ReadOnlySpan<byte> text) =>
        text.StartsWith("\r\n"u8) ? 2
        : text[0] is (byte)'\r' or (byte)'\n' ? 1
        : 0;
}

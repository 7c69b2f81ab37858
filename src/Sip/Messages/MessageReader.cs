namespace OCPlatform.Sip;

/// <summary>The parser's working state for one message.</summary>
internal ref partial struct MessageReader
{
    /// <summary>Headers that may stand only once: a second one makes two readers see two messages.</summary>
    private const ulong Singletons =
        1ul << (int)SipHeaderId.From
        | 1ul << (int)SipHeaderId.To
        | 1ul << (int)SipHeaderId.CallId
        | 1ul << (int)SipHeaderId.CSeq
        | 1ul << (int)SipHeaderId.MaxForwards
        | 1ul << (int)SipHeaderId.ContentLength
        | 1ul << (int)SipHeaderId.ContentType
        | 1ul << (int)SipHeaderId.Expires;

    /// <summary>Longer than any method there is, short enough that a string of it costs nothing.</summary>
    private const int MaxMethodBytes = 64;

    [ThreadStatic]
    private static HeaderField[]? t_fields;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly MessageMemory _memory;
    private readonly SipParserLimits _limits;

    // The thread's own array: what is kept of it is copied, so that a refused message allocates nothing for its fields.
    private HeaderField[] _fields = t_fields ??= new HeaderField[SipParserLimits.Default.MaxHeaders];
    private ByteWriter _side;
    private int _count;
    private int _position;
    private ulong _seen;
    private string? _method;
    private int _uriStart;
    private int _uriLength;
    private int _status;
    private int _reasonStart;
    private int _reasonLength;
    private int _bodyStart;
    private int _bodyLength;
    private SipParseErrorKind _kind;
    private SipHeaderId _header;
    private int _offset;
    private bool _failed;
    private int _failStatus = SipStatus.BadRequest;

    public MessageReader(ReadOnlySpan<byte> bytes, in MessageMemory memory, SipParserLimits limits)
    {
        _bytes = bytes;
        _memory = memory;
        _limits = limits;
    }

    public SipParseError? Error { get; private set; }

    public SipMessage? Read()
    {
        if (_bytes.Length > Math.Min(_limits.MaxMessageBytes, ushort.MaxValue))
        {
            Error = new(SipParseErrorKind.MessageTooLarge, 0, Status: SipStatus.MessageTooLarge);
            return null;
        }
        // Empty lines before the start line are ignored (RFC 3261 §7.5).
        while (_position < _bytes.Length && _bytes[_position] is (byte)'\r' or (byte)'\n')
        {
            _position++;
        }
        if (!ReadStartLine())
        {
            Error = new(_kind, _offset);
            return null;
        }
        ReadHeaders();
        if (!_failed)
        {
            ReadBody();
        }
        CheckHeaders();
        return _failed ? Refuse() : Build();
    }

    private SipMessage Build() =>
        _method is not null
            ? new SipRequest(Keep(), _method, _uriStart, _uriLength)
            : new SipResponse(Keep(), _status, _reasonStart, _reasonLength);

    /// <summary>Moves what was read into memory that lives as long as the message.</summary>
    private ParsedParts Keep()
    {
        var parts = _memory.Keep(_bytes, _fields.AsSpan(0, _count));
        parts.Side = _side;
        parts.Body = parts.Wire.AsMemory(parts.WireStart + _bodyStart, _bodyLength);
        return parts;
    }

    private SipMessage? Refuse()
    {
        SipRequest? answerable = null;
        if (_method is not null && _method != SipMethod.Ack && IsAnswerable())
        {
            answerable = new SipRequest(Keep(), _method, _uriStart, _uriLength);
        }
        Error = new(_kind, _offset, _header, answerable, _failStatus);
        return null;
    }

    private bool Fail(
        SipParseErrorKind kind,
        int offset,
        SipHeaderId header = SipHeaderId.Unknown,
        int status = SipStatus.BadRequest
    )
    {
        if (!_failed)
        {
            _failed = true;
            _kind = kind;
            _offset = offset;
            _header = header;
            _failStatus = status;
        }
        return false;
    }

    private bool ReadStartLine()
    {
        var lineLength = _bytes[_position..].IndexOfAny(SipCharacters.LineEnd);
        if (lineLength < 0)
        {
            return Fail(SipParseErrorKind.Truncated, _bytes.Length);
        }
        var start = _position;
        var line = _bytes.Slice(start, lineLength);
        _position = start + lineLength;
        if (!SkipLineEnd())
        {
            return false;
        }
        return line.StartsWith("SIP/"u8) ? ReadStatusLine(line, start) : ReadRequestLine(line, start);
    }

    /// <summary>Status-Line = SIP-Version SP Status-Code SP Reason-Phrase (§7.2)</summary>
    private bool ReadStatusLine(ReadOnlySpan<byte> line, int start)
    {
        if (!line.StartsWith("SIP/2.0 "u8))
        {
            return Fail(SipParseErrorKind.UnsupportedVersion, start);
        }
        if (
            line.Length < 11
            || !SipCharacters.TryParseUInt32(line.Slice(8, 3), out var status)
            || status is < 100 or > 699
            || (line.Length > 11 && line[11] != (byte)' ')
        )
        {
            return Fail(SipParseErrorKind.BadStatusCode, start + 8);
        }
        _status = (int)status;
        // The space before an empty reason is often left out.
        _reasonStart = start + Math.Min(12, line.Length);
        _reasonLength = Math.Max(0, line.Length - 12);
        return true;
    }

    /// <summary>Request-Line = Method SP Request-URI SP SIP-Version (§7.1); exactly one space each.</summary>
    private bool ReadRequestLine(ReadOnlySpan<byte> line, int start)
    {
        if (line[^1] == (byte)' ')
        {
            // The rest is read all the same, so that the refusal can be answered.
            Fail(SipParseErrorKind.BadStartLine, start + line.Length - 1);
            line = line.TrimEnd((byte)' ');
        }
        var methodEnd = line.IndexOf((byte)' ');
        var uriEnd = line.LastIndexOf((byte)' ');
        if (methodEnd <= 0 || uriEnd <= methodEnd)
        {
            return Fail(SipParseErrorKind.BadStartLine, start);
        }
        var version = line[(uriEnd + 1)..];
        if (version.Length < 5 || !System.Text.Ascii.EqualsIgnoreCase(version[..4], "SIP/"u8))
        {
            return Fail(SipParseErrorKind.BadStartLine, start + uriEnd);
        }
        if (methodEnd > MaxMethodBytes || !SipCharacters.IsToken(line[..methodEnd]))
        {
            return Fail(SipParseErrorKind.BadMethod, start);
        }
        _method = SipMethod.FromBytes(line[..methodEnd]);
        _uriStart = start + methodEnd + 1;
        _uriLength = uriEnd - methodEnd - 1;
        if (!System.Text.Ascii.EqualsIgnoreCase(version, "SIP/2.0"u8))
        {
            // Kept going so that 505 can be answered (RFC 3261 §21.5.6).
            Fail(SipParseErrorKind.UnsupportedVersion, start + uriEnd + 1, status: SipStatus.VersionNotSupported);
        }
        else if (!SipUriSlices.TryParse(_bytes.Slice(_uriStart, _uriLength), out var uri) || uri.HasHeaders)
        {
            // Headers may not stand in a Request-URI (RFC 3261 §19.1.1, table 1).
            Fail(SipParseErrorKind.BadRequestUri, _uriStart);
        }
        return true;
    }

    private void ReadHeaders()
    {
        while (true)
        {
            if (_position >= _bytes.Length)
            {
                Fail(SipParseErrorKind.Truncated, _position);
                return;
            }
            if (_bytes[_position] is (byte)'\r' or (byte)'\n')
            {
                SkipLineEnd();
                return;
            }
            if (!ReadHeader())
            {
                return;
            }
        }
    }

    private bool ReadHeader()
    {
        var start = _position;
        var rest = _bytes[start..];
        var colon = rest.IndexOf((byte)':');
        var nameLength = rest.IndexOfAnyExcept(SipCharacters.Token);
        if (colon <= 0 || nameLength <= 0)
        {
            return Fail(
                colon < 0 && !rest.ContainsAny(SipCharacters.LineEnd)
                    ? SipParseErrorKind.Truncated
                    : SipParseErrorKind.BadHeaderLine,
                start
            );
        }
        // HCOLON = *( SP / HTAB ) ":" SWS
        if (rest[nameLength..colon].ContainsAnyExcept((byte)' ', (byte)'\t'))
        {
            return Fail(SipParseErrorKind.BadHeaderLine, start);
        }
        var end = FindValueEnd(start + colon + 1, out var folded);
        if (end < 0)
        {
            return Fail(SipParseErrorKind.Truncated, _bytes.Length);
        }
        if (end - start > _limits.MaxHeaderBytes)
        {
            return Fail(SipParseErrorKind.HeaderTooLong, start, status: SipStatus.MessageTooLarge);
        }
        if (_count == _limits.MaxHeaders)
        {
            return Fail(SipParseErrorKind.TooManyHeaders, start, status: SipStatus.MessageTooLarge);
        }
        var valueStart = start + colon + 1;
        var valueEnd = end;
        while (valueStart < valueEnd && SipCharacters.IsLws(_bytes[valueStart]))
        {
            valueStart++;
        }
        while (valueEnd > valueStart && SipCharacters.IsLws(_bytes[valueEnd - 1]))
        {
            valueEnd--;
        }
        var field = new HeaderField
        {
            Id = SipHeaderNames.Find(rest[..nameLength]),
            Start = start,
            NameLength = (ushort)nameLength,
            ValueOffset = (ushort)(valueStart - start),
            ValueLength = (ushort)(valueEnd - valueStart),
        };
        if (folded)
        {
            Unfold(ref field);
        }
        Store(field, start);
        return true;
    }

    /// <summary>A folded value moves to the side bytes, its name with it, each fold turned into one space (RFC 3261 §7.3.1).</summary>
    private void Unfold(ref HeaderField field)
    {
        var value = _bytes.Slice(field.Start + field.ValueOffset, field.ValueLength);
        if (!value.ContainsAny(SipCharacters.LineEnd))
        {
            return;
        }
        var start = _side.Count;
        _side.Write(_bytes.Slice(field.Start, field.NameLength));
        SipText.Unfold(value, ref _side);
        field.Start = start;
        field.ValueOffset = field.NameLength;
        field.ValueLength = (ushort)(_side.Count - start - field.NameLength);
        field.IsSide = true;
    }

    private void Store(HeaderField field, int start)
    {
        var bit = 1ul << (int)field.Id;
        if (field.Id != SipHeaderId.Unknown && (_seen & bit & Singletons) != 0)
        {
            // Read on all the same, so that the refusal can be answered.
            Fail(SipParseErrorKind.DuplicateHeader, start, field.Id);
            return;
        }
        _seen |= bit;
        if (_count == _fields.Length)
        {
            Array.Resize(ref _fields, _count * 2);
            t_fields = _fields;
        }
        _fields[_count++] = field;
    }

    /// <summary>Finds the end of a value: the first line end that no white space follows. Leaves the position behind it.</summary>
    private int FindValueEnd(int from, out bool folded)
    {
        folded = false;
        while (true)
        {
            var length = _bytes[from..].IndexOfAny(SipCharacters.LineEnd);
            if (length < 0)
            {
                return -1;
            }
            var end = from + length;
            _position = end;
            if (!SkipLineEnd())
            {
                return -1;
            }
            if (_position >= _bytes.Length || !SipCharacters.IsWhiteSpace(_bytes[_position]))
            {
                return end;
            }
            folded = true;
            from = _position;
        }
    }

    /// <summary>CRLF; a bare CR or LF is accepted too, as every deployed parser does.</summary>
    private bool SkipLineEnd()
    {
        if (_bytes[_position] == (byte)'\r')
        {
            _position++;
            if (_position >= _bytes.Length)
            {
                return Fail(SipParseErrorKind.Truncated, _position);
            }
            if (_bytes[_position] == (byte)'\n')
            {
                _position++;
            }
            return true;
        }
        _position++;
        return true;
    }

    private void ReadBody()
    {
        var available = _bytes.Length - _position;
        _bodyStart = _position;
        var index = IndexOf(SipHeaderId.ContentLength);
        if (index < 0)
        {
            // Over UDP the datagram ends the body (RFC 3261 §18.3).
            _bodyLength = available;
        }
        else if (!SipCharacters.TryParseUInt32(Value(index), out var length))
        {
            Fail(SipParseErrorKind.BadContentLength, OffsetOf(index), SipHeaderId.ContentLength);
        }
        else if (length > available)
        {
            Fail(SipParseErrorKind.BodyTruncated, _bytes.Length, SipHeaderId.ContentLength);
        }
        else
        {
            _bodyLength = (int)length;
        }
    }
}

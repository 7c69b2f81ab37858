using System.Buffers;
using System.Text;

namespace OCPlatform.Sip;

/// <summary>Where a message keeps its bytes, and how long.</summary>
public abstract partial class SipMessage
{
    /// <summary>Side bytes beyond which it is worth a look whether replaced values are still among them.</summary>
    private const int CompactFrom = 8_192;

    private byte[] _wire;
    private readonly int _wireStart;
    private int _compactAt = CompactFrom;
    private HeaderField[] _fields;
    private int _fieldCount;
    private ByteWriter _side;

    /// <summary>Holders of a message with pooled memory; -1 when the garbage collector owns it.</summary>
    private int _holds = -1;

    private protected SipMessage(in ParsedParts parts)
    {
        _wire = parts.Wire;
        _wireStart = parts.WireStart;
        _fields = parts.Fields;
        _fieldCount = parts.FieldCount;
        _side = parts.Side;
        _body = parts.Body;
        _holds = parts.IsPooled ? 1 : -1;
    }

    private protected SipMessage()
    {
        _wire = [];
        _fields = new HeaderField[16];
        _side = new ByteWriter(512);
    }

    /// <summary>
    /// One more holder of this message's pooled memory. Only messages that an endpoint received have any
    /// (<see cref="SipParser.TryParsePooled"/>); on others nothing happens.
    /// </summary>
    public void Retain()
    {
        if (Volatile.Read(ref _holds) >= 0 && Interlocked.Increment(ref _holds) <= 1)
        {
            throw new ObjectDisposedException(GetType().Name);
        }
    }

    /// <summary>
    /// Ends one hold; with the last one the memory goes back to the pool, and any later use of the message throws. A holder that never calls this
    /// does no harm: the garbage collector takes the memory then, only later and at its price.
    /// </summary>
    public void Release()
    {
        if (Volatile.Read(ref _holds) < 0 || Interlocked.Decrement(ref _holds) > 0)
        {
            return;
        }
        var (wire, fields) = (_wire, _fields);
        (_wire, _fields, _fieldCount) = (null!, null!, 0);
        if (wire is not null)
        {
            ArrayPool<byte>.Shared.Return(wire);
            ArrayPool<HeaderField>.Shared.Return(fields);
        }
    }

    private void ThrowIfReleased() => ObjectDisposedException.ThrowIf(_wire is null, this);

    private protected ReadOnlySpan<byte> Wire(int start, int length)
    {
        ThrowIfReleased();
        return new ReadOnlySpan<byte>(_wire, _wireStart + start, length);
    }

    internal int FieldCount => _fieldCount;

    internal int IndexOf(SipHeaderId id, int from)
    {
        ThrowIfReleased();
        var fields = _fields.AsSpan(0, _fieldCount);
        for (var i = from; i < fields.Length; i++)
        {
            if (fields[i].Id == id)
            {
                return i;
            }
        }
        return -1;
    }

    internal int IndexOf(string name, int from)
    {
        var id = SipHeaderNames.Find(name);
        if (id != SipHeaderId.Unknown)
        {
            return IndexOf(id, from);
        }
        ThrowIfReleased();
        for (var i = from; i < _fieldCount; i++)
        {
            if (_fields[i].Id == SipHeaderId.Unknown && Ascii.EqualsIgnoreCase(NameBytes(in _fields[i]), name))
            {
                return i;
            }
        }
        return -1;
    }

    internal ReadOnlySpan<byte> ValueOf(int index)
    {
        ref var field = ref _fields[index];
        return Bytes(in field, field.Start + field.ValueOffset, field.ValueLength);
    }

    internal string NameOf(int index)
    {
        ref var field = ref _fields[index];
        return field.Id == SipHeaderId.Unknown
            ? Encoding.UTF8.GetString(NameBytes(in field))
            : SipHeaderNames.NameOf(field.Id);
    }

    private ReadOnlySpan<byte> NameBytes(in HeaderField field) =>
        field.Id != SipHeaderId.Unknown
            ? SipHeaderNames.BytesOf(field.Id)
            : Bytes(in field, field.Start, field.NameLength);

    private ReadOnlySpan<byte> Bytes(in HeaderField field, int start, int length) =>
        field.IsSide ? _side.Written.Slice(start, length) : new ReadOnlySpan<byte>(_wire, _wireStart + start, length);

    /// <summary>Writes a value into the side bytes; <paramref name="name"/> goes along for a header that has no id.</summary>
    internal HeaderField MakeField(SipHeaderId id, string name, ReadOnlySpan<char> value)
    {
        var start = WriteName(id, name);
        _side.Write(value);
        // A NUL would end the text for some peers. It comes in by what is echoed, so that throwing would be the sender's weapon.
        _side.Replace(start, 0, (byte)' ');
        return FinishField(id, start, id == SipHeaderId.Unknown ? name.Length : 0);
    }

    internal HeaderField MakeField(SipHeaderId id, string name, ReadOnlySpan<byte> value)
    {
        var start = WriteName(id, name);
        _side.Write(value);
        return FinishField(id, start, id == SipHeaderId.Unknown ? name.Length : 0);
    }

    internal HeaderField MakeField<T>(SipHeaderId id, in T value)
        where T : IWireText
    {
        Compact();
        var start = _side.Count;
        value.WriteTo(ref _side);
        return FinishField(id, start, 0);
    }

    private int WriteName(SipHeaderId id, string name)
    {
        ThrowIfReleased();
        Compact();
        var start = _side.Count;
        if (id != SipHeaderId.Unknown)
        {
            return start;
        }
        _side.Write(name);
        if (!SipCharacters.IsToken(_side.Written[start..]))
        {
            _side.CutTo(start);
            throw new ArgumentException("A header name is a token.", nameof(name));
        }
        return start;
    }

    /// <summary>Drops the bytes of replaced and removed values, so that a message that is changed again and again does not grow.</summary>
    private void Compact()
    {
        if (_side.Count < _compactAt)
        {
            return;
        }
        var kept = ByteWriter.TakeScratch();
        foreach (ref var field in _fields.AsSpan(0, _fieldCount))
        {
            if (field.IsSide)
            {
                var start = kept.Count;
                kept.Write(_side.Written.Slice(field.Start, field.ValueOffset + field.ValueLength));
                field.Start = start;
            }
        }
        _side.Clear();
        _side.Write(kept.Written);
        kept.ReturnScratch();
        _compactAt = Math.Max(CompactFrom, _side.Count * 2);
    }

    private HeaderField FinishField(SipHeaderId id, int start, int nameLength)
    {
        var length = _side.Count - start;
        var fault =
            length > ushort.MaxValue ? "A header is limited to 65,535 bytes."
            : _side.Written[start..].ContainsAny(SipCharacters.LineEnd) ? "A header value cannot hold line ends."
            : null;
        if (fault is not null)
        {
            _side.CutTo(start);
            throw new ArgumentException(fault);
        }
        return new HeaderField
        {
            Start = start,
            NameLength = (ushort)nameLength,
            ValueOffset = (ushort)nameLength,
            ValueLength = (ushort)(length - nameLength),
            Id = id,
            IsSide = true,
        };
    }

    internal void InsertField(int at, HeaderField field)
    {
        ThrowIfReleased();
        if (_fieldCount == _fields.Length)
        {
            GrowFields();
        }
        Array.Copy(_fields, at, _fields, at + 1, _fieldCount - at);
        _fields[at] = field;
        _fieldCount++;
        Forget(field.Id);
    }

    private void GrowFields()
    {
        var size = Math.Max(16, _fieldCount * 2);
        var larger = _holds < 0 ? new HeaderField[size] : ArrayPool<HeaderField>.Shared.Rent(size);
        _fields.AsSpan(0, _fieldCount).CopyTo(larger);
        if (_holds >= 0)
        {
            ArrayPool<HeaderField>.Shared.Return(_fields);
        }
        _fields = larger;
    }

    internal void ReplaceField(int at, HeaderField field)
    {
        _fields[at] = field;
        Forget(field.Id);
    }

    internal void RemoveField(int at)
    {
        Forget(_fields[at].Id);
        Array.Copy(_fields, at + 1, _fields, at, _fieldCount - at - 1);
        _fieldCount--;
    }

    /// <summary>Copies every line of a header from another message, in order.</summary>
    internal void CopyHeader(SipMessage source, SipHeaderId id)
    {
        for (var i = source.IndexOf(id, 0); i >= 0; i = source.IndexOf(id, i + 1))
        {
            InsertField(_fieldCount, MakeField(id, "", source.ValueOf(i)));
        }
    }

    /// <summary>Copies every header line of another message, byte for byte.</summary>
    private protected void CopyHeaders(SipMessage source)
    {
        for (var i = 0; i < source._fieldCount; i++)
        {
            var field = source._fields[i];
            var name = field.Id == SipHeaderId.Unknown ? source.NameBytes(in field) : default;
            var start = _side.Count;
            _side.Write(name);
            _side.Write(source.ValueOf(i));
            field.Start = start;
            field.NameLength = field.ValueOffset = (ushort)name.Length;
            field.IsSide = true;
            InsertField(_fieldCount, field);
        }
    }

    /// <summary>Puts one line for a header, from a typed value and without a string.</summary>
    private protected void SetText<T>(SipHeaderId id, in T value)
        where T : IWireText => Headers.Set(id, MakeField(id, in value));
}

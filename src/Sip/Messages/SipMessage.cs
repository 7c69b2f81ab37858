using System.Buffers;
using System.Text;

namespace OCPlatform.Sip;

/// <summary>
/// A SIP request or response (RFC 3261 §7): header slices over one buffer, typed values on demand.
/// A parsed message refers to the buffer it was parsed from; the buffer must not change while the message is used.
/// Not thread-safe while it is changed. To cross a process or actor boundary, send <see cref="ToBytes"/> and parse again.
/// </summary>
public abstract class SipMessage
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_writer;

    private readonly ReadOnlyMemory<byte> _buffer;
    private HeaderField[] _fields;
    private int _fieldCount;
    private NameAddress? _from;
    private NameAddress? _to;
    private Via? _topVia;
    private string? _callId;

    private protected SipMessage(ReadOnlyMemory<byte> buffer, HeaderField[] fields, int fieldCount)
    {
        _buffer = buffer;
        _fields = fields;
        _fieldCount = fieldCount;
    }

    /// <summary>All headers, raw.</summary>
    public SipHeaderCollection Headers => new(this);

    /// <summary>The body. Content-Length is always written from its length.</summary>
    public ReadOnlyMemory<byte> Body { get; set; }

    /// <summary>The parser checked these five; on a message built by code a missing one throws.</summary>
    public NameAddress From
    {
        get => _from ??= Mandatory(SipHeaderId.From);
        set => Headers.Set(SipHeaderId.From, value.ToString());
    }

    /// <inheritdoc cref="From"/>
    public NameAddress To
    {
        get => _to ??= Mandatory(SipHeaderId.To);
        set => Headers.Set(SipHeaderId.To, value.ToString());
    }

    /// <inheritdoc cref="From"/>
    public string CallId
    {
        get => _callId ??= Headers[SipHeaderId.CallId] ?? throw Missing(SipHeaderId.CallId);
        set => Headers.Set(SipHeaderId.CallId, value);
    }

    /// <inheritdoc cref="From"/>
    public CSeq CSeq
    {
        get =>
            Headers.TryGetBytes(SipHeaderId.CSeq, out var value) && CSeq.TryParse(value, out var cseq)
                ? cseq
                : throw Missing(SipHeaderId.CSeq);
        set => Headers.Set(SipHeaderId.CSeq, value.ToString());
    }

    /// <summary>The first Via value. Setting it replaces that value and leaves the others.</summary>
    public Via TopVia
    {
        get
        {
            if (_topVia is null)
            {
                var elements = new HeaderElements(this, SipHeaderId.Via);
                _topVia =
                    elements.TryRead(out var first) && Via.TryParse(first, out var via)
                        ? via
                        : throw Missing(SipHeaderId.Via);
            }
            return _topVia;
        }
        set => ReplaceTopVia(value);
    }

    /// <summary>Every Via value, the top one first.</summary>
    public IReadOnlyList<Via> Vias
    {
        get
        {
            var result = new List<Via>();
            var elements = new HeaderElements(this, SipHeaderId.Via);
            while (elements.TryRead(out var element))
            {
                if (Via.TryParse(element, out var via))
                {
                    result.Add(via);
                }
            }
            return result;
        }
    }

    /// <summary>The first Contact, null when absent or <c>*</c>.</summary>
    public NameAddress? Contact
    {
        get => FirstAddress(SipHeaderId.Contact);
        set => SetOrRemove(SipHeaderId.Contact, value?.ToString());
    }

    public IReadOnlyList<NameAddress> Contacts => Addresses(SipHeaderId.Contact);

    /// <summary>Contact: * of a REGISTER that removes all bindings (RFC 3261 §10.2.2).</summary>
    public bool HasWildcardContact =>
        Headers.TryGetBytes(SipHeaderId.Contact, out var value) && SipCharacters.Trim(value).SequenceEqual("*"u8);

    public IReadOnlyList<NameAddress> Routes => Addresses(SipHeaderId.Route);

    public IReadOnlyList<NameAddress> RecordRoutes => Addresses(SipHeaderId.RecordRoute);

    /// <summary>Null when absent or not a number from 0 to 255.</summary>
    public int? MaxForwards
    {
        get => Number(SipHeaderId.MaxForwards) is { } n and <= 255 ? (int)n : null;
        set => SetOrRemove(SipHeaderId.MaxForwards, value?.ToString());
    }

    /// <summary>Seconds; null when absent or malformed. Values beyond 32 bits read as the largest (RFC 3261 §25.1, delta-seconds).</summary>
    public uint? Expires
    {
        get => Number(SipHeaderId.Expires);
        set => SetOrRemove(SipHeaderId.Expires, value?.ToString());
    }

    /// <summary>The media type of the body, lower case and without parameters: <c>application/sdp</c>; null when absent.</summary>
    public string? ContentType
    {
        get
        {
            var value = Headers[SipHeaderId.ContentType];
            if (value is null)
            {
                return null;
            }
            var semicolon = value.IndexOf(';');
            return (semicolon < 0 ? value : value[..semicolon]).Replace(" ", "").ToLowerInvariant();
        }
        set => SetOrRemove(SipHeaderId.ContentType, value);
    }

    /// <summary>The methods of Allow; empty when absent.</summary>
    public IReadOnlyList<string> Allow => Headers.Elements(SipHeaderId.Allow);

    public IReadOnlyList<string> Supported => Headers.Elements(SipHeaderId.Supported);

    public IReadOnlyList<string> Require => Headers.Elements(SipHeaderId.Require);

    /// <summary>Seconds after which a refused peer may try again (RFC 3261 §20.33); null when absent or malformed.</summary>
    public uint? RetryAfter
    {
        get
        {
            // Retry-After = delta-seconds [ comment ] *( ";" retry-param )
            var value = Headers[SipHeaderId.RetryAfter];
            var end = value?.IndexOfAny([' ', '(', ';']) ?? -1;
            return uint.TryParse(end < 0 ? value : value![..end], out var seconds) ? seconds : null;
        }
        set => SetOrRemove(SipHeaderId.RetryAfter, value?.ToString());
    }

    public string? UserAgent
    {
        get => Headers[SipHeaderId.UserAgent];
        set => SetOrRemove(SipHeaderId.UserAgent, value);
    }

    /// <summary>Sets body and Content-Type together.</summary>
    public void SetBody(ReadOnlyMemory<byte> body, string contentType)
    {
        Body = body;
        ContentType = body.IsEmpty ? null : contentType;
    }

    /// <summary>The name-addr values of a header over all its lines; malformed ones are left out.</summary>
    public IReadOnlyList<NameAddress> Addresses(SipHeaderId id)
    {
        List<NameAddress>? result = null;
        var elements = new HeaderElements(this, id);
        while (elements.TryRead(out var element))
        {
            if (NameAddress.TryParse(element, out var address))
            {
                (result ??= []).Add(address);
            }
        }
        return result ?? (IReadOnlyList<NameAddress>)[];
    }

    /// <summary>Writes the message as it goes on the wire, Content-Length last and always right.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        WriteStartLine(output);
        for (var i = 0; i < _fieldCount; i++)
        {
            ref var field = ref _fields[i];
            if (field.Id == SipHeaderId.ContentLength)
            {
                continue;
            }
            SipText.Write(output, NameBytes(in field));
            SipText.Write(output, ": "u8);
            SipText.Write(output, ValueOf(i));
            SipText.Write(output, "\r\n"u8);
        }
        SipText.Write(output, "Content-Length: "u8);
        SipText.Write(output, Body.Length);
        SipText.Write(output, "\r\n\r\n"u8);
        SipText.Write(output, Body.Span);
    }

    /// <summary>The message as it goes on the wire.</summary>
    public byte[] ToBytes()
    {
        // One writer a thread: only the exact result is allocated.
        var writer = t_writer ??= new ArrayBufferWriter<byte>(2048);
        writer.ResetWrittenCount();
        WriteTo(writer);
        var bytes = writer.WrittenSpan.ToArray();
        if (writer.Capacity > 65_536)
        {
            t_writer = null;
        }
        return bytes;
    }

    /// <summary>The whole message as text, for logs and tests.</summary>
    public override string ToString() => Encoding.UTF8.GetString(ToBytes());

    private protected abstract void WriteStartLine(IBufferWriter<byte> output);

    private protected ReadOnlyMemory<byte> Buffer => _buffer;

    internal int FieldCount => _fieldCount;

    internal int IndexOf(SipHeaderId id, int from)
    {
        for (var i = from; i < _fieldCount; i++)
        {
            if (_fields[i].Id == id)
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
        return (field.Source ?? _buffer.Span).Slice(field.ValueStart, field.ValueLength);
    }

    internal string NameOf(int index)
    {
        ref var field = ref _fields[index];
        return field.Id == SipHeaderId.Unknown
            ? Encoding.UTF8.GetString(NameBytes(in field))
            : SipHeaderNames.NameOf(field.Id);
    }

    internal IReadOnlyList<string> LinesOf(SipHeaderId id)
    {
        var result = new List<string>();
        for (var i = IndexOf(id, 0); i >= 0; i = IndexOf(id, i + 1))
        {
            result.Add(Encoding.UTF8.GetString(ValueOf(i)));
        }
        return result;
    }

    internal void InsertField(int at, HeaderField field)
    {
        if (_fieldCount == _fields.Length)
        {
            Array.Resize(ref _fields, Math.Max(16, _fieldCount * 2));
        }
        Array.Copy(_fields, at, _fields, at + 1, _fieldCount - at);
        _fields[at] = field;
        _fieldCount++;
        Forget(field.Id);
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
        _fields[_fieldCount] = default;
    }

    /// <summary>Copies every line of a header from another message, in order.</summary>
    internal void CopyHeader(SipMessage source, SipHeaderId id)
    {
        for (var i = source.IndexOf(id, 0); i >= 0; i = source.IndexOf(id, i + 1))
        {
            var field = source._fields[i];
            if (field.Source is null)
            {
                field.Source = source.ValueOf(i).ToArray();
                field.ValueStart = 0;
                field.NameStart = field.NameLength = 0;
            }
            InsertField(_fieldCount, field);
        }
    }

    private ReadOnlySpan<byte> NameBytes(in HeaderField field) =>
        field.Id != SipHeaderId.Unknown
            ? SipHeaderNames.BytesOf(field.Id)
            : (field.Source ?? _buffer.Span).Slice(field.NameStart, field.NameLength);

    private void ReplaceTopVia(Via via)
    {
        var at = IndexOf(SipHeaderId.Via, 0);
        if (at < 0)
        {
            Headers.AddFirst(SipHeaderId.Via, via.ToString());
            return;
        }
        var line = ValueOf(at);
        var length = SipText.ListElementLength(line);
        var others = length >= 0 && length < line.Length ? Encoding.UTF8.GetString(line[length..]) : "";
        Headers.SetFirst(SipHeaderId.Via, via + others);
    }

    private uint? Number(SipHeaderId id)
    {
        if (!Headers.TryGetBytes(id, out var value))
        {
            return null;
        }
        value = SipCharacters.Trim(value);
        var end = value.IndexOf((byte)';');
        value = end < 0 ? value : SipCharacters.Trim(value[..end]);
        if (SipCharacters.TryParseUInt32(value, out var number))
        {
            return number;
        }
        return value.Length is > 0 and <= 32 && !value.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            ? uint.MaxValue
            : null;
    }

    private NameAddress? FirstAddress(SipHeaderId id)
    {
        var elements = new HeaderElements(this, id);
        return elements.TryRead(out var first) && NameAddress.TryParse(first, out var address) ? address : null;
    }

    private NameAddress Mandatory(SipHeaderId id) =>
        Headers.TryGetBytes(id, out var value) && NameAddress.TryParse(value, out var address)
            ? address
            : throw Missing(id);

    private static InvalidOperationException Missing(SipHeaderId id) =>
        new($"The message has no valid {SipHeaderNames.NameOf(id)}.");

    private void SetOrRemove(SipHeaderId id, string? value)
    {
        if (value is null)
        {
            Headers.Remove(id);
        }
        else
        {
            Headers.Set(id, value);
        }
    }

    private void Forget(SipHeaderId id)
    {
        switch (id)
        {
            case SipHeaderId.From:
                _from = null;
                break;
            case SipHeaderId.To:
                _to = null;
                break;
            case SipHeaderId.Via:
                _topVia = null;
                break;
            case SipHeaderId.CallId:
                _callId = null;
                break;
        }
    }
}

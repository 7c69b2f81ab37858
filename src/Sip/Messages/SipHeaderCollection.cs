using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace OCPlatform.Sip;

/// <summary>One header as text.</summary>
public readonly record struct SipHeader(string Name, string Value);

/// <summary>
/// The headers of a message in wire order, raw. A view: it costs nothing and changes the message it came from.
/// Values never contain line ends: folds are resolved on reading, and setting a value that has one throws.
/// </summary>
public readonly struct SipHeaderCollection
{
    private readonly SipMessage _message;

    internal SipHeaderCollection(SipMessage message) => _message = message;

    public int Count => _message.FieldCount;

    /// <summary>The first value of the header, null when absent.</summary>
    public string? this[SipHeaderId id] => TryGetBytes(id, out var value) ? Encoding.UTF8.GetString(value) : null;

    /// <inheritdoc cref="this[SipHeaderId]"/>
    public string? this[string name]
    {
        get
        {
            var index = _message.IndexOf(name, 0);
            return index < 0 ? null : Encoding.UTF8.GetString(_message.ValueOf(index));
        }
    }

    /// <summary>The header is there at least once, be it empty.</summary>
    public bool Contains(SipHeaderId id) => _message.IndexOf(id, 0) >= 0;

    public bool Contains(string name) => _message.IndexOf(name, 0) >= 0;

    /// <summary>The first value as bytes, without a copy; valid while the message's buffer is.</summary>
    public bool TryGetBytes(SipHeaderId id, out ReadOnlySpan<byte> value)
    {
        var index = _message.IndexOf(id, 0);
        value = index < 0 ? default : _message.ValueOf(index);
        return index >= 0;
    }

    /// <summary>The values of every header line of this name, in order, comma lists left whole.</summary>
    public IReadOnlyList<string> Lines(SipHeaderId id) => _message.LinesOf(id);

    /// <inheritdoc cref="Lines(SipHeaderId)"/>
    public IReadOnlyList<string> Lines(string name)
    {
        var result = new List<string>();
        for (var i = _message.IndexOf(name, 0); i >= 0; i = _message.IndexOf(name, i + 1))
        {
            result.Add(Encoding.UTF8.GetString(_message.ValueOf(i)));
        }
        return result;
    }

    /// <summary>
    /// The elements of a comma-separated list over all its lines (RFC 3261 §7.3.1): Allow, Supported, Require …
    /// </summary>
    public IReadOnlyList<string> Elements(SipHeaderId id)
    {
        var result = new List<string>();
        var elements = new HeaderElements(_message, id);
        while (elements.TryRead(out var element))
        {
            if (!element.IsEmpty)
            {
                result.Add(Encoding.UTF8.GetString(element));
            }
        }
        return result;
    }

    /// <summary>True when a comma-separated list header names the token, without regard to case.</summary>
    public bool HasToken(SipHeaderId id, string token)
    {
        var elements = new HeaderElements(_message, id);
        while (elements.TryRead(out var element))
        {
            if (Ascii.EqualsIgnoreCase(element, token))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Appends a header line.</summary>
    public SipHeaderCollection Add(SipHeaderId id, string value) => Append(_message.MakeField(id, Known(id), value));

    /// <inheritdoc cref="Add(SipHeaderId, string)"/>
    public SipHeaderCollection Add(SipHeaderId id, SipHeaderValue value)
    {
        var field = _message.MakeField(id, Known(id), value.Written);
        value.Return();
        return Append(field);
    }

    /// <inheritdoc cref="Add(SipHeaderId, string)"/>
    public SipHeaderCollection Add(string name, string value) =>
        Append(_message.MakeField(SipHeaderNames.Find(name), name, value));

    internal SipHeaderCollection Add<T>(SipHeaderId id, in T value)
        where T : IWireText => Append(_message.MakeField(id, in value));

    /// <summary>Puts a header line before all of its name (Via, Record-Route).</summary>
    public SipHeaderCollection AddFirst(SipHeaderId id, string value) =>
        Prepend(id, _message.MakeField(id, Known(id), value));

    /// <inheritdoc cref="AddFirst(SipHeaderId, string)"/>
    public SipHeaderCollection AddFirst(SipHeaderId id, SipHeaderValue value)
    {
        var field = _message.MakeField(id, Known(id), value.Written);
        value.Return();
        return Prepend(id, field);
    }

    /// <summary>Replaces the first line of the name and removes the others; appends when there is none.</summary>
    public SipHeaderCollection Set(SipHeaderId id, string value) => Set(id, _message.MakeField(id, Known(id), value));

    /// <inheritdoc cref="Set(SipHeaderId, string)"/>
    public SipHeaderCollection Set(SipHeaderId id, SipHeaderValue value)
    {
        var field = _message.MakeField(id, Known(id), value.Written);
        value.Return();
        return Set(id, field);
    }

    internal SipHeaderCollection Set(SipHeaderId id, HeaderField field)
    {
        var at = _message.IndexOf(id, 0);
        if (at < 0)
        {
            return Append(field);
        }
        _message.ReplaceField(at, field);
        for (var i = _message.IndexOf(id, at + 1); i >= 0; i = _message.IndexOf(id, i))
        {
            _message.RemoveField(i);
        }
        return this;
    }

    /// <summary>Replaces the first line only: the top Via.</summary>
    public SipHeaderCollection SetFirst(SipHeaderId id, string value)
    {
        var at = _message.IndexOf(id, 0);
        if (at < 0)
        {
            return AddFirst(id, value);
        }
        _message.ReplaceField(at, _message.MakeField(id, Known(id), value));
        return this;
    }

    /// <inheritdoc cref="Set(SipHeaderId, string)"/>
    public SipHeaderCollection Set(string name, string value)
    {
        Remove(name);
        return Add(name, value);
    }

    private SipHeaderCollection Append(HeaderField field)
    {
        _message.InsertField(_message.FieldCount, field);
        return this;
    }

    private SipHeaderCollection Prepend(SipHeaderId id, HeaderField field)
    {
        _message.InsertField(Math.Max(0, _message.IndexOf(id, 0)), field);
        return this;
    }

    /// <summary>A header without an id has no name of its own here: it must be given by name.</summary>
    private static string Known(SipHeaderId id) => SipHeaderNames.NameOf(id);

    /// <summary>Removes every line of the header.</summary>
    public SipHeaderCollection Remove(SipHeaderId id)
    {
        for (var i = _message.IndexOf(id, 0); i >= 0; i = _message.IndexOf(id, i))
        {
            _message.RemoveField(i);
        }
        return this;
    }

    public SipHeaderCollection Remove(string name)
    {
        for (var i = _message.IndexOf(name, 0); i >= 0; i = _message.IndexOf(name, i))
        {
            _message.RemoveField(i);
        }
        return this;
    }

    /// <summary>Every header as text, in wire order.</summary>
    public IReadOnlyList<SipHeader> ToList()
    {
        var result = new List<SipHeader>(Count);
        for (var i = 0; i < Count; i++)
        {
            result.Add(new(_message.NameOf(i), Encoding.UTF8.GetString(_message.ValueOf(i))));
        }
        return result;
    }
}

/// <summary>Walks the comma-separated elements of all lines of one header without allocating.</summary>
internal ref struct HeaderElements(SipMessage message, SipHeaderId id)
{
    private int _next;
    private ReadOnlySpan<byte> _rest;
    private bool _inLine;

    /// <summary>A quote or bracket did not end.</summary>
    public bool Malformed { get; private set; }

    public bool TryRead([UnscopedRef] out ReadOnlySpan<byte> element)
    {
        element = default;
        if (!_inLine)
        {
            var index = message.IndexOf(id, _next);
            if (index < 0)
            {
                return false;
            }
            _next = index + 1;
            _rest = message.ValueOf(index);
        }
        var length = SipText.ListElementLength(_rest);
        if (length < 0)
        {
            Malformed = true;
            return false;
        }
        element = SipCharacters.Trim(_rest[..length]);
        _inLine = length < _rest.Length;
        _rest = _inLine ? _rest[(length + 1)..] : default;
        return true;
    }
}

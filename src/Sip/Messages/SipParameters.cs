using System.Collections;

namespace OCPlatform.Sip;

/// <summary>
/// The <c>;name=value</c> parameters of a URI or header: ordered, names compared without case, immutable.
/// Values keep their spelling on the wire (quotes included).
/// </summary>
public sealed class SipParameters
    : IReadOnlyCollection<KeyValuePair<string, string?>>,
        IEquatable<SipParameters>,
        IWireText
{
    public static readonly SipParameters Empty = new([]);

    private readonly KeyValuePair<string, string?>[] _items;

    private SipParameters(KeyValuePair<string, string?>[] items) => _items = items;

    public int Count => _items.Length;

    /// <summary>The value, null when the parameter is absent or has none; see <see cref="Contains"/>.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (var (key, value) in _items)
            {
                if (string.Equals(key, name, StringComparison.OrdinalIgnoreCase))
                {
                    return value;
                }
            }
            return null;
        }
    }

    /// <summary>True for <c>;lr</c> as well as <c>;lr=on</c>.</summary>
    public bool Contains(string name)
    {
        foreach (var (key, _) in _items)
        {
            if (string.Equals(key, name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>A copy in which the parameter has this value (null: a flag such as <c>;lr</c>).</summary>
    public SipParameters With(string name, string? value)
    {
        for (var i = 0; i < _items.Length; i++)
        {
            if (string.Equals(_items[i].Key, name, StringComparison.OrdinalIgnoreCase))
            {
                var copy = _items.ToArray();
                copy[i] = new(copy[i].Key, value);
                return new(copy);
            }
        }
        return new([.. _items, new(name, value)]);
    }

    /// <summary>A copy without the parameter.</summary>
    public SipParameters Without(string name) =>
        Contains(name)
            ? new(_items.Where(p => !string.Equals(p.Key, name, StringComparison.OrdinalIgnoreCase)).ToArray())
            : this;

    /// <summary>The same names with the same values, in any order and case; of a name that stands twice the first counts.</summary>
    public bool Equals(SipParameters? other) =>
        other is not null
        && other.Count == Count
        && _items.All(p =>
            other.Contains(p.Key) && string.Equals(this[p.Key], other[p.Key], StringComparison.OrdinalIgnoreCase)
        );

    public override bool Equals(object? obj) => Equals(obj as SipParameters);

    public override int GetHashCode() =>
        _items.Aggregate(0, (hash, p) => hash ^ StringComparer.OrdinalIgnoreCase.GetHashCode(p.Key));

    public IEnumerator<KeyValuePair<string, string?>> GetEnumerator() =>
        ((IEnumerable<KeyValuePair<string, string?>>)_items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary><c>;a=b;c</c></summary>
    public override string ToString() => ByteWriter.TextOf(this);

    void IWireText.WriteTo(ref ByteWriter output) => WriteTo(ref output);

    internal void WriteTo(ref ByteWriter output)
    {
        foreach (var (name, value) in _items)
        {
            output.Write((byte)';');
            output.Write(name);
            if (value is not null)
            {
                output.Write((byte)'=');
                output.Write(value);
            }
        }
    }

    /// <summary>Reads <c>;a=b;c="d"</c>; white space around the separators is allowed (RFC 3261 §25.1, SEMI and EQUAL).</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, out SipParameters parameters)
    {
        parameters = Empty;
        if (text.IsEmpty)
        {
            return true;
        }
        List<KeyValuePair<string, string?>>? items = null;
        var reader = new SipParameterReader(text);
        while (reader.TryRead(out var name, out var value, out var hasValue))
        {
            (items ??= []).Add(new(SipText.Intern(name), hasValue ? SipText.Intern(value) : null));
        }
        if (!reader.Completed)
        {
            return false;
        }
        if (items is not null)
        {
            parameters = new([.. items]);
        }
        return true;
    }

    /// <summary>As <see cref="TryParse"/> without keeping anything; allocates nothing.</summary>
    internal static bool IsValid(ReadOnlySpan<byte> text)
    {
        var reader = new SipParameterReader(text);
        while (reader.TryRead(out _, out _, out _)) { }
        return reader.Completed;
    }
}

/// <summary>Walks <c>;name=value</c> pairs over bytes without allocating.</summary>
internal ref struct SipParameterReader(ReadOnlySpan<byte> text)
{
    private ReadOnlySpan<byte> _rest = SipCharacters.Trim(text);

    /// <summary>All was read and was well formed.</summary>
    public readonly bool Completed => _rest.IsEmpty;

    /// <summary>The value of the first parameter of this name (ASCII, any case); empty when there is none.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> parameters, ReadOnlySpan<byte> wanted)
    {
        var reader = new SipParameterReader(parameters);
        while (reader.TryRead(out var name, out var value, out _))
        {
            if (System.Text.Ascii.EqualsIgnoreCase(name, wanted))
            {
                return value;
            }
        }
        return default;
    }

    public static bool Contains(ReadOnlySpan<byte> parameters, ReadOnlySpan<byte> wanted)
    {
        var reader = new SipParameterReader(parameters);
        while (reader.TryRead(out var name, out _, out _))
        {
            if (System.Text.Ascii.EqualsIgnoreCase(name, wanted))
            {
                return true;
            }
        }
        return false;
    }

    public bool TryRead(out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value, out bool hasValue)
    {
        name = default;
        value = default;
        hasValue = false;
        if (_rest.IsEmpty || _rest[0] != (byte)';')
        {
            return false;
        }
        var rest = SipCharacters.Trim(_rest[1..]);
        var nameLength = rest.IndexOfAnyExcept(SipCharacters.UriParameter);
        if (nameLength < 0)
        {
            nameLength = rest.Length;
        }
        if (nameLength == 0)
        {
            return false;
        }
        name = rest[..nameLength];
        rest = SipCharacters.Trim(rest[nameLength..]);
        if (!rest.IsEmpty && rest[0] == (byte)'=')
        {
            hasValue = true;
            rest = SipCharacters.Trim(rest[1..]);
            var valueLength =
                rest.IsEmpty ? 0
                : rest[0] == (byte)'"' ? SipText.QuotedLength(rest)
                : ValueLength(rest);
            if (valueLength <= 0)
            {
                return false;
            }
            value = rest[..valueLength];
            rest = SipCharacters.Trim(rest[valueLength..]);
        }
        if (!rest.IsEmpty && rest[0] != (byte)';')
        {
            return false;
        }
        _rest = rest;
        return true;
    }

    private static int ValueLength(ReadOnlySpan<byte> rest)
    {
        var length = rest.IndexOfAnyExcept(SipCharacters.ParameterValue);
        return length < 0 ? rest.Length : length;
    }
}

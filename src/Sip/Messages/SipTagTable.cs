using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace OCPlatform.Sip;

/// <summary>
/// What belongs to the dialogs of this element, by the tag it gave them (RFC 3261 §12). Found by the bytes of a received tag, without a string.
/// Thread-safe. Holds what its owner puts in and nothing that a peer sends.
/// </summary>
public sealed class SipTagTable<T>
    where T : class
{
    private readonly ConcurrentDictionary<string, T> _entries;
    private readonly ConcurrentDictionary<string, T>.AlternateLookup<ReadOnlySpan<byte>> _byBytes;

    public SipTagTable()
    {
        _entries = new(TagComparer.Instance);
        _byBytes = _entries.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public int Count => _entries.Count;

    /// <summary>False when the tag is taken.</summary>
    public bool TryAdd(string tag, T entry) => _entries.TryAdd(tag, entry);

    /// <summary>False when there is no such tag.</summary>
    public bool TryRemove(string tag, [NotNullWhen(true)] out T? entry) => _entries.TryRemove(tag, out entry);

    /// <summary>False when there is no such tag.</summary>
    public bool TryFind(string tag, [NotNullWhen(true)] out T? entry) => _entries.TryGetValue(tag, out entry);

    /// <param name="tag">As it stands on the wire: <see cref="SipPeek.ToTag"/>, <see cref="SipMessage.ToTag"/>.</param>
    public bool TryFind(ReadOnlySpan<byte> tag, [NotNullWhen(true)] out T? entry) =>
        _byBytes.TryGetValue(tag, out entry);

    /// <summary>Tags are tokens, so ASCII; compared by case, as this element made them.</summary>
    private sealed class TagComparer : IEqualityComparer<string>, IAlternateEqualityComparer<ReadOnlySpan<byte>, string>
    {
        public static readonly TagComparer Instance = new();

        public bool Equals(string? x, string? y) => string.Equals(x, y, StringComparison.Ordinal);

        public bool Equals(ReadOnlySpan<byte> alternate, string other) => Ascii.Equals(alternate, other);

        public int GetHashCode(string tag)
        {
            Span<byte> bytes = stackalloc byte[64];
            return Encoding.UTF8.TryGetBytes(tag, bytes, out var length)
                ? GetHashCode(bytes[..length])
                : GetHashCode(Encoding.UTF8.GetBytes(tag));
        }

        public int GetHashCode(ReadOnlySpan<byte> tag)
        {
            var hash = new HashCode();
            hash.AddBytes(tag);
            return hash.ToHashCode();
        }

        public string Create(ReadOnlySpan<byte> tag) => Encoding.UTF8.GetString(tag);
    }
}

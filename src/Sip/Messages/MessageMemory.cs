using System.Buffers;
using System.Runtime.InteropServices;

namespace OCPlatform.Sip;

/// <summary>What a message is made of, in memory of its own.</summary>
internal struct ParsedParts
{
    public byte[] Wire;
    public int WireStart;
    public HeaderField[] Fields;
    public int FieldCount;
    public ByteWriter Side;
    public ReadOnlyMemory<byte> Body;
    public bool IsPooled;
}

/// <summary>Where a parsed message keeps its bytes: the caller's buffer, a copy, or the pool's.</summary>
internal readonly struct MessageMemory
{
    private readonly byte[]? _owned;
    private readonly int _start;
    private readonly bool _pooled;

    private MessageMemory(byte[]? owned, int start, bool pooled)
    {
        _owned = owned;
        _start = start;
        _pooled = pooled;
    }

    /// <summary>The message gets a copy of its own.</summary>
    public static MessageMemory Copied => default;

    /// <summary>The message gets a copy in pooled memory, which <see cref="SipMessage.Release"/> gives back.</summary>
    public static MessageMemory Pooled => new(null, 0, true);

    /// <summary>The message refers to the buffer it was parsed from.</summary>
    public static MessageMemory Of(ReadOnlyMemory<byte> buffer) =>
        MemoryMarshal.TryGetArray(buffer, out var segment)
            ? new(segment.Array, segment.Offset, false)
            : new(buffer.ToArray(), 0, false);

    public ParsedParts Keep(ReadOnlySpan<byte> bytes, ReadOnlySpan<HeaderField> fields)
    {
        var parts = new ParsedParts
        {
            WireStart = _start,
            FieldCount = fields.Length,
            IsPooled = _pooled,
        };
        if (_pooled)
        {
            parts.Wire = ArrayPool<byte>.Shared.Rent(Math.Max(1, bytes.Length));
            parts.Fields = ArrayPool<HeaderField>.Shared.Rent(fields.Length);
            bytes.CopyTo(parts.Wire);
            fields.CopyTo(parts.Fields);
            return parts;
        }
        parts.Wire = _owned ?? bytes.ToArray();
        parts.Fields = fields.ToArray();
        return parts;
    }
}

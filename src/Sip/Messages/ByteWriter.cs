using System.Runtime.CompilerServices;
using System.Text;

namespace OCPlatform.Sip;

/// <summary>Something that can write itself as it stands on the wire.</summary>
internal interface IWireText
{
    void WriteTo(ref ByteWriter output);
}

/// <summary>
/// Bytes that grow: what messages and header values are written into, without strings on the way. A mutable struct, so that it costs nothing
/// until something is written; pass it by reference.
/// </summary>
internal struct ByteWriter
{
    /// <summary>A scratch buffer larger than this is not kept by its thread.</summary>
    private const int MaxScratchBytes = 65_536;

    [ThreadStatic]
    private static byte[]? t_scratch;

    private byte[]? _bytes;

    public ByteWriter(int capacity) => _bytes = new byte[capacity];

    private ByteWriter(byte[] bytes) => _bytes = bytes;

    public int Count { get; private set; }

    public readonly ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Count);

    /// <summary>A writer over this thread's scratch buffer; give it back with <see cref="ReturnScratch"/>.</summary>
    public static ByteWriter TakeScratch()
    {
        // Taken away while in use: a second writer on this thread gets a buffer of its own.
        var bytes = t_scratch ?? new byte[2_048];
        t_scratch = null;
        return new ByteWriter(bytes);
    }

    public readonly void ReturnScratch()
    {
        if (_bytes!.Length <= MaxScratchBytes)
        {
            t_scratch = _bytes;
        }
    }

    /// <summary>The text of a value, by way of the scratch buffer.</summary>
    public static string TextOf<T>(in T value)
        where T : IWireText
    {
        var writer = TakeScratch();
        value.WriteTo(ref writer);
        var text = Encoding.UTF8.GetString(writer.Written);
        writer.ReturnScratch();
        return text;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(byte value)
    {
        if (_bytes is null || Count == _bytes.Length)
        {
            Grow(1);
        }
        _bytes![Count++] = value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        Count += bytes.Length;
    }

    /// <summary>UTF-8.</summary>
    public void Write(ReadOnlySpan<char> text)
    {
        var most = text.Length <= 256 ? text.Length * 3 : Encoding.UTF8.GetByteCount(text);
        Count += Encoding.UTF8.GetBytes(text, Reserve(most));
    }

    public void Write(string text) => Write(text.AsSpan());

    public void Write(long number)
    {
        number.TryFormat(Reserve(20), out var written, default, System.Globalization.CultureInfo.InvariantCulture);
        Count += written;
    }

    /// <summary>A quoted-string that says the text (RFC 3261 §25.1); line ends, which no quoting can carry, become spaces.</summary>
    public void WriteQuoted(ReadOnlySpan<char> text)
    {
        Write((byte)'"');
        while (text.IndexOfAny("\"\\\r\n\0") is >= 0 and var special)
        {
            Write(text[..special]);
            var c = text[special];
            if (c is '"' or '\\')
            {
                Write((byte)'\\');
            }
            Write(c is '"' or '\\' ? (byte)c : (byte)' ');
            text = text[(special + 1)..];
        }
        Write(text);
        Write((byte)'"');
    }

    public readonly void Replace(int from, byte old, byte by) => _bytes.AsSpan(from, Count - from).Replace(old, by);

    public void Clear() => Count = 0;

    /// <summary>Takes back what was written after the count was this.</summary>
    public void CutTo(int count) => Count = count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> Reserve(int length)
    {
        if (_bytes is null || _bytes.Length - Count < length)
        {
            Grow(length);
        }
        return _bytes.AsSpan(Count);
    }

    private void Grow(int length)
    {
        var size = Math.Max(_bytes is null ? 128 : _bytes.Length * 2, Count + length);
        Array.Resize(ref _bytes, size);
    }
}

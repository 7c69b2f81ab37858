using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace OCPlatform.Sip;

/// <summary>
/// An interpolated header value, written straight to UTF-8: <c>headers.Add(SipHeaderId.Warning, $"399 {agent} \"{text}\"")</c> makes no string.
/// The compiler makes it; use it only as an argument.
/// </summary>
[InterpolatedStringHandler]
public ref struct SipHeaderValue
{
    private byte[] _bytes;
    private int _count;

    public SipHeaderValue(int literalLength, int formattedCount)
    {
        _bytes = ArrayPool<byte>.Shared.Rent(literalLength + formattedCount * 24);
        _count = 0;
    }

    internal readonly ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _count);

    internal void Return()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _count = 0;
    }

    public void AppendLiteral(string value) => AppendFormatted(value.AsSpan());

    public void AppendFormatted(string? value) => AppendFormatted(value.AsSpan());

    public void AppendFormatted(ReadOnlySpan<char> value)
    {
        int written;
        while (!Encoding.UTF8.TryGetBytes(value, _bytes.AsSpan(_count), out written))
        {
            Grow();
        }
        _count += written;
    }

    public void AppendFormatted<T>(T value, string? format = null)
    {
        if (value is not IUtf8SpanFormattable)
        {
            AppendFormatted(value is IFormattable f ? f.ToString(format, null) : value?.ToString());
            return;
        }
        int written;
        while (!((IUtf8SpanFormattable)value).TryFormat(_bytes.AsSpan(_count), out written, format, null))
        {
            Grow();
        }
        _count += written;
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(_bytes.Length * 2 + 16);
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}

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

    /// <summary>Called by the compiler: the text between holes.</summary>
    public void AppendLiteral(string value) => AppendFormatted(value.AsSpan());

    /// <summary>Called by the compiler: the value of a hole.</summary>
    public void AppendFormatted(string? value) => AppendFormatted(value.AsSpan());

    public void AppendFormatted(scoped ReadOnlySpan<char> value)
    {
        int written;
        while (!Encoding.UTF8.TryGetBytes(value, _bytes.AsSpan(_count), out written))
        {
            Grow();
        }
        _count += written;
    }

    public void AppendFormatted(int value) => AppendFormatted((long)value);

    public void AppendFormatted(uint value) => AppendFormatted((long)value);

    public void AppendFormatted(long value)
    {
        Span<char> digits = stackalloc char[20];
        value.TryFormat(digits, out var length, default, System.Globalization.CultureInfo.InvariantCulture);
        AppendFormatted(digits[..length]);
    }

    public void AppendFormatted<T>(T value, string? format = null)
    {
        var text = value is IFormattable formattable
            ? formattable.ToString(format, System.Globalization.CultureInfo.InvariantCulture)
            : value?.ToString();
        AppendFormatted(text.AsSpan());
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(_bytes.Length * 2 + 16);
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}

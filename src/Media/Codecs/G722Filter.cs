using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OCPlatform.Media.Codecs;

/// <summary>
/// The last 12 values of one branch of G.722's quadrature mirror filter (§3.1, §4.4), and the sum of them with the filter's
/// coefficients. Values are kept twice, 12 apart, so that a window over the ring is always contiguous. 100 bytes.
/// </summary>
internal struct G722Filter
{
    private const int Taps = 12;
    private Ring _ring;
    private int _next;

    // Every second coefficient of the 24; the filter is symmetric, so that the other branch has them backwards.
    private static ReadOnlySpan<int> Coefficients => [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];
    private static ReadOnlySpan<int> Backwards => [-11, 53, -156, 362, -805, 3876, 951, -210, 32, 12, -11, 3];

    public void Add(int value)
    {
        _ring[_next] = value;
        _ring[_next + Taps] = value;
        _next = _next == Taps - 1 ? 0 : _next + 1;
    }

    /// <summary>The oldest value with the first coefficient.</summary>
    public readonly int Forward() => Sum(Coefficients);

    /// <summary>The oldest value with the last coefficient.</summary>
    public readonly int Backward() => Sum(Backwards);

    private readonly int Sum(ReadOnlySpan<int> coefficients)
    {
        ReadOnlySpan<int> ring = _ring;
        var window = ring.Slice(_next, Taps);
        var eight = Vector256.Create(window) * Vector256.Create(coefficients);
        var four = Vector128.Create(window[8..]) * Vector128.Create(coefficients[8..]);
        return Vector128.Sum(eight.GetLower() + eight.GetUpper() + four);
    }

    [InlineArray(2 * Taps)]
    private struct Ring
    {
        private int _first;
    }
}

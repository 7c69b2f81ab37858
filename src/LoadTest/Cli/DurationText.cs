using System.Globalization;

namespace OCPlatform.LoadTest;

/// <summary>Durations as people write them: <c>50ms</c>, <c>1.2s</c>, <c>10m</c>, <c>1h</c>.</summary>
public static class DurationText
{
    /// <exception cref="FormatException">With words that name the fix.</exception>
    public static TimeSpan Parse(string text) =>
        TryParse(text, out var duration)
            ? duration
            : throw new FormatException($"“{text}” is no duration: write 50ms, 1.2s, 10m or 1h.");

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        text = text.Trim();
        var unit = text.Length;
        while (unit > 0 && char.IsAsciiLetter(text[unit - 1]))
        {
            unit--;
        }
        double? seconds = text[unit..] switch
        {
            "ms" => 0.001,
            "s" => 1,
            "m" or "min" => 60,
            "h" => 3600,
            _ => null,
        };
        if (
            seconds is null
            || !double.TryParse(
                text[..unit],
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out var number
            )
            || number * seconds > 86_400 * 30.0
        )
        {
            return false;
        }
        duration = TimeSpan.FromSeconds(number * seconds.Value);
        return true;
    }

    /// <summary>Short, for tables: <c>840 ms</c>, <c>1.24 s</c>.</summary>
    public static string Write(double ms) =>
        ms >= 1000
            ? string.Create(CultureInfo.InvariantCulture, $"{ms / 1000:0.00} s")
            : string.Create(CultureInfo.InvariantCulture, $"{ms:0.#} ms");
}

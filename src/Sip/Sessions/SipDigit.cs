using System.Globalization;
using System.Text;

namespace OCPlatform.Sip.Sessions;

/// <summary>A key press told by INFO (the legacy usage of RFC 6086 §1: no Info-Package).</summary>
/// <param name="Key">0–9, *, #, A–D; <c>!</c> is a flash hook.</param>
/// <param name="DurationMs">How long it was pressed, milliseconds; null when not said.</param>
public sealed record SipDigit(char Key, int? DurationMs)
{
    /// <summary>Body of lines <c>Signal=5</c> and <c>Duration=160</c>.</summary>
    public const string RelayType = "application/dtmf-relay";

    /// <summary>Body of nothing but the key.</summary>
    public const string PlainType = "application/dtmf";

    /// <summary>A key pressed for longer than this is a peer's mistake.</summary>
    private const int MaxDurationMs = 60_000;

    private const int MaxBodyBytes = 256;

    /// <summary>The key press that a body of one of the two types tells; null when it is malformed.</summary>
    public static SipDigit? TryParse(string contentType, ReadOnlySpan<byte> body)
    {
        if (body.Length > MaxBodyBytes)
        {
            return null;
        }
        var text = Encoding.Latin1.GetString(body).Trim();
        return contentType switch
        {
            RelayType => TryParseRelay(text),
            PlainType => KeyOf(text) is { } key ? new(key, null) : null,
            _ => null,
        };
    }

    /// <summary>The body of type <see cref="RelayType"/> that says this.</summary>
    public byte[] ToRelayBody() =>
        Encoding.ASCII.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"Signal={Key}\r\nDuration={DurationMs ?? 160}\r\n")
        );

    private static SipDigit? TryParseRelay(string text)
    {
        char? key = null;
        int? durationMs = null;
        foreach (var line in text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = line.IndexOf('=');
            if (equals < 0)
            {
                continue;
            }
            var (name, value) = (line[..equals].Trim(), line[(equals + 1)..].Trim());
            if (name.Equals("Signal", StringComparison.OrdinalIgnoreCase))
            {
                key = KeyOf(value);
            }
            else if (
                name.Equals("Duration", StringComparison.OrdinalIgnoreCase)
                && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number is > 0 and <= MaxDurationMs
            )
            {
                durationMs = number;
            }
        }
        return key is { } pressed ? new(pressed, durationMs) : null;
    }

    // Some gateways number the keys as the events of RFC 4733: 10 is *, 11 is #, 12–15 are A–D, 16 is flash.
    private static char? KeyOf(string value)
    {
        if (value.Length == 1)
        {
            var key = char.ToUpperInvariant(value[0]);
            return "0123456789*#ABCD!".Contains(key) ? key : null;
        }
        return
            int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            && code is >= 10 and <= 16
            ? "*#ABCD!"[code - 10]
            : null;
    }
}

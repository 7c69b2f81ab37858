using System.Globalization;

namespace OCPlatform.Media.Sdp;

/// <summary>A payload type number and what it stands for in one m-line (RFC 4566 a=rtpmap, RFC 3551 §6).</summary>
public sealed record PayloadFormat(int PayloadType, string Encoding, int ClockRateHz, int Channels, string? Parameters)
{
    public bool Is(string encoding, int clockRateHz, int channels = 1) =>
        ClockRateHz == clockRateHz
        && Channels == channels
        && string.Equals(Encoding, encoding, StringComparison.OrdinalIgnoreCase);

    public bool Is(PayloadFormat other) => Is(other.Encoding, other.ClockRateHz, other.Channels);

    internal static IEnumerable<PayloadFormat> Read(MediaDescription media)
    {
        foreach (var format in media.Formats)
        {
            if (
                !int.TryParse(format, NumberStyles.None, CultureInfo.InvariantCulture, out var payloadType)
                || payloadType > 127
            )
                continue;
            if (Mapping(media, payloadType) is { } mapped)
                yield return mapped;
        }
    }

    private static PayloadFormat? Mapping(MediaDescription media, int payloadType)
    {
        var parameters = ValueFor(media, "fmtp", payloadType);
        // <encoding>/<clock rate>[/<channels>]
        if (ValueFor(media, "rtpmap", payloadType) is { } map)
        {
            var parts = map.Split('/');
            if (
                parts.Length < 2
                || parts[0].Length == 0
                || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var rate)
            )
                return null;
            var channels =
                parts.Length > 2 && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var c)
                    ? c
                    : 1;
            return new PayloadFormat(payloadType, parts[0], rate, channels, parameters);
        }

        return payloadType switch
        {
            0 => new PayloadFormat(0, "PCMU", 8000, 1, parameters),
            8 => new PayloadFormat(8, "PCMA", 8000, 1, parameters),
            9 => new PayloadFormat(9, "G722", 8000, 1, parameters),
            18 => new PayloadFormat(18, "G729", 8000, 1, parameters),
            _ => null,
        };
    }

    private static string? ValueFor(MediaDescription media, string attribute, int payloadType)
    {
        foreach (var candidate in media.Attributes)
        {
            if (candidate.Name != attribute || candidate.Value is not { } value)
                continue;
            var space = value.IndexOf(' ');
            if (
                space > 0
                && int.TryParse(value.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number == payloadType
            )
                return value[(space + 1)..].Trim();
        }

        return null;
    }
}

using System.Globalization;

namespace OCPlatform.Media.Sdp;

internal static class SdpAttributes
{
    public static SdpAttribute? Find(IReadOnlyList<SdpAttribute> attributes, string name)
    {
        foreach (var attribute in attributes)
        {
            if (attribute.Name == name)
                return attribute;
        }

        return null;
    }

    public static MediaDirection? Direction(IReadOnlyList<SdpAttribute> attributes)
    {
        foreach (var attribute in attributes)
        {
            if (attribute.Value is null && MediaDirections.FromAttributeName(attribute.Name) is { } direction)
                return direction;
        }

        return null;
    }

    /// <summary>Also reads "20.0", which some phones send for ptime.</summary>
    public static int? PositiveInteger(IReadOnlyList<SdpAttribute> attributes, string name) =>
        double.TryParse(
            Find(attributes, name)?.Value,
            NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture,
            out var value
        ) && value is >= 1 and <= 10_000
            ? (int)value
            : null;
}

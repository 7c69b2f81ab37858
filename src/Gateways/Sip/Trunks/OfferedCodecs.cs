using System.Globalization;
using System.Text;

namespace OCPlatform.Gateways.Sip;

/// <summary>
/// Cuts the audio formats of an SDP offer down to a trunk's codecs, in the trunk's order (RFC 3264 §5.1). Key presses and
/// comfort noise stay. An offer in which nothing would be left is not touched: a call that fails by 488 tells more.
/// </summary>
internal static class OfferedCodecs
{
    private static readonly string[] Companions = ["telephone-event", "CN"];

    // RFC 3551 §6: payload types that need no rtpmap.
    private static readonly Dictionary<int, string> Static = new()
    {
        [0] = "PCMU",
        [3] = "GSM",
        [8] = "PCMA",
        [9] = "G722",
        [13] = "CN",
        [18] = "G729",
    };

    public static ReadOnlyMemory<byte> Only(ReadOnlyMemory<byte> offer, IReadOnlyList<string> codecs)
    {
        if (offer.IsEmpty || codecs.Count == 0)
        {
            return offer;
        }
        var lines = Encoding.UTF8.GetString(offer.Span).ReplaceLineEndings("\n").TrimEnd('\n').Split('\n').ToList();
        var media = lines.FindIndex(line => line.StartsWith("m=audio ", StringComparison.Ordinal));
        if (media < 0)
        {
            return offer;
        }
        var end = lines.FindIndex(media + 1, line => line.StartsWith("m=", StringComparison.Ordinal));
        end = end < 0 ? lines.Count : end;
        var parts = lines[media].Split(' ');
        if (parts.Length < 4)
        {
            return offer;
        }
        var names = NamesOf(lines, media + 1, end);
        var kept = parts
            .Skip(3)
            .Select(type => (Type: type, Place: PlaceOf(type, names, codecs)))
            .Where(format => format.Place >= 0)
            .OrderBy(format => format.Place)
            .ToList();
        if (!kept.Exists(format => format.Place < codecs.Count))
        {
            return offer;
        }
        var types = kept.Select(format => format.Type).ToHashSet();
        lines[media] = string.Join(' ', parts.Take(3).Concat(kept.Select(format => format.Type)));
        for (var i = end - 1; i > media; i--)
        {
            if (FormatOf(lines[i]) is { } type && !types.Contains(type))
            {
                lines.RemoveAt(i);
            }
        }
        return Encoding.UTF8.GetBytes(string.Join("\r\n", lines) + "\r\n");
    }

    /// <summary>Rank among the trunk's codecs; behind all of them for what goes with any codec; -1 to leave it out.</summary>
    private static int PlaceOf(string type, Dictionary<string, string> names, IReadOnlyList<string> codecs)
    {
        var name =
            names.GetValueOrDefault(type)
            ?? (
                int.TryParse(type, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    ? Static.GetValueOrDefault(number)
                    : null
            );
        for (var i = 0; i < codecs.Count; i++)
        {
            if (string.Equals(codecs[i], name, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }
        return Companions.Contains(name, StringComparer.OrdinalIgnoreCase) ? codecs.Count : -1;
    }

    private static Dictionary<string, string> NamesOf(List<string> lines, int from, int end)
    {
        const string rtpmap = "a=rtpmap:";
        var names = new Dictionary<string, string>();
        foreach (var line in lines.Take(end).Skip(from))
        {
            if (line.StartsWith(rtpmap, StringComparison.Ordinal) && FormatOf(line) is { } type)
            {
                names[type] = line[(rtpmap.Length + type.Length)..].Trim().Split('/')[0];
            }
        }
        return names;
    }

    /// <summary>The payload type that an attribute is about: rtpmap, fmtp and rtcp-fb have it first.</summary>
    private static string? FormatOf(string line)
    {
        var colon = line.IndexOf(':');
        if (colon < 0 || line[..colon] is not ("a=rtpmap" or "a=fmtp" or "a=rtcp-fb"))
        {
            return null;
        }
        var rest = line[(colon + 1)..];
        var space = rest.IndexOf(' ');
        return space < 0 ? rest : rest[..space];
    }
}

using System.Text;

namespace OCPlatform.Sip.Authentication;

/// <summary>The <c>Digest name=value, …</c> list of challenges and credentials (RFC 3261 §25.1); names without case, values unquoted.</summary>
internal sealed class DigestParameters
{
    private const int MaxParameters = 32;

    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    public string? this[string name] => _values.GetValueOrDefault(name);

    /// <summary>Null when the scheme is not Digest or the list is malformed.</summary>
    public static DigestParameters? TryParse(string header)
    {
        ReadOnlySpan<char> rest = header.AsSpan().Trim();
        if (
            !rest.StartsWith("Digest", StringComparison.OrdinalIgnoreCase)
            || rest.Length < 8
            || !char.IsWhiteSpace(rest[6])
        )
        {
            return null;
        }
        return TryParseList(rest[7..]);
    }

    /// <summary>The list alone, as in Authentication-Info. Null when it is malformed.</summary>
    public static DigestParameters? TryParseList(ReadOnlySpan<char> rest)
    {
        var result = new DigestParameters();
        while (!(rest = rest.TrimStart(" \t,")).IsEmpty)
        {
            var equals = rest.IndexOf('=');
            if (equals <= 0 || result._values.Count == MaxParameters)
            {
                return null;
            }
            var name = rest[..equals].Trim();
            rest = rest[(equals + 1)..].TrimStart();
            if (!TryReadValue(ref rest, out var value) || !result._values.TryAdd(name.ToString(), value))
            {
                return null;
            }
        }
        return result;
    }

    private static bool TryReadValue(ref ReadOnlySpan<char> rest, out string value)
    {
        if (rest.IsEmpty || rest[0] != '"')
        {
            var end = rest.IndexOf(',');
            value = (end < 0 ? rest : rest[..end]).Trim().ToString();
            rest = end < 0 ? default : rest[end..];
            return value.Length > 0;
        }
        var text = new StringBuilder();
        for (var i = 1; i < rest.Length; i++)
        {
            if (rest[i] == '"')
            {
                value = text.ToString();
                rest = rest[(i + 1)..].TrimStart();
                return rest.IsEmpty || rest[0] == ',';
            }
            if (rest[i] == '\\' && i + 1 < rest.Length)
            {
                i++;
            }
            text.Append(rest[i]);
        }
        value = "";
        return false;
    }
}

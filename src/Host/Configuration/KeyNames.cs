using System.Text;
using System.Text.Json;

namespace OCPlatform.Host.Configuration;

/// <summary>How a property is called in YAML (camelCase), in the environment (UPPER_SNAKE), and what resembles it.</summary>
public static class KeyNames
{
    public static string Camel(string propertyName) => JsonNamingPolicy.CamelCase.ConvertName(propertyName);

    public static string UpperSnake(string propertyName)
    {
        var text = new StringBuilder();
        for (var i = 0; i < propertyName.Length; i++)
        {
            var startsWord =
                i > 0
                && char.IsUpper(propertyName[i])
                && (
                    !char.IsUpper(propertyName[i - 1])
                    || (i + 1 < propertyName.Length && char.IsLower(propertyName[i + 1]))
                );
            if (startsWord)
            {
                text.Append('_');
            }
            text.Append(char.ToUpperInvariant(propertyName[i]));
        }
        return text.ToString();
    }

    /// <summary>The candidate nearest to what was written, or null when none is near enough to be meant.</summary>
    public static string? Nearest(string written, IEnumerable<string> candidates)
    {
        var best = candidates
            .Select(candidate => (candidate, distance: EditDistance(Fold(written), Fold(candidate))))
            .OrderBy(pair => pair.distance)
            .FirstOrDefault();
        return best.candidate is not null && best.distance <= Math.Max(2, written.Length / 3) ? best.candidate : null;
    }

    private static string Fold(string name) =>
        name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    /// <summary>Levenshtein distance with adjacent transpositions counted as one.</summary>
    private static int EditDistance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            d[i, 0] = i;
        }
        for (var j = 0; j <= b.Length; j++)
        {
            d[0, j] = j;
        }
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                d[i, j] = Math.Min(Math.Min(d[i - 1, j] + 1, d[i, j - 1] + 1), d[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }
        }
        return d[a.Length, b.Length];
    }
}

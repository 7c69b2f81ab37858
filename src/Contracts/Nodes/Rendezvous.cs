namespace OCPlatform.Contracts.Nodes;

/// <summary>
/// Rendezvous hashing: all who know the same nodes rank them alike for a key, without a word between them, and a node that
/// goes leaves the others' order as it was.
/// </summary>
public static class Rendezvous
{
    /// <summary>The nodes, the one that the key falls to first.</summary>
    public static IReadOnlyList<string> Rank(string key, IEnumerable<string> nodes) =>
        [.. nodes.OrderByDescending(node => Weight(key, node)).ThenBy(node => node, StringComparer.Ordinal)];

    // FNV-1a, 64 bits, with a finisher: names that differ in one digit must not end up side by side.
    private static ulong Weight(string key, string node)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in $"{key}|{node}")
        {
            hash = (hash ^ c) * 1099511628211UL;
        }
        hash ^= hash >> 33;
        hash *= 0xff51afd7ed558ccdUL;
        hash ^= hash >> 33;
        return hash;
    }
}

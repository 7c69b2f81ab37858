using System.Security.Cryptography;

namespace OCPlatform.Contracts.Sharding;

/// <summary>
/// Ids that carry their shard: one prefix letter, two shard digits, then 20 random digits (100 bits), all Crockford
/// base 32 in lower case. Such an id is a SIP token (RFC 3261 §25.1), so it serves as tag and as Contact user.
/// </summary>
public static class ShardedId
{
    /// <summary>
    /// Shards per entity type: all that two digits can name. It may only grow, and it is at its end: an id names its shard
    /// for ever. So many that a node's calls lie in many shards, which move one by one.
    /// </summary>
    public const int ShardCount = 1024;

    private const string Digits = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int RandomDigits = 20;
    private const int Length = 3 + RandomDigits;

    /// <summary>Makes a new id in the shard.</summary>
    public static string New(char prefix, int shard)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shard);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard, ShardCount);
        Span<byte> random = stackalloc byte[RandomDigits];
        RandomNumberGenerator.Fill(random);
        Span<char> text = stackalloc char[Length];
        text[0] = prefix;
        Name(shard, text[1..3]);
        for (var i = 0; i < RandomDigits; i++)
        {
            text[3 + i] = Digits[random[i] & 31];
        }
        return new string(text);
    }

    /// <summary>Whether the text has the form of an id with this prefix.</summary>
    public static bool IsValid(ReadOnlySpan<char> text, char prefix)
    {
        if (text.Length != Length || text[0] != prefix)
        {
            return false;
        }
        foreach (var c in text[1..])
        {
            if (!Digits.Contains(c))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>The two digits that name the shard; the shard id that Akka sees.</summary>
    public static string ShardOf(string id) => id.Substring(1, 2);

    /// <summary>The name of a shard (0 ≤ shard &lt; <see cref="ShardCount"/>).</summary>
    public static string NameOf(int shard)
    {
        Span<char> name = stackalloc char[2];
        Name(shard, name);
        return new string(name);
    }

    /// <summary>The number of a shard by its name; -1 when it is none.</summary>
    public static int NumberOf(ReadOnlySpan<char> name) =>
        name.Length == 2 && Digits.IndexOf(name[0]) is >= 0 and var high && Digits.IndexOf(name[1]) is >= 0 and var low
            ? high * 32 + low
            : -1;

    /// <summary>The number of the shard that an id lies in.</summary>
    public static int NumberOfId(string id) => NumberOf(id.AsSpan(1, 2));

    private static void Name(int shard, Span<char> name)
    {
        name[0] = Digits[shard >> 5];
        name[1] = Digits[shard & 31];
    }
}

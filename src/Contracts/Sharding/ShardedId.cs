using System.Security.Cryptography;

namespace OCPlatform.Contracts.Sharding;

/// <summary>
/// Ids that carry their shard: one prefix letter, two shard digits, then 20 random digits (100 bits), all Crockford
/// base 32 in lower case. Such an id is a SIP token (RFC 3261 §25.1), so it serves as tag and as Contact user.
/// </summary>
public static class ShardedId
{
    /// <summary>Shards per entity type. Fixed for the life of a journal: an id names its shard for ever.</summary>
    public const int ShardCount = 64;

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
        text[1] = Digits[shard >> 5];
        text[2] = Digits[shard & 31];
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
        return Digits.IndexOf(text[1]) * 32 + Digits.IndexOf(text[2]) < ShardCount;
    }

    /// <summary>The two digits that name the shard; the shard id that Akka sees.</summary>
    public static string ShardOf(string id) => id.Substring(1, 2);
}

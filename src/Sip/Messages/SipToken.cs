using System.Security.Cryptography;

namespace OCPlatform.Sip;

/// <summary>Random identifiers: tags, branches, Call-IDs (RFC 3261 §19.3 asks for 32 bits of randomness or more).</summary>
public static class SipToken
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz012345";

    /// <summary>80 random bits in 16 letters.</summary>
    public static string NewTag() => RandomNumberGenerator.GetString(Alphabet, 16);

    /// <summary>Magic cookie and 100 random bits (RFC 3261 §8.1.1.7).</summary>
    public static string NewBranch() => Via.MagicCookie + RandomNumberGenerator.GetString(Alphabet, 20);

    /// <summary>120 random bits; no host part, which would tell the inside address (RFC 3261 §8.1.1.4).</summary>
    public static string NewCallId() => RandomNumberGenerator.GetString(Alphabet, 24);
}

using System.Security.Cryptography;

namespace OCPlatform.Media.Srtp;

/// <summary>A master key and salt for one direction. Never printed, never serialised.</summary>
public sealed class SrtpKeys
{
    private readonly byte[] _key;
    private readonly byte[] _salt;

    /// <exception cref="ArgumentException">A length that the suite does not have.</exception>
    public SrtpKeys(SrtpSuite suite, ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt)
    {
        if (masterKey.Length != suite.KeyBytes() || masterSalt.Length != suite.SaltBytes())
            throw new ArgumentException($"{suite} takes {suite.KeyBytes()} and {suite.SaltBytes()} bytes.");
        Suite = suite;
        _key = masterKey.ToArray();
        _salt = masterSalt.ToArray();
    }

    public SrtpSuite Suite { get; }

    public ReadOnlySpan<byte> MasterKey => _key;

    public ReadOnlySpan<byte> MasterSalt => _salt;

    /// <summary>Fresh keys for a direction of ours.</summary>
    public static SrtpKeys Create(SrtpSuite suite) =>
        new(suite, RandomNumberGenerator.GetBytes(suite.KeyBytes()), RandomNumberGenerator.GetBytes(suite.SaltBytes()));

    /// <summary>Equal in constant time: a peer may offer the same keys again in a re-INVITE.</summary>
    public bool Matches(SrtpKeys other) =>
        Suite == other.Suite
        && CryptographicOperations.FixedTimeEquals(_key, other._key)
        && CryptographicOperations.FixedTimeEquals(_salt, other._salt);

    public override string ToString() => $"{Suite} (keys hidden)";
}

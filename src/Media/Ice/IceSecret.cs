using System.Security.Cryptography;

namespace OCPlatform.Media.Ice;

/// <summary>Draws the credentials of our side (RFC 8445 §5.3): at least 24 bits for the fragment, 128 for the password.</summary>
public static class IceSecret
{
    /// <summary>ice-char (RFC 8839 §5.4): 64 characters, 6 bits each.</summary>
    public const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    /// <summary>8 characters, 48 bits: two legs on one node do not meet by chance.</summary>
    public static string NewUfrag() => RandomNumberGenerator.GetString(Alphabet, 8);

    /// <summary>24 characters, 144 bits.</summary>
    public static string NewPassword() => RandomNumberGenerator.GetString(Alphabet, 24);
}

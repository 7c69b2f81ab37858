using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace OCPlatform.Media.Srtp;

/// <summary>
/// The crypto attribute: keys within a session description (RFC 4568 §4, §6, §9).
/// <code>
/// a=crypto:&lt;tag&gt; &lt;suite&gt; inline:&lt;base64 of key||salt&gt;[|lifetime][|MKI:length] *(session-param)
/// </code>
/// </summary>
/// <param name="Tag">What an answer names the chosen line by; 0 to 999,999,999.</param>
/// <param name="Keys">The writer's keys: those that it encrypts with.</param>
public sealed record SdesCrypto(int Tag, SrtpKeys Keys)
{
    private const string Inline = "inline:";
    private const int MaxTagDigits = 9;
    private const int MaxKeyAndSaltBytes = 46;

    /// <summary>RFC 3711 §9.2: no master key protects more packets than this.</summary>
    private const long MaxLifetime = 1L << 48;
    private const int MaxLifetimeBits = 48;

    /// <summary>
    /// Reads the value of an attribute. False for a line that we cannot use: malformed, a suite that is not ours, several
    /// keys, an MKI in the packets, or a session parameter that changes what packets look like.
    /// </summary>
    public static bool TryRead(string value, [NotNullWhen(true)] out SdesCrypto? crypto)
    {
        crypto = null;
        var parts = value.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (
            parts.Length < 3
            || !TryReadTag(parts[0], out var tag)
            || !TryReadSuite(parts[1], out var suite)
            || !parts.Skip(3).All(MayBeIgnored)
            || !TryReadKeys(parts[2], suite, out var keys)
        )
            return false;
        crypto = new SdesCrypto(tag, keys);
        return true;
    }

    /// <summary>The value of an attribute: without lifetime, MKI and session parameters.</summary>
    public static string Write(int tag, SrtpKeys keys)
    {
        Span<byte> keyAndSalt = stackalloc byte[MaxKeyAndSaltBytes];
        keyAndSalt = keyAndSalt[..(keys.MasterKey.Length + keys.MasterSalt.Length)];
        keys.MasterKey.CopyTo(keyAndSalt);
        keys.MasterSalt.CopyTo(keyAndSalt[keys.MasterKey.Length..]);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{tag} {keys.Suite.SdesName()} {Inline}{Convert.ToBase64String(keyAndSalt)}"
        );
    }

    public override string ToString() => $"{Tag} {Keys}";

    // A leading zero could not be echoed as it came.
    private static bool TryReadTag(string text, out int tag)
    {
        tag = 0;
        return text.Length is > 0 and <= MaxTagDigits
            && (text[0] != '0' || text.Length == 1)
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out tag);
    }

    private static bool TryReadSuite(string name, out SrtpSuite suite)
    {
        foreach (var known in Enum.GetValues<SrtpSuite>())
        {
            if (known.SdesName().Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                suite = known;
                return true;
            }
        }
        suite = default;
        return false;
    }

    /// <summary>
    /// §6.3: all parameters must be understood, except those that begin with a hyphen. WSH only asks for a replay window
    /// of a size, and ours is large enough; KDR, FEC_* and the ones that switch protection off are not for us.
    /// </summary>
    private static bool MayBeIgnored(string parameter) =>
        parameter.StartsWith('-') || parameter.StartsWith("WSH=", StringComparison.OrdinalIgnoreCase);

    private static bool TryReadKeys(string text, SrtpSuite suite, [NotNullWhen(true)] out SrtpKeys? keys)
    {
        keys = null;
        // Several keys (parted by semicolons) are told apart by an MKI.
        if (!text.StartsWith(Inline, StringComparison.OrdinalIgnoreCase) || text.Contains(';'))
            return false;
        return text[Inline.Length..].Split('|') switch
        {
            [var key] => TryDecode(key, suite, out keys),
            [var key, var last] => (IsLifetime(last) || IsEmptyMki(last)) && TryDecode(key, suite, out keys),
            [var key, var lifetime, var mki] => IsLifetime(lifetime)
                && IsEmptyMki(mki)
                && TryDecode(key, suite, out keys),
            _ => false,
        };
    }

    /// <summary>
    /// "2^20" or "1048576" packets. Nobody counts them: at 50 a second 2^20, the least that phones write, last 5.8 hours, and
    /// what SRTP itself allows is never reached.
    /// </summary>
    private static bool IsLifetime(string text)
    {
        var isPower = text.StartsWith("2^", StringComparison.Ordinal);
        return long.TryParse(
                isPower ? text.AsSpan(2) : text,
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var number
            ) && (isPower ? number <= MaxLifetimeBits : number is > 0 and <= MaxLifetime);
    }

    /// <summary>"1:0": no bytes of it in a packet.</summary>
    private static bool IsEmptyMki(string text)
    {
        var colon = text.IndexOf(':');
        return colon > 0
            && text.AsSpan(0, colon).IndexOfAnyExceptInRange('0', '9') < 0
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && length == 0;
    }

    private static bool TryDecode(string base64, SrtpSuite suite, [NotNullWhen(true)] out SrtpKeys? keys)
    {
        keys = null;
        var wanted = suite.KeyBytes() + suite.SaltBytes();
        // Some phones leave the padding out, where 3 does not divide the length.
        var padded = base64.PadRight((base64.Length + 3) / 4 * 4, '=');
        Span<byte> keyAndSalt = stackalloc byte[MaxKeyAndSaltBytes];
        if (!Convert.TryFromBase64String(padded, keyAndSalt, out var length) || length != wanted)
            return false;
        keys = new SrtpKeys(suite, keyAndSalt[..suite.KeyBytes()], keyAndSalt[suite.KeyBytes()..wanted]);
        return true;
    }
}

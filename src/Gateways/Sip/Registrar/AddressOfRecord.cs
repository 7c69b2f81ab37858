using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip.Registrar;

/// <summary>
/// The canonical form of an address-of-record (RFC 3261 §10.3, step 5): user unescaped and with its case, host in lower
/// case, no parameters. sip and sips name the same user.
/// </summary>
public readonly record struct AddressOfRecord(string User, string Host)
{
    /// <summary>Null when the URI names no user here.</summary>
    /// <param name="uri">To of a REGISTER, or whom to find.</param>
    /// <param name="domains">Domains that are one and the same; empty takes every host as it is.</param>
    public static AddressOfRecord? Of(SipUri uri, IReadOnlyList<string> domains)
    {
        if (!uri.IsSip || uri.UnescapedUser is not { Length: > 0 } user)
        {
            return null;
        }
        if (domains.Count == 0)
        {
            return new AddressOfRecord(user, uri.Host.ToLowerInvariant());
        }
        return domains.Contains(uri.Host, StringComparer.OrdinalIgnoreCase)
            ? new AddressOfRecord(user, domains[0].ToLowerInvariant())
            : null;
    }

    public override string ToString() => $"{User}@{Host}";
}

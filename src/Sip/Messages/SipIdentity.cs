namespace OCPlatform.Sip;

/// <summary>What a Privacy header asks for (RFC 3323 §4.2; id of RFC 3325 §9.3, history of RFC 7044 §10.1).</summary>
[Flags]
public enum SipPrivacy
{
    /// <summary>Nothing is said: the provider's rule holds.</summary>
    Unspecified = 0,

    /// <summary>"none": the user wants no privacy, whatever the provider's rule.</summary>
    None = 1,
    Header = 2,
    Session = 4,
    User = 8,

    /// <summary>The asserted identity is not to leave the trust domain.</summary>
    Id = 16,
    History = 32,

    /// <summary>Rather no call than one without this privacy.</summary>
    Critical = 64,
}

/// <summary>
/// Who a message says it is from: P-Asserted-Identity and P-Preferred-Identity (RFC 3325) with Privacy (RFC 3323). An asserted identity is worth what
/// the peer that sent it is: only from within the trust domain it is anything at all.
/// </summary>
public sealed record SipIdentity
{
    /// <summary>One sip or sips and one tel URI at most (RFC 3325 §9.1); more is somebody's game.</summary>
    private const int MaxIdentities = 2;

    /// <summary>P-Asserted-Identity: set by a proxy that authenticated the user.</summary>
    public IReadOnlyList<NameAddress> Asserted { get; init; } = [];

    /// <summary>P-Preferred-Identity: which of its identities a user agent wants asserted.</summary>
    public IReadOnlyList<NameAddress> Preferred { get; init; } = [];

    public SipPrivacy Privacy { get; init; }

    /// <summary>The user asks that peers are not told who it is.</summary>
    public bool WantsAnonymity => (Privacy & (SipPrivacy.Id | SipPrivacy.User | SipPrivacy.Header)) != 0;

    /// <summary>The asserted identity that is a SIP address, else the other one; null when there is none.</summary>
    public NameAddress? Caller => Asserted.FirstOrDefault(a => a.Uri.IsSip) ?? Asserted.FirstOrDefault();

    /// <summary>The asserted telephone number: of a tel URI, or the user part of a SIP address that is one; null when there is none.</summary>
    public string? Number => Asserted.Select(a => NumberOf(a.Uri)).FirstOrDefault(n => n is not null);

    /// <summary>Malformed values are left out.</summary>
    public static SipIdentity Of(SipMessage message) =>
        new()
        {
            Asserted = Take(message, SipHeaderId.PAssertedIdentity),
            Preferred = Take(message, SipHeaderId.PPreferredIdentity),
            Privacy = PrivacyOf(message),
        };

    /// <summary>Puts this identity on a message, in place of any that was there.</summary>
    public void SetOn(SipMessage message)
    {
        RemoveFrom(message);
        foreach (var identity in Asserted)
        {
            message.Headers.Add(SipHeaderId.PAssertedIdentity, identity);
        }
        foreach (var identity in Preferred)
        {
            message.Headers.Add(SipHeaderId.PPreferredIdentity, identity);
        }
        if (Privacy != SipPrivacy.Unspecified)
        {
            message.Headers.Add(SipHeaderId.Privacy, TextOf(Privacy));
        }
    }

    /// <summary>Takes every trace of an identity off: what a message from, or to, the outside of the trust domain must go through (RFC 3325 §5, §7).</summary>
    public static void RemoveFrom(SipMessage message) =>
        message
            .Headers.Remove(SipHeaderId.PAssertedIdentity)
            .Remove(SipHeaderId.PPreferredIdentity)
            .Remove(SipHeaderId.Privacy);

    /// <summary>The telephone number that a URI is, without visual separators (RFC 3966 §5.1.1); null when it is none.</summary>
    public static string? NumberOf(SipUri uri)
    {
        var user = uri.UnescapedUser;
        if (user is null || (uri.IsSip && uri.Parameters["user"] != "phone" && !user.StartsWith('+')))
        {
            return null;
        }
        var end = user.IndexOf(';');
        var digits = (end < 0 ? user : user[..end]).Where(c => c is not ('-' or '.' or '(' or ')')).ToArray();
        return
            digits.Length > 0 && digits.Skip(digits[0] == '+' ? 1 : 0).All(IsDialled) && digits.Any(char.IsAsciiDigit)
            ? new string(digits)
            : null;
    }

    private static bool IsDialled(char c) => char.IsAsciiDigit(c) || c is '*' or '#';

    private static IReadOnlyList<NameAddress> Take(SipMessage message, SipHeaderId id) =>
        [.. message.Addresses(id).Take(MaxIdentities)];

    /// <summary>Values are separated by semicolons (RFC 3323); commas are met in the wild.</summary>
    private static SipPrivacy PrivacyOf(SipMessage message)
    {
        var privacy = SipPrivacy.Unspecified;
        foreach (var line in message.Headers.Lines(SipHeaderId.Privacy))
        {
            foreach (var value in line.Split([';', ','], StringSplitOptions.TrimEntries))
            {
                privacy |= ValueOf(value);
            }
        }
        return privacy;
    }

    private static SipPrivacy ValueOf(string value) =>
        value.ToLowerInvariant() switch
        {
            "none" => SipPrivacy.None,
            "header" => SipPrivacy.Header,
            "session" => SipPrivacy.Session,
            "user" => SipPrivacy.User,
            "id" => SipPrivacy.Id,
            "history" => SipPrivacy.History,
            "critical" => SipPrivacy.Critical,
            _ => SipPrivacy.Unspecified,
        };

    private static string TextOf(SipPrivacy privacy) =>
        string.Join(
            ';',
            Enum.GetValues<SipPrivacy>()
                .Where(p => p != SipPrivacy.Unspecified && privacy.HasFlag(p))
                .Select(p => p.ToString().ToLowerInvariant())
        );
}

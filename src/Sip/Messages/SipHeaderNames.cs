using System.Text;

namespace OCPlatform.Sip;

/// <summary>Header names: canonical spelling, compact forms (RFC 3261 §7.3.3) and lookup by length, then by ASCII letters.</summary>
public static class SipHeaderNames
{
    private static readonly (SipHeaderId Id, string Name, char Compact)[] Known =
    [
        (SipHeaderId.Via, "Via", 'v'),
        (SipHeaderId.From, "From", 'f'),
        (SipHeaderId.To, "To", 't'),
        (SipHeaderId.CallId, "Call-ID", 'i'),
        (SipHeaderId.CSeq, "CSeq", '\0'),
        (SipHeaderId.MaxForwards, "Max-Forwards", '\0'),
        (SipHeaderId.Contact, "Contact", 'm'),
        (SipHeaderId.Route, "Route", '\0'),
        (SipHeaderId.RecordRoute, "Record-Route", '\0'),
        (SipHeaderId.ContentType, "Content-Type", 'c'),
        (SipHeaderId.ContentLength, "Content-Length", 'l'),
        (SipHeaderId.Allow, "Allow", '\0'),
        (SipHeaderId.Supported, "Supported", 'k'),
        (SipHeaderId.Require, "Require", '\0'),
        (SipHeaderId.ProxyRequire, "Proxy-Require", '\0'),
        (SipHeaderId.Unsupported, "Unsupported", '\0'),
        (SipHeaderId.Accept, "Accept", '\0'),
        (SipHeaderId.AcceptEncoding, "Accept-Encoding", '\0'),
        (SipHeaderId.AcceptLanguage, "Accept-Language", '\0'),
        (SipHeaderId.Authorization, "Authorization", '\0'),
        (SipHeaderId.ProxyAuthorization, "Proxy-Authorization", '\0'),
        (SipHeaderId.WwwAuthenticate, "WWW-Authenticate", '\0'),
        (SipHeaderId.ProxyAuthenticate, "Proxy-Authenticate", '\0'),
        (SipHeaderId.AuthenticationInfo, "Authentication-Info", '\0'),
        (SipHeaderId.Expires, "Expires", '\0'),
        (SipHeaderId.MinExpires, "Min-Expires", '\0'),
        (SipHeaderId.UserAgent, "User-Agent", '\0'),
        (SipHeaderId.Server, "Server", '\0'),
        (SipHeaderId.Date, "Date", '\0'),
        (SipHeaderId.Subject, "Subject", 's'),
        (SipHeaderId.Event, "Event", 'o'),
        (SipHeaderId.ReferTo, "Refer-To", 'r'),
        (SipHeaderId.ReferredBy, "Referred-By", 'b'),
        (SipHeaderId.Replaces, "Replaces", '\0'),
        (SipHeaderId.RAck, "RAck", '\0'),
        (SipHeaderId.RSeq, "RSeq", '\0'),
        (SipHeaderId.SessionExpires, "Session-Expires", 'x'),
        (SipHeaderId.MinSE, "Min-SE", '\0'),
        (SipHeaderId.Reason, "Reason", '\0'),
        (SipHeaderId.RetryAfter, "Retry-After", '\0'),
        (SipHeaderId.Warning, "Warning", '\0'),
        (SipHeaderId.Timestamp, "Timestamp", '\0'),
        (SipHeaderId.Organization, "Organization", '\0'),
        (SipHeaderId.Priority, "Priority", '\0'),
        (SipHeaderId.ContentEncoding, "Content-Encoding", 'e'),
        (SipHeaderId.ContentDisposition, "Content-Disposition", '\0'),
        (SipHeaderId.ContentLanguage, "Content-Language", '\0'),
        (SipHeaderId.AllowEvents, "Allow-Events", 'u'),
        (SipHeaderId.SubscriptionState, "Subscription-State", '\0'),
        (SipHeaderId.PAssertedIdentity, "P-Asserted-Identity", '\0'),
        (SipHeaderId.PPreferredIdentity, "P-Preferred-Identity", '\0'),
        (SipHeaderId.Privacy, "Privacy", '\0'),
        (SipHeaderId.Diversion, "Diversion", '\0'),
        (SipHeaderId.HistoryInfo, "History-Info", '\0'),
        (SipHeaderId.Path, "Path", '\0'),
        (SipHeaderId.ServiceRoute, "Service-Route", '\0'),
        (SipHeaderId.MimeVersion, "MIME-Version", '\0'),
        (SipHeaderId.AlertInfo, "Alert-Info", '\0'),
        (SipHeaderId.CallInfo, "Call-Info", '\0'),
        (SipHeaderId.ErrorInfo, "Error-Info", '\0'),
        (SipHeaderId.ReplyTo, "Reply-To", '\0'),
        (SipHeaderId.InReplyTo, "In-Reply-To", '\0'),
    ];

    private static readonly (byte[] Name, SipHeaderId Id)[][] ByLength = BuildByLength();
    private static readonly SipHeaderId[] ByCompactLetter = BuildByCompactLetter();
    private static readonly byte[][] CanonicalBytes = BuildCanonical();
    private static readonly string[] CanonicalNames = BuildCanonicalNames();

    /// <summary>The id of a header name on the wire: any case, full or compact; <see cref="SipHeaderId.Unknown"/> otherwise.</summary>
    public static SipHeaderId Find(ReadOnlySpan<byte> name)
    {
        if (name.Length == 1)
        {
            var letter = (name[0] | 0x20) - 'a';
            return (uint)letter < 26u ? ByCompactLetter[letter] : SipHeaderId.Unknown;
        }
        if (name.Length >= ByLength.Length)
        {
            return SipHeaderId.Unknown;
        }
        foreach (var (candidate, id) in ByLength[name.Length])
        {
            if (Ascii.EqualsIgnoreCase(name, candidate))
            {
                return id;
            }
        }
        return SipHeaderId.Unknown;
    }

    /// <inheritdoc cref="Find(ReadOnlySpan{byte})"/>
    public static SipHeaderId Find(string name)
    {
        if (name.Length > 64)
        {
            return SipHeaderId.Unknown;
        }
        Span<byte> bytes = stackalloc byte[64];
        return Ascii.FromUtf16(name, bytes, out var written) == System.Buffers.OperationStatus.Done
            ? Find(bytes[..written])
            : SipHeaderId.Unknown;
    }

    /// <summary>The canonical spelling of a known header.</summary>
    public static string NameOf(SipHeaderId id) => CanonicalNames[(int)id];

    internal static ReadOnlySpan<byte> BytesOf(SipHeaderId id) => CanonicalBytes[(int)id];

    private static (byte[], SipHeaderId)[][] BuildByLength()
    {
        var longest = Known.Max(k => k.Name.Length);
        return Enumerable
            .Range(0, longest + 1)
            .Select(n =>
                Known.Where(k => k.Name.Length == n).Select(k => (Encoding.ASCII.GetBytes(k.Name), k.Id)).ToArray()
            )
            .ToArray();
    }

    private static SipHeaderId[] BuildByCompactLetter()
    {
        var table = new SipHeaderId[26];
        foreach (var (id, _, compact) in Known.Where(k => k.Compact != '\0'))
        {
            table[compact - 'a'] = id;
        }
        return table;
    }

    private static byte[][] BuildCanonical() => BuildCanonicalNames().Select(Encoding.ASCII.GetBytes).ToArray();

    private static string[] BuildCanonicalNames()
    {
        var names = new string[Enum.GetValues<SipHeaderId>().Length];
        names[0] = "";
        foreach (var (id, name, _) in Known)
        {
            names[(int)id] = name;
        }
        return names;
    }
}

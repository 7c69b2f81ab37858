using System.Globalization;

namespace OCPlatform.Sip.Authentication;

/// <summary>User name and password towards one realm, or towards any when <paramref name="Realm"/> is null.</summary>
public sealed record SipCredentials(string Username, string Password, string? Realm = null);

/// <summary>
/// Answers 401 and 407 challenges (RFC 3261 §22.2, RFC 7616 §3.4). Keeps the last nonce of each realm with its count, for the requests that
/// follow; not thread-safe.
/// </summary>
public sealed class DigestClient(SipCredentials credentials)
{
    /// <summary>A call meets its proxy and its callee; more realms than this are somebody's game.</summary>
    private const int MaxRealms = 8;

    private readonly Dictionary<(bool Proxy, string Realm), Nonce> _nonces = [];

    /// <summary>
    /// Puts credentials on a copy of the request, with the next CSeq number and no Via, ready to send as a new transaction. Every realm that
    /// the response names is answered, of proxies and of the callee alike. Null when no challenge can be answered, or when the
    /// server refused these credentials already (the password is wrong).
    /// </summary>
    /// <param name="request">As it was sent.</param>
    /// <param name="challenge">The 401 or 407.</param>
    /// <param name="answered">
    /// Realms answered for this request so far, added to. Null: those that the request has credentials for. The difference is a
    /// request that was sent with a nonce of an earlier one, which has the right to a fresh one.
    /// </param>
    public SipRequest? Answer(SipRequest request, SipResponse challenge, ISet<string>? answered = null)
    {
        var copy = request.Clone();
        var any = false;
        foreach (var proxy in (ReadOnlySpan<bool>)[false, true])
        {
            var seen = new HashSet<string>();
            foreach (var line in challenge.Headers.Lines(ChallengeHeader(proxy)))
            {
                if (Nonce.TryParse(line) is not { } nonce || !Suits(nonce.Realm) || !seen.Add(nonce.Realm))
                {
                    continue;
                }
                var used =
                    answered?.Contains(RealmKey(proxy, nonce.Realm)) ?? HasCredentials(request, proxy, nonce.Realm);
                if (used && !nonce.Stale)
                {
                    return null;
                }
                answered?.Add(RealmKey(proxy, nonce.Realm));
                Remember(proxy, nonce);
                SetCredentials(copy, proxy, nonce);
                any = true;
            }
        }
        if (!any)
        {
            return null;
        }
        copy.Headers.Remove(SipHeaderId.Via);
        copy.CSeq = new CSeq(request.CSeq.Number + 1, request.Method);
        return copy;
    }

    /// <summary>
    /// Puts credentials on a request for the realms that challenged before, so that it need not be challenged (RFC 3261 §22.2). Nothing
    /// happens before the first challenge.
    /// </summary>
    public void Authorize(SipRequest request)
    {
        foreach (var ((proxy, realm), nonce) in _nonces)
        {
            if (!HasCredentials(request, proxy, realm))
            {
                SetCredentials(request, proxy, nonce);
            }
        }
    }

    /// <summary>
    /// Takes the nonce that the answer to an authorized request offers for the next one (RFC 7616 §3.5). The header names no realm, so it counts only
    /// while there is one.
    /// </summary>
    public void TakeNextNonce(SipResponse response)
    {
        var users = _nonces.Where(n => !n.Key.Proxy).ToList();
        if (
            users is not [var (key, nonce)]
            || response.Headers[SipHeaderId.AuthenticationInfo] is not { } info
            || DigestParameters.TryParseList(info)?["nextnonce"] is not { Length: > 0 } next
        )
        {
            return;
        }
        _nonces[key] = nonce.Renewed(next);
    }

    private bool Suits(string realm) => credentials.Realm is null || credentials.Realm == realm;

    private void Remember(bool proxy, Nonce nonce)
    {
        if (_nonces.Count >= MaxRealms && !_nonces.ContainsKey((proxy, nonce.Realm)))
        {
            _nonces.Clear();
        }
        if (_nonces.TryGetValue((proxy, nonce.Realm), out var known) && known.Value == nonce.Value)
        {
            nonce.Count = known.Count;
        }
        _nonces[(proxy, nonce.Realm)] = nonce;
    }

    private void SetCredentials(SipRequest request, bool proxy, Nonce nonce)
    {
        var header = CredentialsHeader(proxy);
        var others = request.Headers.Lines(header).Where(line => RealmOf(line) != nonce.Realm).ToList();
        request.Headers.Remove(header);
        foreach (var other in others)
        {
            request.Headers.Add(header, other);
        }
        request.Headers.Add(header, Credentials(nonce, request));
    }

    private string Credentials(Nonce nonce, SipRequest request)
    {
        nonce.Count++;
        var qop = nonce.Qop;
        var nonceCount = nonce.Count.ToString("x8", CultureInfo.InvariantCulture);
        var clientNonce = SipToken.NewTag();
        var uri = request.RequestUri.ToString();
        var ha1 = Digest.Ha1(nonce.Algorithm, credentials.Username, nonce.Realm, credentials.Password);
        var response = Digest.Response(
            nonce.Algorithm,
            ha1,
            request.Method,
            uri,
            nonce.Value,
            qop,
            nonceCount,
            clientNonce,
            request.Body.Span
        );
        var value =
            $"Digest username={SipText.Quote(credentials.Username)}, realm={SipText.Quote(nonce.Realm)}, "
            + $"nonce={SipText.Quote(nonce.Value)}, uri={SipText.Quote(uri)}, response=\"{response}\"";
        if (nonce.NamesAlgorithm)
        {
            value += $", algorithm={Digest.NameOf(nonce.Algorithm)}";
        }
        if (nonce.Opaque is { } opaque)
        {
            value += $", opaque={SipText.Quote(opaque)}";
        }
        return qop is null ? value : $"{value}, qop={qop}, nc={nonceCount}, cnonce=\"{clientNonce}\"";
    }

    private static bool HasCredentials(SipRequest request, bool proxy, string realm) =>
        request.Headers.Lines(CredentialsHeader(proxy)).Any(line => RealmOf(line) == realm);

    private static string? RealmOf(string credentials) => DigestParameters.TryParse(credentials)?["realm"];

    private static string RealmKey(bool proxy, string realm) => $"{(proxy ? "proxy" : "user")} {realm}";

    private static SipHeaderId ChallengeHeader(bool proxy) =>
        proxy ? SipHeaderId.ProxyAuthenticate : SipHeaderId.WwwAuthenticate;

    private static SipHeaderId CredentialsHeader(bool proxy) =>
        proxy ? SipHeaderId.ProxyAuthorization : SipHeaderId.Authorization;

    /// <summary>A challenge, and how often its nonce was used.</summary>
    private sealed class Nonce
    {
        public required string Realm { get; init; }
        public required string Value { get; init; }
        public required DigestAlgorithm Algorithm { get; init; }
        public required bool NamesAlgorithm { get; init; }

        /// <summary>Null for a server of RFC 2069.</summary>
        public required string? Qop { get; init; }
        public required bool Stale { get; init; }
        public required string? Opaque { get; init; }
        public uint Count { get; set; }

        /// <summary>Null when it is malformed, or asks for what we cannot do.</summary>
        public static Nonce? TryParse(string header)
        {
            var parameters = DigestParameters.TryParse(header);
            return
                parameters?["realm"] is { } realm
                && parameters["nonce"] is { } nonce
                && Digest.TryParseAlgorithm(parameters["algorithm"], out var algorithm)
                && TryChooseQop(parameters["qop"], out var qop)
                ? new Nonce
                {
                    Realm = realm,
                    Value = nonce,
                    Algorithm = algorithm,
                    NamesAlgorithm = parameters["algorithm"] is not null,
                    Qop = qop,
                    Stale = string.Equals(parameters["stale"], "true", StringComparison.OrdinalIgnoreCase),
                    Opaque = parameters["opaque"],
                }
                : null;
        }

        public Nonce Renewed(string value) =>
            new()
            {
                Realm = Realm,
                Value = value,
                Algorithm = Algorithm,
                NamesAlgorithm = NamesAlgorithm,
                Qop = Qop,
                Stale = false,
                Opaque = Opaque,
            };

        /// <summary>auth where it is offered: proxies on the way may have to change a body. False when nothing offered is known.</summary>
        private static bool TryChooseQop(string? offered, out string? qop)
        {
            var options = offered?.Split(',', StringSplitOptions.TrimEntries) ?? [];
            qop = Array.Find(["auth", "auth-int"], q => options.Contains(q, StringComparer.OrdinalIgnoreCase));
            return offered is null || qop is not null;
        }
    }
}

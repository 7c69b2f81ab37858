using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;

namespace OCPlatform.Sip.Authentication;

/// <summary>Settings of a <see cref="DigestServer"/>.</summary>
public sealed class DigestServerOptions
{
    /// <summary>The protection domain shown in challenges.</summary>
    public string Realm { get; set; } = "ocplatform";

    /// <summary>How long a nonce is good, seconds; after that the peer is challenged again with stale=true.</summary>
    [Range(1, 86_400)]
    public int NonceLifetimeSeconds { get; set; } = 300;

    /// <summary>Offered in this order; the peer takes the first it knows (RFC 8760 §2.3).</summary>
    public IReadOnlyList<DigestAlgorithm> Algorithms { get; set; } = [DigestAlgorithm.Sha256, DigestAlgorithm.Md5];

    /// <summary>Offer auth-int besides auth: the digest then protects the body, too. Some phones stumble over the list.</summary>
    public bool OfferIntegrity { get; set; }

    /// <summary>Nonces whose counts are remembered against replay.</summary>
    [Range(1, 10_000_000)]
    public int NonceWindow { get; set; } = 10_000;

    /// <summary>
    /// Key of the nonces' HMAC, 32 bytes; null: random. Nodes that share it accept each other's nonces.
    /// </summary>
    public byte[]? Key { get; set; }
}

/// <summary>What a user is known by.</summary>
/// <param name="Password">In clear; null when <paramref name="Ha1"/> is given.</param>
/// <param name="Ha1">Hex H(user:realm:password) of the algorithm asked for.</param>
public sealed record DigestSecret(string? Password, string? Ha1 = null);

/// <summary>What the credentials of a request are worth.</summary>
public enum DigestVerdict
{
    /// <summary>The credentials are good.</summary>
    Accepted,

    /// <summary>No credentials for this realm: challenge.</summary>
    NoCredentials,

    /// <summary>The nonce is too old, not ours or its count was used: challenge with stale=true; the password was not judged wrong.</summary>
    Stale,

    /// <summary>Unknown user or wrong password.</summary>
    Rejected,

    /// <summary>Cannot be read, or are for another URI: 400.</summary>
    Malformed,
}

/// <summary>The outcome of a check.</summary>
/// <param name="Verdict">What the credentials are worth.</param>
/// <param name="Username">Whom the credentials name; proven only when accepted.</param>
public readonly record struct DigestResult(DigestVerdict Verdict, string? Username = null);

/// <summary>
/// Digest access authentication, server side (RFC 3261 §22, RFC 7616, RFC 8760): qop=auth and auth-int, stateless nonces. Thread-safe. Nothing that a
/// peer without good credentials sends is remembered.
/// </summary>
public sealed class DigestServer
{
    /// <summary>Nodes that share a key may be this far apart.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(5);

    private readonly DigestServerOptions _options;
    private readonly NonceFactory _nonces;
    private readonly NonceCountWindow _counts;
    private readonly TimeProvider _time;
    private readonly string _qop;

    public DigestServer(DigestServerOptions options, TimeProvider? time = null)
    {
        _options = options;
        _time = time ?? TimeProvider.System;
        _qop = options.OfferIntegrity ? "auth,auth-int" : "auth";
        _nonces = new NonceFactory(options.Key ?? RandomNumberGenerator.GetBytes(32), _time);
        _counts = new NonceCountWindow(options.NonceWindow);
    }

    /// <summary>Checks the Authorization (or Proxy-Authorization) of a request.</summary>
    /// <param name="request">As received.</param>
    /// <param name="lookup">Gives the secret of a user for an algorithm; null when there is no such user.</param>
    /// <param name="proxy">Proxy-Authorization instead.</param>
    public DigestResult Check(
        SipRequest request,
        Func<string, DigestAlgorithm, DigestSecret?> lookup,
        bool proxy = false
    )
    {
        foreach (var line in request.Headers.Lines(proxy ? SipHeaderId.ProxyAuthorization : SipHeaderId.Authorization))
        {
            var credentials = DigestParameters.TryParse(line);
            if (credentials is null)
            {
                if (line.AsSpan().TrimStart().StartsWith("Digest", StringComparison.OrdinalIgnoreCase))
                {
                    return new(DigestVerdict.Malformed);
                }
                continue;
            }
            if (credentials["realm"] == _options.Realm)
            {
                return Check(request, credentials, lookup);
            }
        }
        return new(DigestVerdict.NoCredentials);
    }

    /// <summary>401 (or 407) with one challenge per algorithm.</summary>
    public SipResponse Challenge(SipRequest request, bool stale = false, bool proxy = false, string? toTag = null)
    {
        var response = SipResponse.Create(
            request,
            proxy ? SipStatus.ProxyAuthenticationRequired : SipStatus.Unauthorized,
            toTag: toTag
        );
        var nonce = _nonces.Create(_options.Realm);
        foreach (var algorithm in _options.Algorithms)
        {
            response.Headers.Add(
                proxy ? SipHeaderId.ProxyAuthenticate : SipHeaderId.WwwAuthenticate,
                $"Digest realm={SipText.Quote(_options.Realm)}, nonce=\"{nonce}\", algorithm={Digest.NameOf(algorithm)}, qop=\"{_qop}\""
                    + (stale ? ", stale=true" : "")
            );
        }
        return response;
    }

    /// <summary>
    /// Puts a fresh nonce on the response to an accepted request, which spares the client the next challenge (RFC 7616 §3.5).
    /// </summary>
    public void OfferNextNonce(SipResponse response) =>
        response.Headers.Set(SipHeaderId.AuthenticationInfo, $"nextnonce=\"{_nonces.Create(_options.Realm)}\"");

    private DigestResult Check(
        SipRequest request,
        DigestParameters credentials,
        Func<string, DigestAlgorithm, DigestSecret?> lookup
    )
    {
        var (username, nonce, uri, response) = (
            credentials["username"],
            credentials["nonce"],
            credentials["uri"],
            credentials["response"]
        );
        if (
            username is null
            || nonce is null
            || uri is null
            || response is null
            || !Digest.TryParseAlgorithm(credentials["algorithm"], out var algorithm)
            || !TryReadQop(credentials, out var qop, out var count)
        )
        {
            return new(DigestVerdict.Malformed, username);
        }
        if (!_options.Algorithms.Contains(algorithm))
        {
            return new(DigestVerdict.NoCredentials, username);
        }
        if (!IsForThisRequest(uri, request))
        {
            return new(DigestVerdict.Malformed, username);
        }
        if (
            _nonces.IssuedAt(nonce, _options.Realm) is not { } issuedAt
            || _time.GetUtcNow() - issuedAt is var age
                && (age.TotalSeconds > _options.NonceLifetimeSeconds || age < -ClockSkew)
        )
        {
            return new(DigestVerdict.Stale, username);
        }
        var secret = lookup(username, algorithm);
        // An unknown user costs the same work as a known one, so that time does not tell them apart.
        var ha1 = secret?.Ha1 ?? Digest.Ha1(algorithm, username, _options.Realm, secret?.Password ?? nonce);
        var expected = Digest.Response(
            algorithm,
            ha1.ToLowerInvariant(),
            request.Method,
            uri,
            nonce,
            qop,
            credentials["nc"],
            credentials["cnonce"],
            request.Body.Span
        );
        var equal = CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(expected),
            Encoding.UTF8.GetBytes(response.ToLowerInvariant())
        );
        if (!equal || secret is null)
        {
            return new(DigestVerdict.Rejected, username);
        }
        return _counts.TryUse(nonce, issuedAt, count)
            ? new(DigestVerdict.Accepted, username)
            : new(DigestVerdict.Stale, username);
    }

    /// <summary>Only what was offered; a client of RFC 2069 that leaves qop out may use a nonce once.</summary>
    private bool TryReadQop(DigestParameters credentials, out string? qop, out uint count)
    {
        qop = credentials["qop"];
        count = 1;
        if (qop is null)
        {
            return true;
        }
        return (qop == "auth" || (qop == "auth-int" && _options.OfferIntegrity))
            && credentials["cnonce"] is not null
            && credentials["nc"] is { Length: 8 } text
            && uint.TryParse(text, System.Globalization.NumberStyles.AllowHexSpecifier, null, out count)
            && count > 0;
    }

    /// <summary>
    /// The digest URI should be the Request-URI (RFC 3261 §22.4), but proxies rewrite the latter and phones leave parameters out: scheme,
    /// and user or host must agree, else a digest for one target could be used for another.
    /// </summary>
    private static bool IsForThisRequest(string uri, SipRequest request) =>
        SipUri.TryParse(uri, out var parsed)
        && parsed.Scheme == request.RequestUri.Scheme
        && (
            string.Equals(parsed.User, request.RequestUri.User, StringComparison.Ordinal)
            || string.Equals(parsed.Host, request.RequestUri.Host, StringComparison.OrdinalIgnoreCase)
        );
}

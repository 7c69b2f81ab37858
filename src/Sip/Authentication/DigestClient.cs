using System.Globalization;

namespace OCPlatform.Sip.Authentication;

/// <summary>User name and password towards one realm, or towards any when <paramref name="Realm"/> is null.</summary>
public sealed record SipCredentials(string Username, string Password, string? Realm = null);

/// <summary>
/// Answers 401 and 407 challenges (RFC 3261 §22.2, RFC 7616 §3.4). Keeps the count of each nonce it uses; not thread-safe.
/// </summary>
public sealed class DigestClient(SipCredentials credentials)
{
    private string? _lastNonce;
    private uint _count;

    /// <summary>
    /// Puts credentials on a copy of the request, with the next CSeq number and no Via, ready to send as a new transaction. Null when no
    /// challenge can be answered, or when the server refused this nonce already (the password is wrong).
    /// </summary>
    public SipRequest? Answer(SipRequest request, SipResponse challenge)
    {
        var proxy = challenge.StatusCode == SipStatus.ProxyAuthenticationRequired;
        var from = proxy ? SipHeaderId.ProxyAuthenticate : SipHeaderId.WwwAuthenticate;
        var into = proxy ? SipHeaderId.ProxyAuthorization : SipHeaderId.Authorization;
        foreach (var line in challenge.Headers.Lines(from))
        {
            var parameters = DigestParameters.TryParse(line);
            if (
                parameters is null
                || parameters["realm"] is not { } realm
                || parameters["nonce"] is not { } nonce
                || (credentials.Realm is { } wanted && wanted != realm)
                || !Digest.TryParseAlgorithm(parameters["algorithm"], out var algorithm)
                || (parameters["qop"] is { } offered && !OffersAuth(offered))
            )
            {
                continue;
            }
            var stale = string.Equals(parameters["stale"], "true", StringComparison.OrdinalIgnoreCase);
            if (request.Headers.Contains(into) && !stale)
            {
                return null;
            }
            var copy = request.Clone();
            copy.Headers.Remove(SipHeaderId.Via);
            copy.CSeq = new CSeq(request.CSeq.Number + 1, request.Method);
            copy.Headers.Set(into, Authorize(parameters, realm, nonce, algorithm, request));
            return copy;
        }
        return null;
    }

    private string Authorize(
        DigestParameters challenge,
        string realm,
        string nonce,
        DigestAlgorithm algorithm,
        SipRequest request
    )
    {
        _count = nonce == _lastNonce ? _count + 1 : 1;
        _lastNonce = nonce;
        var qop = challenge["qop"] is null ? null : "auth";
        var nonceCount = _count.ToString("x8", CultureInfo.InvariantCulture);
        var clientNonce = SipToken.NewTag();
        var uri = request.RequestUri.ToString();
        var ha1 = Digest.Ha1(algorithm, credentials.Username, realm, credentials.Password);
        var response = Digest.Response(algorithm, ha1, request.Method, uri, nonce, qop, nonceCount, clientNonce);
        var value =
            $"Digest username={SipText.Quote(credentials.Username)}, realm={SipText.Quote(realm)}, nonce={SipText.Quote(nonce)}, "
            + $"uri={SipText.Quote(uri)}, response=\"{response}\"";
        if (challenge["algorithm"] is not null)
        {
            value += $", algorithm={Digest.NameOf(algorithm)}";
        }
        if (challenge["opaque"] is { } opaque)
        {
            value += $", opaque={SipText.Quote(opaque)}";
        }
        return qop is null ? value : $"{value}, qop={qop}, nc={nonceCount}, cnonce=\"{clientNonce}\"";
    }

    private static bool OffersAuth(string qop) =>
        qop.Split(',', StringSplitOptions.TrimEntries).Contains("auth", StringComparer.OrdinalIgnoreCase);
}

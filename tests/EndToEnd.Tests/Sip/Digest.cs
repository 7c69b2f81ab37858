using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>The digest of RFC 2617 §3.2.2 with MD5 and qop=auth, reckoned without the platform's own code.</summary>
internal static class Digest
{
    /// <summary>The response that a header of credentials gives.</summary>
    public static string ResponseIn(string credentials) => Parameter(credentials, "response");

    /// <summary>The response that nonce, counter and cnonce of the credentials ask for.</summary>
    public static string Response(
        string user,
        string realm,
        string password,
        string method,
        string uri,
        string credentials
    )
    {
        Parameter(credentials, "username").Should().Be(user);
        Parameter(credentials, "uri").Should().Be(uri);
        var ha1 = Md5($"{user}:{realm}:{password}");
        var ha2 = Md5($"{method}:{uri}");
        return Md5(
            $"{ha1}:{Parameter(credentials, "nonce")}:{Parameter(credentials, "nc")}:{Parameter(credentials, "cnonce")}:auth:{ha2}"
        );
    }

    private static string Parameter(string credentials, string name) =>
        Regex.Match(credentials, $"""\b{name}="?([^",]*)"?""").Groups[1].Value;

    private static string Md5(string text) => Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(text)));
}

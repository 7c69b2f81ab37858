using System.Security.Cryptography;
using System.Text;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip;

/// <summary>
/// To tags of stateless responses: a retransmission gets the same one again (RFC 3261 §8.2.7), and it never looks like a
/// call's id.
/// </summary>
internal sealed class StatelessTag
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    public string Of(SipRequest request)
    {
        var what = $"{request.CallId}|{request.From.Tag}|{request.CSeq.Number}|{request.TopVia.Branch}";
        Span<byte> hash = stackalloc byte[32];
        HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(what), hash);
        return string.Concat("door-", Convert.ToHexStringLower(hash[..8]));
    }
}

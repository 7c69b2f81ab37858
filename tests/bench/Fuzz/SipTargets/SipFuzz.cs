using System.Text;
using OCPlatform.Sip;
using OCPlatform.Sip.Authentication;

namespace OCPlatform.Bench.Fuzz;

/// <summary>The targets of the SIP library.</summary>
internal static class SipFuzz
{
    public static FuzzTarget[] Targets =>
        [
            new SipMessageFuzzTarget(),
            new UriFuzzTarget(),
            new AddressFuzzTarget(),
            new ViaFuzzTarget(),
            new HeaderFuzzTarget(),
            new DigestFuzzTarget(),
        ];
}

/// <summary>A target of one line: no line is inserted, but something appended.</summary>
internal abstract class ValueFuzzTarget : FuzzTarget
{
    public override IReadOnlyList<byte[]> Words { get; } =
        Bytes(
            "sip",
            "sips",
            "tel",
            "urn",
            "transport",
            "tcp",
            "maddr",
            "lr",
            "user",
            "phone",
            "ttl",
            "method",
            "tag",
            "branch",
            "rport",
            "received",
            "q",
            "expires"
        );

    /// <summary>No value has any: folds are resolved before it is read.</summary>
    protected static bool HasLineEnd(ReadOnlySpan<byte> input) => input.IndexOfAny((byte)'\r', (byte)'\n') >= 0;

    public override IReadOnlyList<byte[]> Lines { get; } =
        Bytes(";a=b", ";a", ";a=\"b;c\"", "?a=b", "&c=d", ", <sip:x@y>", ";tag=1", " ", ">", "<sip:");
}

internal sealed class UriFuzzTarget : ValueFuzzTarget
{
    public override string Name => "uri";

    public override IReadOnlyList<byte[]> Samples { get; } =
        Bytes(
            "sip:alice@example.com",
            "sips:alice:secret@example.com:5061;transport=tcp;lr?Subject=hi&Priority=urgent",
            "sip:[2001:db8::10]:5070;maddr=[2001:db8::11]",
            "sip:+1-212-555-1212:1234@gateway.com;user=phone",
            "sip:j%40s0n@h",
            "tel:+15551234;phone-context=example.com",
            "urn:service:sos",
            "sip:*98#@192.0.2.1"
        );

    public override string? Run(ReadOnlySpan<byte> input)
    {
        if (!SipUri.TryParse(input, out var uri))
        {
            return "refused";
        }
        var text = uri.ToString();
        Check(SipUri.TryParse(Encoding.UTF8.GetBytes(text), out var again), $"refused when written: {text}");
        Check(again!.ToString() == text, $"written differently: {text}");
        Check(uri.IsEquivalentTo(again), $"not equivalent to itself: {text}");
        _ = uri.UnescapedUser;
        _ = uri.Transport;
        Check(uri.PortOrDefault is >= 0 and < 65_536, "a port is 16 bits");
        _ = OCPlatform.Sip.Transports.SipDestination.FromUri(uri);
        return null;
    }
}

internal sealed class AddressFuzzTarget : ValueFuzzTarget
{
    public override string Name => "address";

    public override IReadOnlyList<byte[]> Samples { get; } =
        Bytes(
            "\"Alice \\\"A\\\" Example\" <sip:alice@example.com;user=phone>;tag=8ab3f00d;x=\"y;z\"",
            "Bob <sip:b@c>",
            "sip:a;b@c;tag=1",
            "<sip:a@b?x=y>;q=0.5;expires=60",
            "a b c<tel:+1>",
            "<urn:x>;lr",
            "sip:h"
        );

    public override string? Run(ReadOnlySpan<byte> input)
    {
        if (HasLineEnd(input) || !NameAddress.TryParse(input, out var address))
        {
            return "refused";
        }
        var text = address.ToString();
        Check(NameAddress.TryParse(text, out var again), $"refused when written: {text}");
        Check(again!.ToString() == text && again.Tag == address.Tag, $"written differently: {text}");
        Check(again.DisplayName == address.DisplayName?.Replace('\0', ' '), $"another name: {text}");
        Check(
            NameAddress.TryParse(address.WithTag("t").ToString(), out var tagged) && tagged.Tag == "t",
            "a tag can be put on it"
        );
        return null;
    }
}

internal sealed class ViaFuzzTarget : ValueFuzzTarget
{
    public override string Name => "via";

    public override IReadOnlyList<byte[]> Samples { get; } =
        Bytes(
            "SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK74bf;rport",
            "SIP  /  2.0 / TLS [2001:db8::1] : 5061 ; branch = z9hG4bK1;received=2001:db8::2",
            "SIP/2.0/TCP h;maddr=224.2.0.1;ttl=16;rport=1;received=192.0.2.1"
        );

    public override string? Run(ReadOnlySpan<byte> input)
    {
        if (HasLineEnd(input) || !Via.TryParse(input, out var via))
        {
            return "refused";
        }
        var text = via.ToString();
        Check(Via.TryParse(Encoding.UTF8.GetBytes(text), out var again), $"refused when written: {text}");
        Check(again!.ToString() == text && again == via, $"written differently: {text}");
        _ = (via.HasMagicCookie, via.Rport, via.SentBy);
        return null;
    }
}

/// <summary>Credentials before a server, challenges before a client.</summary>
internal sealed class DigestFuzzTarget : ValueFuzzTarget
{
    private readonly DigestServer _server = new(new DigestServerOptions { Realm = "r" });

    public override string Name => "digest";

    public override IReadOnlyList<byte[]> Samples { get; } =
        Bytes(
            "Digest username=\"alice\", realm=\"r\", nonce=\"AAABmZmZmZkAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\", uri=\"sip:b@192.0.2.1\", response=\"6629fae49393a05397450978507c4ef1\", algorithm=MD5, qop=auth, nc=00000001, cnonce=\"c\"",
            "Digest realm=\"r\", nonce=\"abc\", algorithm=SHA-256, qop=\"auth,auth-int\", opaque=\"o\", stale=true, domain=\"sip:x\"",
            "Digest username*=UTF-8''J%C3%A4s, userhash=true, realm=r, nonce=n, uri=sip:b, response=0, algorithm=SHA-512-256"
        );

    public override IReadOnlyList<byte[]> Words { get; } =
        Bytes(
            "Digest",
            "Basic",
            "username",
            "realm",
            "nonce",
            "uri",
            "response",
            "algorithm",
            "MD5",
            "SHA-256",
            "SHA-512-256",
            "qop",
            "auth",
            "auth-int",
            "nc",
            "cnonce",
            "opaque",
            "stale",
            "true",
            "userhash"
        );

    public override string? Run(ReadOnlySpan<byte> input)
    {
        var value = Encoding.UTF8.GetString(input);
        if (value.AsSpan().IndexOfAny('\r', '\n', '\0') >= 0)
        {
            return "no header value";
        }
        var request = SipRequest.Create(
            "INVITE",
            SipUri.Parse("sip:b@192.0.2.1"),
            NameAddress.Parse("<sip:a@b>;tag=1")
        );
        request
            .Headers.AddFirst(SipHeaderId.Via, "SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1")
            .Add(SipHeaderId.Authorization, value);
        var verdict = _server.Check(request, (user, _) => user == "alice" ? new DigestSecret("secret") : null).Verdict;
        Check(verdict != DigestVerdict.Accepted, "no nonce of this server is in it");
        request.Headers.Remove(SipHeaderId.Authorization);
        var challenge = SipResponse.Create(request, 401);
        challenge.Headers.Add(SipHeaderId.WwwAuthenticate, value);
        if (new DigestClient(new SipCredentials("alice", "secret")).Answer(request, challenge) is { } answered)
        {
            Check(
                SipParser.TryParse(WithVia(answered).ToBytes(), out _, out _),
                "the answer to a challenge can be sent"
            );
            return null;
        }
        return verdict.ToString();
    }

    private static SipRequest WithVia(SipRequest request)
    {
        request.Headers.AddFirst(SipHeaderId.Via, "SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK2");
        return request;
    }
}

using System.Net;
using OCPlatform.Sip;
using OCPlatform.Sip.Authentication;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Tests.Sip.Admission;

/// <summary>Requests and the ways they come, without sockets.</summary>
internal static class Wire
{
    private static readonly ISipTransport Transport = new UdpTransport(
        new UdpTransportOptions { Bind = new IPEndPoint(IPAddress.Loopback, 0) }
    );

    private static int _branch;

    /// <param name="peerNames">What a verified client certificate would name.</param>
    public static SipFlow From(string address, params string[] peerNames) =>
        new(
            Transport,
            new IPEndPoint(IPAddress.Loopback, 5060),
            SipDestination.Udp(new IPEndPoint(IPAddress.Parse(address), 5060)),
            peerNames
        );

    public static SipRequest Request(
        string method,
        string to = "frontdesk",
        string from = "alice",
        string? toTag = null,
        string? callId = null,
        uint cseq = 1
    )
    {
        var uri = to.Contains(':') ? SipUri.Parse(to) : SipUri.Parse($"sip:{to}@node.example");
        var sender = new NameAddress(SipUri.Parse($"sip:{from}@node.example"), tag: "from-tag");
        var request = SipRequest.Create(method, uri, sender, new NameAddress(uri, tag: toTag), callId, cseq);
        request.Headers.AddFirst(SipHeaderId.Via, $"SIP/2.0/UDP client.example;branch=z9hG4bK{++_branch};rport");
        return request;
    }

    public static SipRequest WithPassword(SipRequest request, SipResponse challenge, string user, string password)
    {
        var answer = new DigestClient(new SipCredentials(user, password)).Answer(request, challenge)!;
        answer.Headers.AddFirst(SipHeaderId.Via, $"SIP/2.0/UDP client.example;branch=z9hG4bK{++_branch};rport");
        return answer;
    }
}

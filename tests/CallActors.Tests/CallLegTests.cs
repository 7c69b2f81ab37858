using OCPlatform.CallActors.Signalling;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.CallActors.Tests;

/// <summary>Where the requests of a leg go.</summary>
public sealed class CallLegTests
{
    [Theory]
    // A phone's connection, whatever it writes into Contact.
    [InlineData("TCP", "192.0.2.7:51334", false, "sip:a@10.0.0.5:5060;transport=tcp", "TCP", "192.0.2.7:51334")]
    [InlineData("WSS", "192.0.2.7:51334", false, "sip:x@a1b2.invalid;transport=ws", "WSS", "192.0.2.7:51334")]
    // A carrier that we connected to: by the same connection, or where its Record-Route or Contact points.
    [InlineData("TCP", "192.0.2.7:5060", true, "sip:192.0.2.7:5060;transport=tcp", "TCP", "192.0.2.7:5060")]
    [InlineData("TLS", "192.0.2.7:5061", true, "sip:edge.example.com;transport=tls", "TLS", "")]
    [InlineData("TCP", "192.0.2.7:5060", true, "sip:192.0.2.9:5060;transport=tcp", "TCP", "")]
    // Over UDP where it points, unless that is an address behind a NAT.
    [InlineData("UDP", "192.0.2.7:40000", false, "sip:a@192.0.2.9:5062", "UDP", "192.0.2.9:5062")]
    [InlineData("UDP", "192.0.2.7:40000", false, "sip:a@192.168.1.5:5060", "UDP", "192.0.2.7:40000")]
    [InlineData("UDP", "192.0.2.7:40000", false, "sip:a@my-laptop.local", "UDP", "192.0.2.7:40000")]
    public void A_request_goes(
        string transport,
        string peer,
        bool placedByTrunk,
        string nextHop,
        string viaTransport,
        string remote
    )
    {
        var plan = new SipInvitePlan
        {
            Target = SipUri.Parse("sip:b@192.0.2.7"),
            From = NameAddress.Parse("<sip:a@example.com>"),
            LocalTag = "tag",
            Contact = SipUri.Create("c", SipSession.PlaceholderHost),
        };
        var session = SipSession.Outgoing(plan, new SipSessionOptions(), TimeSpan.Zero);
        var leg = new CallLeg(1, session, new SipPath(transport, peer, "198.51.100.1:5060"), negotiation: null)
        {
            PlacedByTrunk = placedByTrunk,
        };

        leg.DestinationOf(SipUri.Parse(nextHop)).Should().Be((viaTransport, remote));
    }
}

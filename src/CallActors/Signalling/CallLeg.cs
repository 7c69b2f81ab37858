using System.Net;
using System.Net.Sockets;
using OCPlatform.Contracts.Sip;
using OCPlatform.Media.Sdp;
using OCPlatform.Sip;
using OCPlatform.Sip.Sessions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.CallActors.Signalling;

/// <summary>
/// One SIP session of a call, with the way to its peer and its own offer/answer. A call has one leg; two while another
/// party takes the peer's place. Sans-IO.
/// </summary>
public sealed class CallLeg(int number, SipSession session, SipPath? path, Negotiation? negotiation)
{
    /// <summary>Tells the legs of a call apart in request keys.</summary>
    public int Number { get; } = number;

    public SipSession Session { get; } = session;

    /// <summary>Null for a leg that is only to be ended: it was taken from the journal.</summary>
    public Negotiation? Negotiation { get; } = negotiation;

    /// <summary>The way its messages come; null before anything was heard of a call we place.</summary>
    public SipPath? Path { get; set; } = path;

    /// <summary>We called it, over a trunk: it can be connected to anew. A phone can only be reached by its own connection.</summary>
    public bool PlacedByTrunk { get; set; }

    /// <summary>The trunk it came by or is to go by; null where the gateway chooses.</summary>
    public string? Trunk { get; init; }

    /// <summary>What its way allows its media; null: all that the node has.</summary>
    public MediaTerms? Terms { get; set; }

    /// <summary>
    /// The connection that its peer's messages came by ended at a gateway that is no longer used: over TCP and TLS requests go
    /// where its Contact or Route points, or to where it registers anew; over UDP nothing is lost.
    /// </summary>
    public bool FlowIsLost { get; set; }

    /// <summary>Its peer has yet to be told that our Contact is another gateway's; null: it knows.</summary>
    public LegMove? Move { get; set; }

    /// <summary>Whether its peer may have us call others by REFER.</summary>
    public bool AllowReferrals { get; set; } = true;

    /// <summary>The description to send with the answer, or as early media.</summary>
    public ReadOnlyMemory<byte> Description { get; set; }

    /// <summary>The agreement that the journal knows of.</summary>
    public NegotiatedMedia? Journaled { get; set; }

    /// <summary>The answer that an unreliable 183 foretold; empty for none.</summary>
    public ReadOnlyMemory<byte> Foretold { get; set; }

    /// <summary>The 2xx and its ACK have passed, and what the media is has been agreed.</summary>
    public bool Connected { get; set; }

    /// <summary>The 2xx has passed: connected as soon as the media is agreed.</summary>
    public bool Answered { get; set; }

    /// <summary>What the gateway told of a request that got no response; the better part of an end's detail.</summary>
    public string? GatewayCause { get; set; }

    public CallLegState State =>
        CallLegState.Of(Session.State, Path) with
        {
            Number = Number,
            Trunk = Trunk,
            PlacedByTrunk = PlacedByTrunk,
            AllowReferrals = AllowReferrals,
            Terms = Terms,
            Holding = Negotiation?.Holding,
            SdpVersion = Negotiation?.Version,
        };

    /// <summary>The key under which the gateway knows a request of this leg.</summary>
    public string KeyOf(string sessionKey) => $"{Number}/{sessionKey}";

    /// <summary>The session's own key; false when the request is another leg's.</summary>
    public bool TryGetSessionKey(string requestKey, out string sessionKey)
    {
        var prefix = $"{Number}/";
        sessionKey = requestKey.StartsWith(prefix, StringComparison.Ordinal) ? requestKey[prefix.Length..] : "";
        return sessionKey.Length > 0;
    }

    /// <summary>
    /// SIP transport and address that a request goes to. An empty address leaves the way to the gateway (RFC 3263).
    /// </summary>
    /// <remarks>
    /// Over a reliable transport that is the connection that the peer's messages come by; a trunk that we called by one may
    /// have named other hosts by Record-Route or Contact, which the gateway connects to (RFC 3261 §8.1.2). Over UDP it is the next hop when
    /// it can be meant: a phone behind a NAT writes its private address into Contact, and only the source address leads
    /// to it.
    /// </remarks>
    public (string Transport, string Remote) DestinationOf(SipUri nextHop)
    {
        if (Path is not { } path)
        {
            return ("UDP", "");
        }
        if (path.Transport != "UDP")
        {
            if (FlowIsLost)
            {
                return (path.Transport, "");
            }
            var flowIsMeant = !PlacedByTrunk || SipDestination.FromUri(nextHop)?.EndPoint.ToString() == path.Remote;
            return (path.Transport, flowIsMeant ? path.Remote : "");
        }
        var isRoute = Session.Dialog?.RouteSet.Count > 0;
        if (SipDestination.FromUri(nextHop) is not { } target)
        {
            // A proxy's name must be looked up; a phone's own name rarely means anything outside its house.
            return (path.Transport, isRoute ? "" : path.Remote);
        }
        var source = IPEndPoint.Parse(path.Remote);
        var behindNat =
            !isRoute && !target.EndPoint.Address.Equals(source.Address) && IsPrivate(target.EndPoint.Address);
        return behindNat || target.EndPoint.AddressFamily != source.AddressFamily
            ? (path.Transport, path.Remote)
            : (target.Transport, target.EndPoint.ToString());
    }

    private static bool IsPrivate(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return address.IsIPv6UniqueLocal || address.IsIPv6LinkLocal;
        }
        var bytes = address.GetAddressBytes();
        return bytes[0] == 10
            || bytes[0] == 172 && bytes[1] is >= 16 and < 32
            || bytes[0] == 192 && bytes[1] == 168
            || bytes[0] == 169 && bytes[1] == 254
            || bytes[0] == 100 && bytes[1] is >= 64 and < 128;
    }
}

/// <summary>What was tried to tell a leg's peer of another gateway.</summary>
public sealed class LegMove
{
    /// <summary>It was tried.</summary>
    public bool IsTold { get; set; }

    /// <summary>The last try was refused by the peer itself: it is there, and can be reached.</summary>
    public bool PeerAnswers { get; set; }
}

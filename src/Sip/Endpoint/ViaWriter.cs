using System.Net;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip;

/// <summary>Puts the Via on requests of ours (RFC 3261 §18.1.1): the transport they leave by, and the address that its listener is reached at.</summary>
internal sealed class ViaWriter(TransportChoice transports, LoopDetector loops)
{
    /// <exception cref="ArgumentException">There is no transport of the destination's kind and address family.</exception>
    public void Add(SipRequest request, SipDestination destination)
    {
        var local = transports.For(destination).AdvertisedFor(destination);
        // A transport that only connects has no port to tell.
        var port = local.Port != 0 ? $":{local.Port}" : "";
        request.Headers.AddFirst(
            SipHeaderId.Via,
            $"SIP/2.0/{destination.Transport} {HostOf(local)}{port};branch={loops.NewBranch(request)};rport"
        );
    }

    /// <summary>The same Via for another transport; its branch, and so the transaction, stays.</summary>
    public void Move(SipRequest request, SipDestination destination)
    {
        var local = transports.For(destination).AdvertisedFor(destination);
        request.TopVia = request.TopVia with
        {
            Transport = destination.Transport,
            Host = HostOf(local),
            Port = local.Port,
        };
    }

    private static string HostOf(IPEndPoint local)
    {
        var host = local.Address.ToString();
        return host.Contains(':') ? $"[{host}]" : host;
    }
}

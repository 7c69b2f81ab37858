using System.Net;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Transactions;

/// <summary>Where a response goes, from the request's top Via and its way in (RFC 3261 §18.2.2, RFC 3581 §4).</summary>
public static class ResponseRouting
{
    public static SipDestination For(SipRequest request, SipFlow flow)
    {
        var via = request.TopVia;
        if (flow.Transport.IsReliable || via.HasRport)
        {
            return flow.Remote;
        }
        // Without rport the response goes to the source address, but to the port of sent-by.
        var port = via.Port != 0 ? via.Port : 5060;
        var source = flow.Remote.EndPoint;
        return port == source.Port
            ? flow.Remote
            : new SipDestination(flow.Remote.Transport, new IPEndPoint(source.Address, port));
    }

    /// <summary>
    /// Notes in the top Via where the request really came from: <c>received</c> when sent-by is another address or rport was
    /// asked for, and the port in <c>rport</c>.
    /// </summary>
    public static void StampSource(SipRequest request, SipFlow flow)
    {
        var via = request.TopVia;
        var source = flow.Remote.EndPoint;
        var sameHost = IPAddress.TryParse(via.Host.Trim('[', ']'), out var address) && address.Equals(source.Address);
        if (sameHost && !via.HasRport)
        {
            return;
        }
        var parameters = via.Parameters.With("received", source.Address.ToString());
        if (via.HasRport)
        {
            parameters = parameters.With("rport", source.Port.ToString());
        }
        request.TopVia = via with { Parameters = parameters };
    }
}

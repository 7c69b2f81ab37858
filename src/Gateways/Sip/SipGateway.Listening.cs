using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using OCPlatform.Sip;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip;

/// <summary>The endpoint and its sockets. One that cannot be bound is tried again.</summary>
public sealed partial class SipGateway
{
    private static readonly TimeSpan BindRetry = TimeSpan.FromSeconds(2);

    private sealed record Bind
    {
        public static readonly Bind Instance = new();
    }

    private void TryBind()
    {
        try
        {
            _endpoint.Start();
        }
        catch (SocketException e)
        {
            _log.Error(
                "SIP cannot be received on UDP {Address}:{Port} ({Cause}); set sip.bindAddress or sip.port, or end what uses the port. Trying again in {Seconds} s",
                _options.BindAddress,
                _options.Port,
                e.Message,
                BindRetry.TotalSeconds
            );
            _endpoint = CreateEndpoint();
            Timers.StartSingleTimer(nameof(Bind), Bind.Instance, BindRetry);
            return;
        }
        var local = _endpoint.Transports[0].LocalEndPoint;
        _status.Bound(_endpoint, local);
        _log.Info("SIP is received on UDP {Local}", local);
    }

    private SipEndpoint CreateEndpoint()
    {
        var transport = new UdpTransport(
            new UdpTransportOptions
            {
                Bind = new IPEndPoint(IPAddress.Parse(_options.BindAddress), _options.Port),
                AdvertisedAddress =
                    _options.AdvertisedAddress.Length > 0 ? IPAddress.Parse(_options.AdvertisedAddress) : null,
            }
        );
        var endpointOptions = new SipEndpointOptions
        {
            ServerHeader = SipProduct.Name,
            Gatekeeper = _door,
            OnHandlerException = e => _log.Error(e, "SIP handler failed"),
            OnMalformed = (_, remote) => _door.OnMalformed(remote.Address),
        };
        return new SipEndpoint(endpointOptions, [transport], new SipInbox(Self), _time);
    }
}

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
            _endpoint = CreateEndpoint(_options, _time, Self, _log);
            Timers.StartSingleTimer(nameof(Bind), Bind.Instance, BindRetry);
            return;
        }
        var local = _endpoint.Transports[0].LocalEndPoint;
        _status.Bound(_endpoint, local);
        _log.Info("SIP is received on UDP {Local}", local);
    }

    private static SipEndpoint CreateEndpoint(
        SipGatewayOptions options,
        TimeProvider time,
        IActorRef self,
        ILoggingAdapter log
    )
    {
        var transport = new UdpTransport(
            new UdpTransportOptions
            {
                Bind = new IPEndPoint(IPAddress.Parse(options.BindAddress), options.Port),
                AdvertisedAddress =
                    options.AdvertisedAddress.Length > 0 ? IPAddress.Parse(options.AdvertisedAddress) : null,
            }
        );
        var endpointOptions = new SipEndpointOptions
        {
            ServerHeader = SipProduct.Name,
            OnHandlerException = e => log.Error(e, "SIP handler failed"),
        };
        return new SipEndpoint(endpointOptions, [transport], new SipInbox(self), time);
    }
}

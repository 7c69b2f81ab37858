using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using OCPlatform.Gateways.Sip.Listeners;
using OCPlatform.Sip;

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
        if (_status.IsSilenced)
        {
            return;
        }
        try
        {
            _endpoint.Start();
        }
        catch (SocketException e)
        {
            _log.Error(
                "SIP cannot be received on {Cause}; set sip.bindAddress, sip.port or sip.listeners, or end what uses the port. Trying again in {Seconds} s",
                e.Message,
                BindRetry.TotalSeconds
            );
            // Other listeners may be bound already.
            _endpoint.DisposeAsync().AsTask().Wait(TimeSpan.FromSeconds(1));
            _endpoint = CreateEndpoint();
            Timers.StartSingleTimer(nameof(Bind), Bind.Instance, BindRetry);
            return;
        }
        _status.Bound(_endpoint);
        foreach (var listener in _status.Listeners)
        {
            _log.Info("SIP is received on {Transport} {Local}", listener.Transport, listener.Local);
        }
        StartTrunks();
    }

    private SipEndpoint CreateEndpoint()
    {
        var log = _log;
        var endpointOptions = new SipEndpointOptions
        {
            ServerHeader = SipProduct.Name,
            Gatekeeper = _door,
            OnHandlerException = e => log.Error(e, "SIP handler failed"),
            OnMalformed = (_, remote) => _door.OnMalformed(remote.Address),
        };
        var transports = _listeners.CreateTransports(new ConnectionLog(log, _time).OnClosed);
        return new SipEndpoint(endpointOptions, transports, new SipInbox(Self), _time);
    }
}

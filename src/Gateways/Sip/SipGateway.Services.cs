using Akka.Actor;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sip;
using OCPlatform.Gateways.Sip.Registrar;
using OCPlatform.Gateways.Sip.Subscriptions;
using OCPlatform.Sip;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip;

/// <summary>The actors below the gateway, each for a method outside of calls: REGISTER, MESSAGE, SUBSCRIBE.</summary>
public sealed partial class SipGateway
{
    // Null for a gateway that takes calls only.
    private readonly SipServices? _services;
    private readonly SipSender _sender;
    private readonly CallStates _callStates;
    private IActorRef _registrar = ActorRefs.Nobody;
    private IActorRef _messages = ActorRefs.Nobody;
    private IActorRef _subscriptions = ActorRefs.Nobody;

    // Each keeps its state over an exception in one request; none takes the gateway with it.
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Resume);

    private void StartServices()
    {
        if (_services is not { } services)
        {
            return;
        }
        _registrar = Context.ActorOf(services.Registrar(_sender), "registrar");
        _messages = Context.ActorOf(services.Messages(_sender), "messages");
        _subscriptions = Context.ActorOf(services.Subscriptions(_sender), "subscriptions");
    }

    /// <summary>False when nobody serves such requests here.</summary>
    private bool PassToService(AdmittedRequest admitted)
    {
        var service = admitted.Kind switch
        {
            SipRequestKind.Register => _registrar,
            SipRequestKind.Message => _messages,
            SipRequestKind.Subscribe => _subscriptions,
            // In a dialog that is no call's: it can only be a subscription's.
            SipRequestKind.InDialog
                when admitted.Request.Method == SipMethod.Subscribe
                    && !CallId.TryParse(admitted.Request.To.Tag, out _) => _subscriptions,
            _ => ActorRefs.Nobody,
        };
        service.Tell(admitted);
        return !service.IsNobody();
    }

    private void OnFlowClosed(SipDestination flow) => _registrar.Tell(new RegistrarActor.FlowClosed(flow));

    private void DrainServices(SipGatewayCommands.Drain drain)
    {
        _messages.Tell(drain);
        _subscriptions.Tell(drain);
    }
}

using Akka.Actor;
using OCPlatform.Contracts.Sip;
using OCPlatform.Gateways.Sip.Registrar;
using OCPlatform.Gateways.Sip.Subscriptions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip;

/// <summary>The actors below the gateway, each for a method outside of calls: REGISTER, MESSAGE, SUBSCRIBE.</summary>
public sealed partial class SipGateway
{
    // What there is somebody for, besides requests in dialogs; OPTIONS is answered at the door.
    private static readonly HashSet<SipRequestKind> CallsOnly = [SipRequestKind.Call, SipRequestKind.Replacement];
    private static readonly HashSet<SipRequestKind> Everything =
    [
        .. CallsOnly,
        SipRequestKind.Register,
        SipRequestKind.Message,
        SipRequestKind.Subscribe,
    ];

    // Null for a gateway that takes calls only.
    private readonly SipServices? _services;
    private readonly SipSender _sender;
    private readonly CallStates _callStates;
    private readonly SubscriptionTags _subscriptionTags = new();
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
        _subscriptions = Context.ActorOf(services.Subscriptions(_sender, _subscriptionTags), "subscriptions");
    }

    private void OnFlowClosed(SipDestination flow) => _registrar.Tell(new RegistrarActor.FlowClosed(flow));

    private void DrainServices(SipGatewayCommands.Drain drain)
    {
        _messages.Tell(drain);
        _subscriptions.Tell(drain);
    }
}

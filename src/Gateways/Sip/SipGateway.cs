using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Contracts.Sip;
using OCPlatform.Gateways.Sip.Listeners;
using OCPlatform.Gateways.Sip.Subscriptions;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip;

/// <summary>
/// A node's door for SIP: it owns the sockets and transactions, decides who may do what, and passes what belongs to a call
/// to that call, wherever in the cluster it lives. The id of the call is the local tag of its SIP dialog, so nothing is
/// looked up. Retransmissions and what is not admitted end here; they start no actor.
/// </summary>
public sealed partial class SipGateway : ReceiveActor, IWithTimers
{
    // A call says 180 within milliseconds. One that says nothing for this long could not be started: the caller is told.
    private static readonly TimeSpan SilentCall = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan MeasureEvery = TimeSpan.FromSeconds(1);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly SipGatewayOptions _options;
    private readonly SipGatewayStatus _status;
    private readonly TimeProvider _time;
    private readonly IActorRef _calls;
    private readonly SipDoor _door;
    private readonly INodeLoad _load;
    private readonly ICallPlacement? _placement;
    private readonly SipListeners _listeners;
    private SipEndpoint _endpoint;

    public SipGateway(
        SipGatewayOptions options,
        SipGatewayStatus status,
        TimeProvider time,
        IRequiredActor<CallRegion> calls,
        INodeLoad load,
        SipServices? services = null,
        OutboundServices? outbound = null,
        ICallPlacement? placement = null,
        NewCalls? newCalls = null
    )
    {
        _options = options;
        _status = status;
        _time = time;
        _calls = calls.ActorRef;
        _load = load;
        _placement = placement;
        _services = services;
        _callStates = new CallStates(dialog => _subscriptions.Tell(dialog));
        _door = new SipDoor(options, status.Admission, time, _log, services is null ? CallsOnly : Everything)
        {
            IsSubscription = _subscriptionTags.Contains,
            IsLoop = request => _endpoint!.IsLoop(request),
            NewCallsRefused = () => newCalls?.RefusedBecause,
        };
        _outboundServices = outbound ?? OutboundServices.Default();
        _board = new TrunkBoard(new Trunks(options.Trunks).Settings, time);
        _listeners = new SipListeners(options, time);
        _resolve = _outboundServices.Resolve ?? _listeners.CreateLocator().LocateAsync;
        _endpoint = CreateEndpoint();
        _sender = new SipSender(() => _endpoint, _door.Expect);

        // From the wire.
        Receive<AdmittedRequest>(OnRequest);
        Receive<DialogRequest>(PassToItsCall);
        Receive<SipInbox.Refused>(r => _endpoint.Respond(r.Transaction, r.Response));
        Receive<SipInbox.Cancel>(c => OnCancel(c.Invite));
        Receive<SipInbox.Response>(r => OnResponse(r.Transaction, r.Message));
        Receive<SipInbox.TransactionOver>(OnTransactionOver);
        Receive<SipInbox.FlowClosed>(closed => OnFlowClosed(closed.Flow));

        // From the calls.
        Receive<SipGatewayCommands.SendResponse>(OnSendResponse);
        Receive<SipGatewayCommands.IsInviteWaiting>(OnIsInviteWaiting);
        ReceiveOutbound();
        ReceiveLeaving();
        Receive<Terminated>(t =>
        {
            Forget(t.ActorRef);
            ForgetPlaced(t.ActorRef);
            ForgetGuest(t.ActorRef);
        });

        // From the node and the clock.
        Receive<SipGatewayCommands.Drain>(drain =>
        {
            _door.Drain();
            DrainServices(drain);
            DrainTrunks();
        });
        Receive<Bind>(_ => TryBind());
        Receive<Sweep>(_ => ForgetSilentCalls());
        Receive<Measure>(_ => _door.Measure(_load.Measure()));
    }

    private sealed record Sweep
    {
        public static readonly Sweep Instance = new();
    }

    private sealed record Measure
    {
        public static readonly Measure Instance = new();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer(nameof(Sweep), Sweep.Instance, SilentCall / 2);
        Timers.StartPeriodicTimer(nameof(Measure), Measure.Instance, MeasureEvery);
        StartOutbound();
        StartServices();
        TryBind();
    }

    protected override void PostStop()
    {
        _status.Unbound();
        _endpoint.DisposeAsync().AsTask().Wait(TimeSpan.FromSeconds(1));
    }

    /// <summary>Who serves what the door let in.</summary>
    private void OnRequest(AdmittedRequest admitted)
    {
        switch (admitted.Kind)
        {
            case SipRequestKind.Call:
                OpenCall(admitted);
                break;
            case SipRequestKind.Replacement:
                PassToReplacedCall(admitted);
                break;
            case SipRequestKind.Register:
                _registrar.Tell(admitted);
                break;
            case SipRequestKind.Message:
                _messages.Tell(admitted);
                break;
            case SipRequestKind.Subscribe:
                _subscriptions.Tell(admitted);
                break;
        }
    }

    private void OnTransactionOver(SipInbox.TransactionOver over)
    {
        _invites.Remove(over.Transaction);
        _byes.Remove(over.Transaction);
        if (!_sender.OnTransactionOver(over.Transaction, over.End))
        {
            OnRequestOver(over.Transaction, over.End);
        }
    }

    private SipPath PathOf(SipServerRequest received) =>
        new(received.Transport, received.Remote.ToString(), _endpoint.AdvertisedFor(received.Flow.Remote).ToString());
}

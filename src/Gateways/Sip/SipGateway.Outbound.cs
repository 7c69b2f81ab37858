using Akka.Actor;
using Akka.Event;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;
using OCPlatform.Sip.Transactions;

namespace OCPlatform.Gateways.Sip;

/// <summary>What the platform sends on its own account: requests of calls, and those of the actors below the gateway.</summary>
public sealed partial class SipGateway
{
    private readonly OutboundServices _outboundServices;
    private readonly SipTargetResolver _resolve;
    private readonly TrunkBoard _board;
    private readonly List<IActorRef> _trunkActors = [];
    private OutboundContext _outboundContext = null!;
    private OutboundRequests _outbound = null!;

    // The actors of calls that were placed here, watched until they are gone.
    private readonly Dictionary<IActorRef, CallId> _placed = [];

    private void ReceiveOutbound()
    {
        Receive<SipGatewayCommands.SendInvite>(OnSendInvite);
        Receive<SipGatewayCommands.CancelRequest>(command => _outbound.Cancel(command));
        Receive<SipGatewayCommands.SendRequest>(OnSendRequest);
        Receive<SipGatewayCommands.SendStateless>(command => _outbound.SendStateless(command));
        Receive<SipGatewayQueries.FindPhone>(find =>
            Sender.Tell(
                new SipGatewayQueries.PhoneAnswer(
                    SipUri.TryParse(find.Uri, out var phone) && _outboundServices.Registrations.Find(phone).Count > 0
                )
            )
        );
        Receive<OutboundContext.Resolved>(r => r.Request.OnResolved(r.Step, r.Destinations, r.Error));
        Receive<OutboundContext.Due>(due => due.Request.OnDeadline(due.Step));
    }

    private void StartOutbound()
    {
        _outboundContext = new OutboundContext(
            Self,
            Timers,
            () => _endpoint,
            _door.Expect,
            _options,
            _board,
            _outboundServices with
            {
                Resolve = _resolve,
            },
            _callStates,
            _time,
            _log
        );
        _outbound = new OutboundRequests(_outboundContext);
        _status.Trunks = _board;
        _board.Health.Changed = LogHealth;
    }

    /// <summary>Trunks are watched and registered once there is a socket to do it with.</summary>
    private void StartTrunks()
    {
        foreach (var trunk in _board.Trunks.Where(t => t.IsOutbound && t.Options.Health.IntervalSeconds > 0))
        {
            _trunkActors.Add(Context.ActorOf(TrunkProber.Props(trunk, _board.Health, _sender, _resolve, _time)));
        }
        foreach (var trunk in _board.Trunks.Where(trunk => trunk.Registrars.Count > 0))
        {
            _trunkActors.Add(Context.ActorOf(TrunkRegistration.Props(trunk, _board, _sender, _resolve, _time)));
        }
    }

    private void DrainTrunks()
    {
        foreach (var child in _trunkActors)
        {
            child.Tell(TrunkRegistration.Stop.Instance);
        }
    }

    private void OnSendInvite(SipGatewayCommands.SendInvite command)
    {
        if (_placed.TryAdd(Sender, command.CallId))
        {
            _door.Begin(command.CallId);
            Context.Watch(Sender);
        }
        _outbound.SendInvite(command, Sender);
    }

    private void OnSendRequest(SipGatewayCommands.SendRequest command)
    {
        Welcome(command.CallId, Sender);
        _outbound.SendRequest(command, Sender);
    }

    private void ForgetPlaced(IActorRef actor)
    {
        if (_placed.Remove(actor, out var call))
        {
            _door.End(call);
            _callStates.OnForgotten(call);
            _outbound.OnCallGone(actor);
        }
    }

    private void OnResponse(SipTransactionId transaction, SipResponse response)
    {
        if (!_outboundContext.OnResponse(transaction, response))
        {
            _sender.OnResponse(transaction, response);
        }
    }

    private void OnRequestOver(SipTransactionId transaction, SipTransactionEnd end) =>
        _outboundContext.OnOver(transaction, end);

    private void LogHealth(
        TrunkSettings trunk,
        OCPlatform.Sip.Transports.SipDestination target,
        bool isUp,
        string? cause
    )
    {
        if (isUp)
        {
            _log.Info("Trunk {Trunk}: {Target} is up again", trunk.Name, target);
        }
        else
        {
            _log.Warning("Trunk {Trunk}: {Target} is down: {Cause}", trunk.Name, target, cause);
        }
    }
}

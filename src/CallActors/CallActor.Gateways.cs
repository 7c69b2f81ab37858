using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using OCPlatform.CallActors.Signalling;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Serialization;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;
using OCPlatform.Sip.Sessions;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.CallActors;

/// <remarks>Which gateway a call's messages go through, and what happens when it dies or leaves.</remarks>
public sealed partial class CallActor
{
    private static readonly TimeSpan GatewayDeadline = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SeekRetry = TimeSpan.FromMilliseconds(500);

    // All calls of a gateway that is gone go to the others: not in the same moment.
    private const int MostJitterMs = 500;

    // Transactions of the peer that are not over, and a few that are.
    private const int MostTransactions = 32;

    // The gateway that the call's own requests leave by.
    private IActorRef? _gateway;
    private IActorRef? _watched;
    private bool _gatewayIsGone;

    // What is to be sent while there is no gateway; what finds no room is lost, as on a network.
    private const int MostUnsent = 16;
    private readonly Queue<IWireMessage> _unsent = [];

    // Responses go back to the gateway that holds the transaction.
    private readonly Dictionary<string, IActorRef> _transactions = [];

    private enum SeekReason
    {
        TakeUp,

        /// <summary>For a call of ours.</summary>
        Placing,

        /// <summary>The gateway is gone.</summary>
        Gone,

        /// <summary>The gateway is about to go.</summary>
        Leaving,
    }

    private sealed record SeekDue(SeekReason Reason);

    private sealed record GatewayFound(IActorRef? Gateway, SeekReason Reason);

    private void Gateways()
    {
        Receive<Terminated>(gone => OnGatewayGone(gone.ActorRef));
        Receive<SipGatewayEvents.GatewayLeaving>(_ => OnGatewayLeaving());
        Receive<SeekDue>(OnSeekDue);
        Receive<MoveOverdue>(_ => OnMoveOverdue());
        Receive<GatewayFound>(OnGatewayFound);
    }

    private void Send(IWireMessage command)
    {
        if (!_gatewayIsGone)
        {
            _gateway!.Tell(command);
        }
        else if (_unsent.Count < MostUnsent)
        {
            _unsent.Enqueue(command);
        }
    }

    private void UseGateway(IActorRef gateway)
    {
        (_gateway, _gatewayIsGone) = (gateway, false);
        while (_unsent.TryDequeue(out var command))
        {
            gateway.Tell(command);
        }
        if (gateway.Equals(_watched) || gateway.IsNobody())
        {
            return;
        }
        if (_watched is not null)
        {
            Context.Unwatch(_watched);
        }
        _watched = gateway;
        Context.Watch(gateway);
    }

    private void NoteTransaction(string? transaction)
    {
        if (transaction is null)
        {
            return;
        }
        if (_transactions.Count >= MostTransactions)
        {
            _transactions.Remove(_transactions.Keys.First());
        }
        _transactions[transaction] = Sender;
    }

    // ---- to look for one ----

    /// <summary>
    /// Looks for a gateway: the one that was used before, whose flows and NAT bindings the peer knows, if its node is there and
    /// stays; else this node's own; else any other. The outcome comes as <see cref="GatewayFound"/>.
    /// </summary>
    private void SeekGateway(SeekReason reason, IActorRef? except)
    {
        if (_state.IsEnded && _legs.Count == 0)
        {
            return;
        }
        var former = reason == SeekReason.TakeUp ? FormerGateway() : null;
        var (own, others) = LivingGateways();
        if (
            own is not null
            && !own.Equals(except)
            && (former is null || former == PathOf(own) || !others.Contains(former))
        )
        {
            Self.Tell(new GatewayFound(own, reason));
            return;
        }
        var paths = others.OrderBy(path => path != former).Where(path => except is null || path != PathOf(except));
        // The one that failed before is better than none; one that is gone, or leaves, is none.
        var otherwise =
            reason == SeekReason.TakeUp ? own ?? except
            : _gatewayIsGone || (reason == SeekReason.Leaving && _leftGateway is null) ? null
            : except;
        FindAsync(Context.System, [.. paths], otherwise, reason).PipeTo(Self);
    }

    /// <summary>This node's gateway, and the paths of the others in any order, without those that leave.</summary>
    private (IActorRef? Own, string[] Others) LivingGateways()
    {
        var cluster = _services.Cluster;
        var others = cluster
            .Nodes.Where(node => !node.Draining && node.SipGateway is not null && node.Name != cluster.Self.Name)
            .Select(node => node.SipGateway!)
            .ToArray();
        Random.Shared.Shuffle(others);
        var hasOwn = ActorRegistry.For(Context.System).TryGet<SipGatewayKey>(out var own) && !cluster.Self.Draining;
        return (hasOwn ? own : null, others);
    }

    private static async Task<GatewayFound> FindAsync(
        ActorSystem system,
        IReadOnlyList<string> paths,
        IActorRef? otherwise,
        SeekReason reason
    )
    {
        foreach (var path in paths)
        {
            try
            {
                return new GatewayFound(await system.ActorSelection(path).ResolveOne(GatewayDeadline), reason);
            }
            catch (ActorNotFoundException)
            {
                // The next one.
            }
        }
        return new GatewayFound(otherwise, reason);
    }

    private string? FormerGateway() => _state.SipDialog is { Length: > 0 } json ? ReadLeg(json)?.Gateway : null;

    /// <summary>A gateway's path with its node's address, as nodes tell it of theirs.</summary>
    private string PathOf(IActorRef gateway)
    {
        var path = gateway.Path;
        var address = path.Address.HasLocalScope
            ? ((ExtendedActorSystem)Context.System).Provider.DefaultAddress
            : path.Address;
        return path.ToStringWithAddress(address);
    }

    private bool IsSameGateway(string? former) => _gateway is not null && former == PathOf(_gateway);

    // ---- to change it ----

    private void OnGatewayGone(IActorRef gone)
    {
        foreach (var (transaction, _) in _transactions.Where(t => t.Value.Equals(gone)).ToList())
        {
            _transactions.Remove(transaction);
        }
        if (!gone.Equals(_gateway))
        {
            return;
        }
        _log.Warning("Call {CallId} has lost its gateway {Gateway}", _id, gone.Path);
        (_watched, _gatewayIsGone) = (null, true);
        if (IsCalling && _leg is { } leg)
        {
            // Nobody can cancel the INVITE of a transaction that is gone.
            _endCause = LostGateway("its INVITE was under way there");
            leg.Session.OnRequestFailed(leg.Session.State.Invite!.Key, SipRequestFailure.TransportError, Elapsed);
            Drain(leg);
        }
        foreach (var open in _legs.ToList())
        {
            foreach (var request in open.Session.State.Requests)
            {
                open.Session.OnRequestFailed(request.Key, SipRequestFailure.TransportError, Elapsed);
            }
            Drain(open);
        }
        MarkMoves();
        SeekSoon(SeekReason.Gone);
    }

    private void OnSeekDue(SeekDue due)
    {
        if (
            due.Reason == SeekReason.Gone
            && !_gatewayIsGone
            && _legs.TrueForAll(leg => leg.Move is not { IsTold: true })
        )
        {
            // The peer has found one in the meantime.
            OnGatewayFound(new GatewayFound(_gateway, due.Reason));
            return;
        }
        SeekGateway(due.Reason, except: _gateway);
    }

    private void SeekSoon(SeekReason reason) =>
        Timers.StartSingleTimer(
            nameof(SeekDue),
            new SeekDue(reason),
            TimeSpan.FromMilliseconds(1 + Random.Shared.Next(MostJitterMs))
        );

    private void OnGatewayFound(GatewayFound found)
    {
        if (found.Gateway is not { } gateway)
        {
            // The peer hears us all the same, and its own requests come by whoever takes them.
            Timers.StartSingleTimer(nameof(SeekDue), new SeekDue(found.Reason), OfferRetry);
            return;
        }
        var isOther = !gateway.Equals(_gateway);
        if (isOther && found.Reason == SeekReason.Leaving)
        {
            _leftGateway ??= _gateway;
        }
        UseGateway(gateway);
        if (isOther)
        {
            _legs.ForEach(leg => leg.FlowIsLost = true);
        }
        if (isOther && found.Reason != SeekReason.TakeUp)
        {
            MarkMoves();
        }
        TellMoves();
        if (found.Reason == SeekReason.TakeUp && _takeUp is not null && _leg is { Session.End: null } first)
        {
            OfferAgain(first);
        }
    }

    // ---- responses ----

    /// <summary>
    /// To the gateway that holds the transaction. When that is gone, any other sends the response where the request's Via points
    /// (RFC 3261 §18.2.2, RFC 3581 §4), outside of any transaction.
    /// </summary>
    private void SendResponse(string transaction, SipResponse response)
    {
        if (_transactions.TryGetValue(transaction, out var holder))
        {
            holder.Tell(new SipGatewayCommands.SendResponse(transaction, response.StatusCode, response.ToBytes()));
            return;
        }
        var via = response.TopVia;
        var remote = ViaAddress.Of(via);
        if (remote is null)
        {
            _log.Warning("Call {CallId}: nobody holds transaction {Transaction} any more", _id, transaction);
            return;
        }
        Send(new SipGatewayCommands.SendStateless(response.ToBytes(), via.Transport, remote));
    }
}

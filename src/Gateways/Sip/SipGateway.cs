using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Contracts.Sip;
using OCPlatform.Gateways.Sip.Listeners;
using OCPlatform.Sip;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip;

/// <summary>
/// A node's door for SIP: it owns the sockets and transactions, decides who may call, and passes what belongs to a call
/// to that call, wherever in the cluster it lives. The id of the call is the local tag of its SIP dialog, so nothing is
/// looked up. Retransmissions and unauthenticated INVITEs end here; they start no actor.
/// </summary>
public sealed class SipGateway : ReceiveActor, IWithTimers
{
    // A call says 180 within milliseconds. One that says nothing for this long could not be started: the caller is told.
    private static readonly TimeSpan SilentCall = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan BindRetry = TimeSpan.FromSeconds(2);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly SipGatewayOptions _options;
    private readonly SipGatewayStatus _status;
    private readonly TimeProvider _time;
    private readonly IActorRef _calls;
    private readonly SipListeners _listeners;
    private SipEndpoint _endpoint;
    private readonly Admission _admission;

    // INVITE server transactions to their calls, for CANCEL; client transactions to who waits for them.
    private readonly Dictionary<SipTransactionId, CallId> _invites = [];
    private readonly Dictionary<SipTransactionId, PendingRequest> _requests = [];

    // Calls admitted here; the actor is known, and watched, from its first word on.
    private readonly Dictionary<CallId, AdmittedCall> _admitted = [];
    private readonly Dictionary<IActorRef, CallId> _watched = [];
    private bool _draining;

    public SipGateway(
        SipGatewayOptions options,
        SipGatewayStatus status,
        TimeProvider time,
        IRequiredActor<CallRegion> calls
    )
    {
        _options = options;
        _status = status;
        _time = time;
        _calls = calls.ActorRef;
        _admission = new Admission(options, time);
        _listeners = new SipListeners(options, time);
        _endpoint = CreateEndpoint();
        Receive<Inbox.Request>(r => OnRequest(r.Received));
        Receive<Inbox.Cancel>(c => OnCancel(c.Invite));
        Receive<Inbox.Response>(r => OnResponse(r.Transaction, r.Message));
        Receive<Inbox.TransactionOver>(t => OnTransactionOver(t.Transaction, t.End));
        Receive<SipGatewayCommands.SendResponse>(OnSendResponse);
        Receive<SipGatewayCommands.SendRequest>(OnSendRequest);
        Receive<SipGatewayCommands.SendStateless>(OnSendStateless);
        Receive<SipGatewayCommands.Drain>(_ => _draining = true);
        Receive<Terminated>(t => Forget(t.ActorRef));
        Receive<Bind>(_ => TryBind());
        Receive<Sweep>(_ => ForgetSilentCalls());
    }

    private sealed record PendingRequest(CallId CallId, string RequestKey, IActorRef ReplyTo);

    private sealed record AdmittedCall(
        SipRequest Invite,
        SipTransactionId Transaction,
        long SinceTicks,
        IActorRef? Actor
    );

    private sealed record Sweep
    {
        public static readonly Sweep Instance = new();
    }

    private sealed record Bind
    {
        public static readonly Bind Instance = new();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer(nameof(Sweep), Sweep.Instance, SilentCall / 2);
        TryBind();
    }

    protected override void PostStop()
    {
        _status.Unbound();
        _endpoint.DisposeAsync().AsTask().Wait(TimeSpan.FromSeconds(1));
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
    }

    private SipEndpoint CreateEndpoint()
    {
        var log = _log;
        var endpointOptions = new SipEndpointOptions
        {
            ServerHeader = SipProduct.Name,
            OnHandlerException = e => log.Error(e, "SIP handler failed"),
        };
        var transports = _listeners.CreateTransports(new ConnectionLog(log, _time).OnClosed);
        return new SipEndpoint(endpointOptions, transports, new Inbox(Self), _time);
    }

    // ---- from the wire ----

    private void OnRequest(SipServerRequest received)
    {
        var request = received.Request;
        if (CallId.TryParse(request.To.Tag, out var call))
        {
            _calls.Tell(
                new SipGatewayEvents.RequestArrived(
                    call,
                    received.TransactionId?.Value,
                    request.ToBytes(),
                    PathOf(received),
                    _time.GetUtcNow()
                )
            );
            return;
        }
        if (received.TransactionId is not { } transaction)
        {
            return; // An ACK that belongs to nothing (RFC 3261 §17.1.1.3: never answered).
        }
        if (request.To.Tag is not null)
        {
            _endpoint.Respond(transaction, SipResponse.Create(request, SipStatus.CallDoesNotExist));
        }
        else if (request.IsInvite)
        {
            OnInvite(received, transaction);
        }
        else
        {
            _endpoint.Respond(transaction, OutOfDialog.Answer(request));
        }
    }

    private void OnInvite(SipServerRequest received, SipTransactionId transaction)
    {
        var verdict = _admission.Judge(received, _admitted.Count, _draining);
        if (verdict.Refusal is { } refusal)
        {
            _status.CountRefused(verdict.Reason);
            if (verdict.Reason != AdmissionReason.CredentialsMissing)
            {
                _log.Info(
                    "INVITE from {Remote} refused with {Status}: {Cause}",
                    received.Remote,
                    refusal.StatusCode,
                    verdict.Cause
                );
            }
            _endpoint.Respond(transaction, refusal);
            return;
        }
        var call = CallId.New();
        _invites[transaction] = call;
        _admitted[call] = new AdmittedCall(received.Request, transaction, _time.GetTimestamp(), null);
        _status.LiveCalls = _admitted.Count;
        _calls.Tell(
            new SipGatewayEvents.InviteArrived(
                call,
                transaction.Value,
                received.Request.ToBytes(),
                PathOf(received),
                verdict.Trunk!,
                _time.GetUtcNow()
            )
        );
    }

    private void OnCancel(SipTransactionId invite)
    {
        if (_invites.TryGetValue(invite, out var call))
        {
            _calls.Tell(new SipGatewayEvents.CancelArrived(call, invite.Value, _time.GetUtcNow()));
        }
    }

    private void OnResponse(SipTransactionId transaction, SipResponse response)
    {
        if (_requests.TryGetValue(transaction, out var pending))
        {
            pending.ReplyTo.Tell(
                new SipGatewayEvents.ResponseArrived(
                    pending.CallId,
                    pending.RequestKey,
                    response.ToBytes(),
                    _time.GetUtcNow()
                )
            );
        }
    }

    private void OnTransactionOver(SipTransactionId transaction, SipTransactionEnd end)
    {
        _invites.Remove(transaction);
        if (_requests.Remove(transaction, out var pending) && end != SipTransactionEnd.Completed)
        {
            pending.ReplyTo.Tell(
                new SipGatewayEvents.RequestFailed(
                    pending.CallId,
                    pending.RequestKey,
                    end.ToString(),
                    _time.GetUtcNow()
                )
            );
        }
    }

    // ---- from the calls ----

    private void OnSendResponse(SipGatewayCommands.SendResponse command)
    {
        var transaction = new SipTransactionId(command.TransactionId);
        if (_invites.TryGetValue(transaction, out var call))
        {
            Watch(call, Sender);
        }
        _endpoint.Respond(transaction, command.Status, command.Message);
    }

    private void OnSendRequest(SipGatewayCommands.SendRequest command)
    {
        var request = (SipRequest)SipParser.Parse(command.Message);
        request.Headers.Remove(SipHeaderId.Via);
        var destination = new SipDestination(command.Transport, IPEndPoint.Parse(command.Remote));
        if (_endpoint.SendRequest(request, destination) is { } transaction)
        {
            _requests[transaction] = new PendingRequest(command.CallId, command.RequestKey, Sender);
        }
        else
        {
            Sender.Tell(
                new SipGatewayEvents.RequestFailed(
                    command.CallId,
                    command.RequestKey,
                    "the gateway's queue is full",
                    _time.GetUtcNow()
                )
            );
        }
    }

    private void OnSendStateless(SipGatewayCommands.SendStateless command)
    {
        var destination = new SipDestination(command.Transport, IPEndPoint.Parse(command.Remote));
        _endpoint.SendStateless(SipParser.Parse(command.Message), destination);
    }

    // ---- who counts as a live call ----

    private void Watch(CallId call, IActorRef actor)
    {
        if (_admitted.TryGetValue(call, out var admitted) && admitted.Actor is null)
        {
            _admitted[call] = admitted with { Actor = actor };
            _watched[actor] = call;
            Context.Watch(actor);
        }
    }

    private void Forget(IActorRef actor)
    {
        if (_watched.Remove(actor, out var call))
        {
            _admitted.Remove(call);
            _status.LiveCalls = _admitted.Count;
        }
    }

    private void ForgetSilentCalls()
    {
        var silent = _admitted.Where(a =>
            a.Value.Actor is null && _time.GetElapsedTime(a.Value.SinceTicks) > SilentCall
        );
        foreach (var (call, admitted) in silent.ToList())
        {
            _admitted.Remove(call);
            _log.Error("Call {CallId} could not be started: no actor answered its INVITE", call);
            var refusal = SipResponse.Create(admitted.Invite, SipStatus.ServiceUnavailable, toTag: call.Value);
            refusal.Headers.Add(SipHeaderId.RetryAfter, _options.RetryAfterSeconds.ToString());
            _endpoint.Respond(admitted.Transaction, refusal);
        }
        _status.LiveCalls = _admitted.Count;
    }

    private SipPath PathOf(SipServerRequest received) =>
        new(received.Transport, received.Remote.ToString(), _endpoint.AdvertisedFor(received.Flow.Remote).ToString());

    /// <summary>Carries what happens on the endpoint's loop to the actor's mailbox.</summary>
    private sealed class Inbox(IActorRef gateway) : ISipHandler
    {
        public sealed record Request(SipServerRequest Received);

        public sealed record Cancel(SipTransactionId Invite);

        public sealed record Response(SipTransactionId Transaction, SipResponse Message);

        public sealed record TransactionOver(SipTransactionId Transaction, SipTransactionEnd End);

        public void OnRequest(SipServerRequest request) => gateway.Tell(new Request(request));

        public void OnCancel(SipTransactionId invite, SipRequest cancel) => gateway.Tell(new Cancel(invite));

        public void OnResponse(SipTransactionId client, SipResponse response) =>
            gateway.Tell(new Response(client, response));

        public void OnTransactionEnded(SipTransactionId id, SipTransactionEnd end) =>
            gateway.Tell(new TransactionOver(id, end));
    }
}

using Akka.Actor;
using Akka.Event;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;
using OCPlatform.Sip.Transactions;

namespace OCPlatform.Gateways.Sip;

/// <summary>Calls that come in: from the admitted INVITE to the end of the actor that took it.</summary>
public sealed partial class SipGateway
{
    // INVITE server transactions to their calls, for CANCEL.
    private readonly Dictionary<SipTransactionId, CallId> _invites = [];

    // BYEs that their calls have not answered yet.
    private readonly Dictionary<SipTransactionId, (CallId Call, string SipCallId)> _byes = [];

    // Calls admitted here; the actor is known, and watched, from its first word on.
    private readonly Dictionary<CallId, AdmittedCall> _admitted = [];
    private readonly Dictionary<IActorRef, CallId> _watched = [];

    private sealed record AdmittedCall(AdmittedRequest Invite, long SinceTicks, IActorRef? Actor);

    /// <summary>A request in a dialog, and the ACK of a 2xx: to the call that the To tag names, else to the subscription.</summary>
    private void PassToItsCall(DialogRequest dialog)
    {
        if (CallId.TryParse(dialog.Request.To.Tag, out var call))
        {
            if (dialog.Request.Method == SipMethod.Bye && dialog.Received.TransactionId is { } bye)
            {
                _byes[bye] = (call, dialog.Request.CallId);
            }
            _calls.Tell(
                new SipGatewayEvents.RequestArrived(
                    call,
                    dialog.Received.TransactionId?.Value,
                    dialog.Request.ToBytes(),
                    PathOf(dialog.Received),
                    _time.GetUtcNow()
                )
            );
            dialog.Request.Release();
        }
        else
        {
            _subscriptions.Tell(dialog);
        }
    }

    private void OpenCall(AdmittedRequest invite)
    {
        var call = _placement?.NewCall() ?? CallId.New();
        _admitted[call] = new AdmittedCall(invite, _time.GetTimestamp(), null);
        _status.LiveCalls = _admitted.Count;
        _callStates.OnInvite(call, invite.Request);
        _door.Begin(call);
        PassInvite(call, invite);
    }

    /// <summary>An INVITE with Replaces: the call that owns the dialog judges it (RFC 3891 §3).</summary>
    private void PassToReplacedCall(AdmittedRequest invite) =>
        PassInvite(SipRequestKinds.ReplacedCall(invite.Request)!.Value, invite);

    private void PassInvite(CallId call, AdmittedRequest invite)
    {
        var transaction = invite.Transaction;
        _invites[transaction] = call;
        var trunk = _board.Find(invite.Identity.Trunk);
        _calls.Tell(
            new SipGatewayEvents.InviteArrived(
                call,
                transaction.Value,
                TrustedIdentity.Of(invite.Request, trunk).ToBytes(),
                PathOf(invite.Received),
                invite.Identity.Trunk,
                _time.GetUtcNow(),
                trunk?.Options.AllowReferrals ?? true,
                trunk?.Media
            )
        );
    }

    private void OnCancel(SipTransactionId transaction)
    {
        if (_invites.TryGetValue(transaction, out var call))
        {
            _calls.Tell(new SipGatewayEvents.CancelArrived(call, transaction.Value, _time.GetUtcNow()));
        }
    }

    private void OnSendResponse(SipGatewayCommands.SendResponse command)
    {
        var transaction = new SipTransactionId(command.TransactionId);
        if (_byes.Remove(transaction, out var bye) && command.Status is >= 200 and < 300)
        {
            // Only the call knows whether a BYE is its peer's: until it says so, nothing is given back.
            _outbound.OnByeArrived(bye.SipCallId);
            _callStates.OnBye(bye.Call, fromPeer: true);
        }
        if (_invites.TryGetValue(transaction, out var call))
        {
            Watch(call, Sender);
            _callStates.OnInviteResponse(call, command.Status);
        }
        _endpoint.Respond(transaction, command.Status, command.Message);
    }

    private void OnIsInviteWaiting(SipGatewayCommands.IsInviteWaiting question)
    {
        var call = question.CallId;
        var waits =
            _invites.TryGetValue(new SipTransactionId(question.TransactionId), out var owner)
            && owner == call
            && _admitted.TryGetValue(call, out var admitted)
            && admitted.Actor is null;
        if (waits)
        {
            // Or it could be refused while the call that has just been told to begin does so.
            _admitted[call] = _admitted[call] with
            {
                SinceTicks = _time.GetTimestamp(),
            };
        }
        Sender.Tell(new SipGatewayEvents.InviteStanding(call, question.TransactionId, waits));
    }

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
            Forget(call);
        }
    }

    private void Forget(CallId call)
    {
        if (_admitted.Remove(call, out var admitted))
        {
            _door.End(call);
            _door.Release(admitted.Invite.Identity);
            _callStates.OnForgotten(call);
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
            Forget(call);
            _log.Error("Call {CallId} could not be started: no actor answered its INVITE", call);
            var refusal = SipRefusal.Create(
                admitted.Invite.Request,
                SipStatus.ServiceUnavailable,
                "the call could not be started",
                _options.RetryAfterSeconds,
                call.Value
            );
            _endpoint.Respond(admitted.Invite.Transaction, refusal);
        }
    }
}

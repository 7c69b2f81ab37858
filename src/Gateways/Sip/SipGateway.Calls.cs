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

    // Calls admitted here; the actor is known, and watched, from its first word on.
    private readonly Dictionary<CallId, AdmittedCall> _admitted = [];
    private readonly Dictionary<IActorRef, CallId> _watched = [];
    private string? _trunk;

    private sealed record AdmittedCall(
        SipRequest Invite,
        SipTransactionId Transaction,
        long SinceTicks,
        IActorRef? Actor
    );

    /// <summary>A request in a dialog, and the ACK of a 2xx: to the call that the To tag names.</summary>
    private void PassToItsCall(AdmittedRequest admitted)
    {
        if (!CallId.TryParse(admitted.Request.To.Tag, out var call))
        {
            Respond(admitted, SipResponse.Create(admitted.Request, SipStatus.CallDoesNotExist));
            return;
        }
        if (admitted.Request.Method == SipMethod.Bye)
        {
            _callStates.OnBye(call, fromPeer: true);
        }
        _calls.Tell(
            new SipGatewayEvents.RequestArrived(
                call,
                admitted.Transaction?.Value,
                admitted.Request.ToBytes(),
                PathOf(admitted.Received),
                _time.GetUtcNow()
            )
        );
    }

    /// <summary>An INVITE with Replaces: the call that owns the dialog judges it (RFC 3891 §3).</summary>
    private void PassToReplacedCall(AdmittedRequest admitted)
    {
        if (Refused(admitted))
        {
            return;
        }
        var call = SipRequestKinds.ReplacedCall(admitted.Request)!.Value;
        Tell(call, admitted);
    }

    private void OpenCall(AdmittedRequest admitted)
    {
        if (Refused(admitted))
        {
            return;
        }
        var call = CallId.New();
        _admitted[call] = new AdmittedCall(admitted.Request, admitted.Transaction!.Value, _time.GetTimestamp(), null);
        _status.LiveCalls = _admitted.Count;
        _callStates.OnInvite(call, admitted.Request);
        Tell(call, admitted);
    }

    private bool Refused(AdmittedRequest admitted)
    {
        var verdict = _admission.Judge(admitted.Received, _admitted.Count, _draining);
        _trunk = verdict.Trunk;
        if (verdict.Refusal is not { } refusal)
        {
            return false;
        }
        _status.CountRefused(verdict.Reason);
        if (verdict.Reason != AdmissionReason.CredentialsMissing)
        {
            _log.Info(
                "INVITE from {Remote} refused with {Status}: {Cause}",
                admitted.Received.Remote,
                refusal.StatusCode,
                verdict.Cause
            );
        }
        Respond(admitted, refusal);
        return true;
    }

    private void Tell(CallId call, AdmittedRequest invite)
    {
        var transaction = invite.Transaction!.Value;
        _invites[transaction] = call;
        _calls.Tell(
            new SipGatewayEvents.InviteArrived(
                call,
                transaction.Value,
                invite.Request.ToBytes(),
                PathOf(invite.Received),
                _trunk!,
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

    private void OnSendResponse(SipGatewayCommands.SendResponse command)
    {
        var transaction = new SipTransactionId(command.TransactionId);
        if (_invites.TryGetValue(transaction, out var call))
        {
            Watch(call, Sender);
            _callStates.OnInviteResponse(call, command.Status);
        }
        _endpoint.Respond(transaction, command.Status, command.Message);
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
            _admitted.Remove(call);
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
            _admitted.Remove(call);
            _callStates.OnForgotten(call);
            _log.Error("Call {CallId} could not be started: no actor answered its INVITE", call);
            var refusal = SipResponse.Create(admitted.Invite, SipStatus.ServiceUnavailable, toTag: call.Value);
            refusal.Headers.Add(SipHeaderId.RetryAfter, _options.RetryAfterSeconds.ToString());
            _endpoint.Respond(admitted.Transaction, refusal);
        }
        _status.LiveCalls = _admitted.Count;
    }
}

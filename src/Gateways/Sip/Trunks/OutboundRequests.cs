using System.Net;
using Akka.Actor;
using Akka.Event;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip;

/// <summary>
/// The requests that calls send through this gateway, each until its outcome is known, and what has to be remembered of the dialogs that
/// they open: whose they are, over which trunk, with which credentials. A dialog is forgotten with its BYE or its call.
/// </summary>
internal sealed class OutboundRequests(OutboundContext context)
{
    private readonly Dictionary<(CallId, string), OutboundInvite> _invites = [];
    private readonly Dictionary<(CallId, string), OutboundInDialog> _requests = [];
    private readonly Dictionary<string, PlacedDialog> _dialogs = [];

    /// <summary>A dialog that a call placed through this gateway.</summary>
    /// <param name="Invite">The last INVITE in it as it left; its credentials go into the ACK.</param>
    private sealed record PlacedDialog(IActorRef Call, TrunkSettings? Trunk, SipRequest? Invite);

    /// <summary>Requests whose outcome is not known, and dialogs remembered; for tests and status.</summary>
    public (int Requests, int Dialogs) Count => (_invites.Count + _requests.Count, _dialogs.Count);

    public void SendInvite(SipGatewayCommands.SendInvite command, IActorRef call)
    {
        var caller = new OutboundCaller(command.CallId, command.RequestKey, call);
        var key = (command.CallId, command.RequestKey);
        if (Read(command.Message, caller, _invites.ContainsKey(key)) is not { } written)
        {
            return;
        }
        var invite = new OutboundInvite(context, caller, written, OnInviteEnded);
        _invites[key] = invite;
        invite.Start(command.Trunk);
    }

    public void Cancel(SipGatewayCommands.CancelRequest command)
    {
        var key = (command.CallId, command.RequestKey);
        if (_invites.TryGetValue(key, out var invite))
        {
            invite.Cancel();
        }
        else if (_requests.TryGetValue(key, out var request) && request.Method == SipMethod.Invite)
        {
            request.Cancel();
        }
    }

    public void SendRequest(SipGatewayCommands.SendRequest command, IActorRef call)
    {
        var caller = new OutboundCaller(command.CallId, command.RequestKey, call);
        var key = (command.CallId, command.RequestKey);
        if (Read(command.Message, caller, _requests.ContainsKey(key)) is not { } written)
        {
            return;
        }
        if (written.Method == SipMethod.Bye)
        {
            context.States.OnBye(command.CallId, fromPeer: false);
        }
        var flow = FlowOf(command.Transport, command.Remote) ?? FlowOfPhone(command.Transport, written);
        var trunk = TrunkOf(written.CallId, flow);
        var request = new OutboundInDialog(context, caller, written, trunk, OnRequestEnded);
        _requests[key] = request;
        request.Start(flow);
    }

    public void SendStateless(SipGatewayCommands.SendStateless command)
    {
        if (!SipParser.TryParse(command.Message, out var message, out var error))
        {
            context.Log.Error("A call wrote what is no SIP message: {Cause}", error.Reason);
            return;
        }
        var flow = FlowOf(command.Transport, command.Remote);
        if (message is SipRequest request)
        {
            request.Headers.Remove(SipHeaderId.Via);
            AddCredentials(request);
            if (flow is null)
            {
                var sending = new Stateless(context, request);
                context.Resolve(OutboundInDialog.NextHopOf(request), sending, 0);
                return;
            }
        }
        if (flow is not null)
        {
            context.SendStateless(message, flow);
        }
    }

    /// <summary>A BYE of the peer passes by: its dialog costs no more.</summary>
    public void OnByeArrived(string callId) => Forget(callId);

    /// <summary>A call is gone, and with it everybody who waited for its requests.</summary>
    public void OnCallGone(IActorRef call)
    {
        foreach (var invite in _invites.Values.Where(invite => invite.Caller.Actor.Equals(call)).ToList())
        {
            invite.Abandon();
        }
        foreach (var callId in _dialogs.Where(dialog => dialog.Value.Call.Equals(call)).Select(d => d.Key).ToList())
        {
            Forget(callId);
        }
    }

    /// <summary>The request, when it can be taken; else its caller is told why not.</summary>
    private SipRequest? Read(byte[] message, OutboundCaller caller, bool isUnderWay)
    {
        var parsed = SipParser.TryParse(message, out var written, out var error);
        var cause =
            isUnderWay ? "a request of this key is under way"
            : context.Open >= context.Options.MaxPending
                ? $"the gateway has {context.Options.MaxPending} requests under way"
            : !parsed ? $"not a SIP message: {error!.Reason}"
            : null;
        if (cause is not null)
        {
            context.TellFailed(caller, cause, SendFailure.Refused);
            return null;
        }
        return (SipRequest)written!;
    }

    private void OnInviteEnded(OutboundInvite invite)
    {
        _invites.Remove((invite.Caller.CallId, invite.Caller.RequestKey));
        if (invite.IsAnswered)
        {
            _dialogs[invite.DialogId] = new PlacedDialog(invite.Caller.Actor, invite.Trunk, invite.Sent);
        }
        else
        {
            Forget(invite.DialogId);
        }
    }

    private void OnRequestEnded(OutboundInDialog request)
    {
        _requests.Remove((request.Caller.CallId, request.Caller.RequestKey));
        if (request.Method == SipMethod.Bye)
        {
            Forget(request.DialogId);
        }
        else if (request.Method == SipMethod.Invite && _dialogs.TryGetValue(request.DialogId, out var dialog))
        {
            _dialogs[request.DialogId] = dialog with { Invite = request.Sent };
        }
    }

    private void Forget(string callId)
    {
        context.Guards.End(callId, context.Now);
        _dialogs.Remove(callId);
    }

    /// <summary>The trunk of the dialog; of a dialog that came in, or through another gateway, the one that its peer belongs to.</summary>
    private TrunkSettings? TrunkOf(string callId, SipDestination? peer)
    {
        if (_dialogs.TryGetValue(callId, out var dialog))
        {
            return dialog.Trunk;
        }
        var invite = _invites.Values.FirstOrDefault(invite => invite.DialogId == callId);
        return invite is not null
            ? invite.Trunk
            : context.Board.Trunks.FirstOrDefault(trunk =>
                trunk is { IsOutbound: true, Credentials: not null, Networks.Count: > 0 }
                && peer is not null
                && trunk.Networks.Any(network => network.Contains(peer.EndPoint.Address))
            );
    }

    /// <summary>The ACK of a 2xx carries the credentials of its INVITE (RFC 3261 §13.2.2.4), which the call may not know.</summary>
    private void AddCredentials(SipRequest ack)
    {
        if (
            !ack.IsAck
            || !_dialogs.TryGetValue(ack.CallId, out var dialog)
            || dialog.Invite is not { } invite
            || invite.CSeq.Number != ack.CSeq.Number
        )
        {
            return;
        }
        foreach (var header in (ReadOnlySpan<SipHeaderId>)[SipHeaderId.Authorization, SipHeaderId.ProxyAuthorization])
        {
            if (ack.Headers.Contains(header))
            {
                continue;
            }
            foreach (var value in invite.Headers.Lines(header))
            {
                ack.Headers.Add(header, value);
            }
        }
    }

    /// <summary>
    /// A phone whose connection is gone may have registered anew by another one, here; behind a NAT, and for a browser, that
    /// is the only way to it (RFC 5626 §5.3).
    /// </summary>
    private SipDestination? FlowOfPhone(string transport, SipRequest written) =>
        transport == "UDP" || !written.To.Uri.IsSip ? null : context.Routes.FlowOf(written.To.Uri, transport);

    private static SipDestination? FlowOf(string transport, string remote) =>
        remote.Length == 0 ? null : new SipDestination(transport, IPEndPoint.Parse(remote));

    /// <summary>A request outside any transaction that waits for its address.</summary>
    private sealed class Stateless(OutboundContext context, SipRequest request) : IOutboundRequest
    {
        public void OnResolved(int step, IReadOnlyList<SipDestination> destinations, string? error)
        {
            if (destinations.FirstOrDefault(d => context.LocalFor(d) is not null) is { } destination)
            {
                context.SendStateless(request, destination);
            }
            else
            {
                context.Log.Warning(
                    "{Method} was not sent: {Cause}",
                    request.Method,
                    error ?? "no transport leads there"
                );
            }
        }

        public void OnDeadline(int step) { }
    }
}

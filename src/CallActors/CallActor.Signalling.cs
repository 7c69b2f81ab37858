using System.Text.Json;
using Akka.Actor;
using Akka.Event;
using OCPlatform.CallActors.Signalling;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Serialization;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.CallActors;

public sealed partial class CallActor
{
    // Legs that are set up, talked on, or wait for the response to their BYE.
    private readonly List<CallLeg> _legs = [];
    private int _lastLeg;

    private sealed record SignallingDeadline
    {
        public static readonly SignallingDeadline Instance = new();
    }

    /// <summary>What comes from gateways, and the sessions' own deadlines; also when the call is over.</summary>
    private void Signalling()
    {
        Receive<SipGatewayEvents.RequestArrived>(OnRequest);
        Receive<SipGatewayEvents.CancelArrived>(OnCancel);
        Receive<SipGatewayEvents.RequestSent>(OnRequestSent);
        Receive<SipGatewayEvents.ResponseArrived>(OnResponse);
        Receive<SipGatewayEvents.RequestFailed>(OnRequestFailed);
        Receive<SignallingDeadline>(_ => OnSignallingDeadline());
        Gateways();
    }

    // ---- into the sessions ----

    private void OnRequest(SipGatewayEvents.RequestArrived arrived)
    {
        var request = (SipRequest)SipParser.Parse(arrived.Message);
        if (_legs.Find(l => (l.Session.Dialog?.CallId ?? l.Session.Invite?.CallId) == request.CallId) is not { } leg)
        {
            RefuseUnknown(arrived);
            return;
        }
        UseGateway(Sender);
        NoteTransaction(arrived.TransactionId);
        Ladder(request, incoming: true, arrived.Message, arrived.Path);
        // A peer whose address changed, behind a NAT or by moving, is where its messages come from.
        (leg.Path, leg.FlowIsLost) = (arrived.Path, false);
        if (leg.Session.Dialog is { LocalTarget: { } target } && target.Contains(SipSession.PlaceholderHost))
        {
            // What it is answered with names us, before a request of ours has told the peer where we are.
            leg.Session.MoveTo(ContactFor(request, arrived.Path));
        }
        leg.Session.OnRequest(request, arrived.TransactionId, Elapsed);
        Drain(leg);
    }

    private void OnCancel(SipGatewayEvents.CancelArrived cancel)
    {
        foreach (var leg in _legs.ToList())
        {
            leg.Session.OnCancel(cancel.TransactionId, Elapsed);
            Drain(leg);
        }
    }

    private void OnRequestSent(SipGatewayEvents.RequestSent sent)
    {
        if (FindLeg(sent.RequestKey, out var key) is not { } leg)
        {
            return;
        }
        UseGateway(Sender);
        var request = (SipRequest)SipParser.Parse(sent.Message);
        (leg.Path, leg.FlowIsLost) = (sent.Path, false);
        leg.AllowReferrals = sent.AllowReferrals;
        leg.PlacedByTrunk = sent.Trunk is not null;
        leg.Session.OnRequestSent(key, request);
        if (request.IsInvite && request.To.Tag is null)
        {
            leg.Terms = sent.Media;
            leg.Negotiation?.OnOfferSent(request.Body.Span, CapabilitiesUnder(sent.Media));
            Ladder(request, incoming: false, sent.Message, sent.Path);
            if (leg == _leg)
            {
                Record(new CallEvents.Sent(_id, sent.At, sent.Trunk, sent.Path.Remote, request.CallId, JsonOf(leg)));
            }
        }
        Drain(leg);
    }

    private void OnResponse(SipGatewayEvents.ResponseArrived arrived)
    {
        var response = (SipResponse)SipParser.Parse(arrived.Message);
        Ladder(response, incoming: true, arrived.Message);
        if (FindLeg(arrived.RequestKey, out var key) is not { } leg)
        {
            return;
        }
        leg.Session.OnResponse(key, response, Elapsed);
        Drain(leg);
        if (response.IsFinal)
        {
            OnVerbAnswered(arrived.RequestKey, response.StatusCode, response.ReasonPhrase);
        }
    }

    private void OnRequestFailed(SipGatewayEvents.RequestFailed failed)
    {
        _log.Warning("Call {CallId}: {Request} got no response: {Cause}", _id, failed.RequestKey, failed.Cause);
        if (FindLeg(failed.RequestKey, out var key) is not { } leg)
        {
            return;
        }
        leg.GatewayCause = failed.Cause;
        var failure = failed.Failure switch
        {
            SendFailure.Timeout => SipRequestFailure.Timeout,
            SendFailure.TransportError => SipRequestFailure.TransportError,
            _ => SipRequestFailure.Refused,
        };
        leg.Session.OnRequestFailed(key, failure, Elapsed);
        Drain(leg);
        OnVerbAnswered(failed.RequestKey, null, failed.Cause);
    }

    private void OnSignallingDeadline()
    {
        foreach (var leg in _legs.Where(l => l.Session.Deadline <= Elapsed).ToList())
        {
            leg.Session.OnDeadline(Elapsed);
            Drain(leg);
        }
        ArmSignallingDeadline();
    }

    // ---- out of the sessions ----

    /// <summary>Does what the session asks for, in order, until it asks for nothing more. To be called after every input.</summary>
    private void Drain(CallLeg leg)
    {
        while (leg.Session.TryTake(out var action))
        {
            Perform(leg, action);
        }
        ConnectWhenReady(leg);
        ArmSignallingDeadline();
    }

    private void Perform(CallLeg leg, SipSessionAction action)
    {
        switch (action)
        {
            case SipSessionAction.Respond respond:
                Respond(respond.Transaction, respond.Response);
                break;
            case SipSessionAction.Retransmit again:
                SendResponse(again.Transaction, again.Response);
                break;
            case SipSessionAction.Send { OpensDialog: true } invite:
                // Its rung is written when it left, which it may do to several targets or never.
                Send(
                    new SipGatewayCommands.SendInvite(_id, leg.KeyOf(invite.Key), invite.Request.ToBytes(), leg.Trunk)
                );
                break;
            case SipSessionAction.Send send:
                Ladder(send.Request, incoming: false);
                var (transport, remote) = leg.DestinationOf(send.NextHop);
                Send(
                    new SipGatewayCommands.SendRequest(
                        _id,
                        leg.KeyOf(send.Key),
                        send.Request.ToBytes(),
                        transport,
                        remote
                    )
                );
                OnVerbSent(leg.KeyOf(send.Key));
                break;
            case SipSessionAction.SendStateless ack:
                Ladder(ack.Request, incoming: false);
                var (ackTransport, ackRemote) = leg.DestinationOf(ack.NextHop);
                Send(new SipGatewayCommands.SendStateless(ack.Request.ToBytes(), ackTransport, ackRemote));
                break;
            case SipSessionAction.Cancel cancel:
                Send(new SipGatewayCommands.CancelRequest(_id, leg.KeyOf(cancel.Key)));
                break;
            case SipSessionEvent.Closed:
                _legs.Remove(leg);
                StopWhenDone();
                break;
            case SipSessionEvent told when !_state.IsEnded:
                OnSession(leg, told);
                break;
        }
    }

    private void ArmSignallingDeadline()
    {
        var deadline = _legs.Count == 0 ? TimeSpan.MaxValue : _legs.Min(leg => leg.Session.Deadline);
        if (deadline == TimeSpan.MaxValue)
        {
            Timers.Cancel(nameof(SignallingDeadline));
            return;
        }
        var wait = deadline - Elapsed;
        Timers.StartSingleTimer(
            nameof(SignallingDeadline),
            SignallingDeadline.Instance,
            wait > TimeSpan.Zero ? wait : TimeSpan.FromMilliseconds(1)
        );
    }

    private void RefuseUnknown(SipGatewayEvents.RequestArrived arrived)
    {
        if (arrived.TransactionId is { } transaction)
        {
            RefuseUnknown(transaction, arrived.Message);
        }
    }

    private void RefuseUnknown(SipGatewayEvents.InviteArrived arrived) =>
        RefuseUnknown(arrived.TransactionId, arrived.Message);

    private void RefuseUnknown(string transaction, byte[] message)
    {
        var response = SipResponse.Create((SipRequest)SipParser.Parse(message), SipStatus.CallDoesNotExist);
        Sender.Tell(new SipGatewayCommands.SendResponse(transaction, response.StatusCode, response.ToBytes()));
    }

    private void Respond(string transaction, SipResponse response)
    {
        SendResponse(transaction, response);
        Ladder(response, incoming: false);
    }

    private CallLeg? FindLeg(string requestKey, out string sessionKey)
    {
        foreach (var leg in _legs)
        {
            if (leg.TryGetSessionKey(requestKey, out sessionKey))
            {
                return leg;
            }
        }
        sessionKey = "";
        return null;
    }

    private int NextLeg() => ++_lastLeg;

    /// <summary>Takes note of a message, for the record and a capture.</summary>
    /// <param name="wire">The bytes as they came or left; null: as the message writes itself.</param>
    /// <param name="path">The way it went; null: the one of its leg.</param>
    private void Ladder(SipMessage message, bool incoming, byte[]? wire = null, SipPath? path = null)
    {
        _capture?.Take(message, incoming, wire, path ?? PathOf(message), Now);
        var start = message is SipRequest request
            ? $"{request.Method} {request.RequestUri}"
            : $"{((SipResponse)message).StatusCode} {((SipResponse)message).ReasonPhrase}";
        const int longest = 256;
        start = start.Length <= longest ? start : start[..longest];
        Record(new CallEvents.SipExchanged(_id, Now, incoming, start, message.CSeq.ToString()));
    }

    private string JsonOf(CallLeg leg) =>
        JsonSerializer.Serialize(
            leg.State with
            {
                Gateway = _gateway is { } gateway ? PathOf(gateway) : null,
            },
            WireSerializer.Json
        );

    private static CallLegState? ReadLeg(string json) =>
        JsonSerializer.Deserialize<CallLegState>(json, WireSerializer.Json);
}

using System.Net;
using System.Text.Json;
using Akka.Actor;
using Akka.Event;
using OCPlatform.CallActors.Signalling;
using OCPlatform.CallActors.Voice;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Serialization;
using OCPlatform.Contracts.Sip;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Sdp;
using OCPlatform.Sip;
using OCPlatform.Sip.Dialogs;

namespace OCPlatform.CallActors;

public sealed partial class CallActor
{
    private const string ByeKey = "bye";

    private IActorRef? _gateway;
    private SipLeg? _leg;
    private Negotiation? _negotiation;
    private MediaSession? _media;
    private string _sdp = "";
    private bool _mediaStarted;
    private bool _confirmed;
    private bool _byeIsOpen;

    private sealed record SignallingDeadline
    {
        public static readonly SignallingDeadline Instance = new();
    }

    private sealed record Answer
    {
        public static readonly Answer Instance = new();
    }

    private void OnInvite(SipGatewayEvents.InviteArrived arrived)
    {
        _gateway = Sender;
        var invite = (SipRequest)SipParser.Parse(arrived.Message);
        _services.Metrics.Started();
        Record(
            new CallEvents.Received(
                _id,
                arrived.At,
                CallDirection.Inbound,
                invite.From.Uri.ToString(),
                invite.To.Uri.ToString(),
                arrived.Trunk,
                _services.NodeName,
                arrived.Path.Remote,
                invite.CallId
            )
        );
        Ladder(invite, incoming: true);
        _log.Info(
            "Call {CallId} from {From} by trunk {Trunk} at {Remote}",
            _id,
            invite.From.Uri,
            arrived.Trunk,
            arrived.Path.Remote
        );
        _leg = SipLeg.Open(invite, arrived.TransactionId, arrived.Path, _id);
        if (_leg is null)
        {
            var response = SipResponse.Create(invite, SipStatus.BadRequest, toTag: _id.Value);
            response.Headers.Add(SipHeaderId.Warning, "399 OCPlatform \"INVITE without Contact\"");
            Respond(arrived.TransactionId, response);
            End(Failed(EndReason.BadRequest, SipStatus.BadRequest, "INVITE without Contact"));
            return;
        }
        if (OpenMedia(arrived.Path) is { } refused)
        {
            RefuseInvite(refused.Status, refused.Reason, refused.Cause);
            return;
        }
        var negotiated = _negotiation!.OnInvite(invite);
        if (!negotiated.Accepted)
        {
            var reason =
                negotiated.RefusalStatus == SipStatus.NotAcceptableHere
                    ? EndReason.MediaNotAcceptable
                    : EndReason.BadRequest;
            RefuseInvite(negotiated.RefusalStatus, reason, negotiated.Cause!);
            return;
        }
        _sdp = negotiated.Sdp!;
        Respond(arrived.TransactionId, _leg.Provisional(SipStatus.Ringing));
        Record(new CallEvents.Ringing(_id, Now));
        Attach();
        if (_options.RingMs > 0)
        {
            Timers.StartSingleTimer(nameof(Answer), Answer.Instance, TimeSpan.FromMilliseconds(_options.RingMs));
        }
        else
        {
            OnAnswer();
        }
    }

    private (int Status, EndReason Reason, string Cause)? OpenMedia(SipPath path)
    {
        var sink = new SinkOfVoice();
        _media = _services.Media.TryOpenSession(sink);
        if (_media is null)
        {
            return (SipStatus.ServiceUnavailable, EndReason.Overloaded, "no RTP port is free");
        }
        _services.LiveCalls.Add(_id, _media);
        var capabilities = new MediaCapabilities
        {
            Codecs = [.. _options.Codecs.Select(c => Enum.Parse<AudioCodec>(c, ignoreCase: true))],
        };
        _negotiation = new Negotiation(
            capabilities,
            _media,
            IPEndPoint.Parse(path.Remote).Address,
            _time.GetUtcNow().ToUnixTimeSeconds()
        );
        var self = Self;
        _voice = new CallVoice(
            VoiceOptions(),
            _services.Speech,
            _media.Playout,
            _time,
            voiceEvent => self.Tell(voiceEvent)
        );
        sink.Voice = _voice;
        return null;
    }

    private void OnAnswer()
    {
        if (_leg?.OpenInvite is not { } transaction)
        {
            return;
        }
        var response = _leg.Accept(_sdp, Elapsed);
        if (_negotiation!.Current is { } agreed)
        {
            StartOrUpdate(agreed);
        }
        Respond(transaction, response);
        _services.Metrics.SetUp(Elapsed);
        Record(new CallEvents.Answered(_id, Now, _negotiation.Current?.CodecName ?? "", DialogJson(), MediaJson()));
        ArmSignallingDeadline();
    }

    private void OnRequest(SipGatewayEvents.RequestArrived arrived)
    {
        _gateway = Sender;
        var request = (SipRequest)SipParser.Parse(arrived.Message);
        Ladder(request, incoming: true);
        switch (_leg!.Dialog.OnRequest(request))
        {
            case SipDialogCheck.OtherDialog:
                RespondTo(arrived, _leg.Refusal(request, SipStatus.CallDoesNotExist, "tags do not match"));
                return;
            case SipDialogCheck.OutOfOrder:
                RespondTo(arrived, _leg.Refusal(request, SipStatus.ServerInternalError, "CSeq out of order"));
                return;
        }
        switch (request.Method)
        {
            case SipMethod.Ack:
                OnAck(request);
                break;
            case SipMethod.Bye:
                OnBye(arrived, request);
                break;
            case SipMethod.Invite:
                OnReinvite(arrived, request);
                break;
            case SipMethod.Options:
                RespondTo(arrived, _leg.Ok(request));
                break;
            default:
                RespondTo(arrived, _leg.Refusal(request, SipStatus.MethodNotAllowed));
                break;
        }
    }

    private void OnAck(SipRequest ack)
    {
        if (!_leg!.OnAck(ack))
        {
            return;
        }
        ArmSignallingDeadline();
        if (_negotiation!.AnswerIsDue)
        {
            var negotiated = _negotiation.OnAck(ack);
            if (!negotiated.Accepted)
            {
                SendBye(negotiated.Cause);
                End(Failed(EndReason.MediaNotAcceptable, negotiated.RefusalStatus, negotiated.Cause!));
                return;
            }
            StartOrUpdate(negotiated.Media!);
            Record(SessionChanged(negotiated.Media!));
        }
        if (!_confirmed)
        {
            _confirmed = true;
            Record(new CallEvents.Confirmed(_id, Now));
            StartTalking();
        }
    }

    private void StartOrUpdate(NegotiatedMedia media)
    {
        if (_mediaStarted)
        {
            _media!.Update(media);
        }
        else
        {
            _media!.Start(media);
        }
        _mediaStarted = true;
    }

    private void OnBye(SipGatewayEvents.RequestArrived arrived, SipRequest bye)
    {
        RespondTo(arrived, _leg!.Ok(bye));
        if (_leg.OpenInvite is { } open)
        {
            // BYE on an early dialog ends the INVITE as well (RFC 3261 §15.1.2).
            Respond(open, _leg.Refuse(SipStatus.RequestTerminated));
        }
        End(new EndCause(EndedBy.Caller, EndReason.HungUp, null, bye.Headers["Reason"]));
    }

    private void OnReinvite(SipGatewayEvents.RequestArrived arrived, SipRequest invite)
    {
        if (_leg!.OpenInvite is not null || _leg.AckIsDue)
        {
            // Two INVITEs at once (RFC 3261 §14.2): the later one is to be tried again.
            var busy = _leg.Refusal(invite, SipStatus.ServerInternalError, "another INVITE is in progress");
            busy.Headers.Add(SipHeaderId.RetryAfter, Random.Shared.Next(0, 11).ToString());
            RespondTo(arrived, busy);
            return;
        }
        var negotiated = _negotiation!.OnInvite(invite);
        if (!negotiated.Accepted)
        {
            RespondTo(arrived, _leg.Refusal(invite, negotiated.RefusalStatus, negotiated.Cause));
            return;
        }
        _leg.Reopen(invite, arrived.TransactionId!);
        RespondTo(arrived, _leg.Accept(negotiated.Sdp!, Elapsed));
        ArmSignallingDeadline();
        if (negotiated.Media is { } media)
        {
            StartOrUpdate(media);
            Record(SessionChanged(media));
        }
    }

    private void OnCancel(SipGatewayEvents.CancelArrived cancel)
    {
        if (_leg?.OpenInvite != cancel.TransactionId)
        {
            return; // It crossed our final response.
        }
        Respond(cancel.TransactionId, _leg.Refuse(SipStatus.RequestTerminated));
        End(new EndCause(EndedBy.Caller, EndReason.Cancelled, SipStatus.RequestTerminated, null));
    }

    private void OnResponse(SipGatewayEvents.ResponseArrived arrived) =>
        Ladder(SipParser.Parse(arrived.Message), incoming: true);

    private void OnRequestFailed(SipGatewayEvents.RequestFailed failed) =>
        _log.Warning("Call {CallId}: {Request} got no answer: {Cause}", _id, failed.RequestKey, failed.Cause);

    private void OnResponseWhenOver(SipGatewayEvents.ResponseArrived arrived)
    {
        var response = (SipResponse)SipParser.Parse(arrived.Message);
        Ladder(response, incoming: true);
        if (response.IsFinal)
        {
            OnByeOver();
        }
    }

    private void OnByeOver()
    {
        _byeIsOpen = false;
        StopWhenDone();
    }

    private void OnSignallingDeadline()
    {
        switch (_leg!.OnDeadline(Elapsed))
        {
            case AckWaitAction.Retransmit:
                var (transaction, answer) = _leg.AcceptedAnswer;
                _gateway!.Tell(new SipGatewayCommands.SendResponse(transaction, SipStatus.Ok, answer));
                break;
            case AckWaitAction.GiveUp:
                SendBye("no ACK");
                End(new EndCause(EndedBy.Network, EndReason.NoAck, SipStatus.RequestTimeout, "no ACK for 64*T1"));
                return;
        }
        ArmSignallingDeadline();
    }

    private void ArmSignallingDeadline()
    {
        var deadline = _leg!.Deadline;
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

    /// <summary>Ends the call from our side: BYE once answered, a final response before.</summary>
    private void HangUp(EndCause cause)
    {
        if (_leg?.OpenInvite is { } open && !_confirmed)
        {
            const int status = SipStatus.ServiceUnavailable;
            Respond(open, _leg.Refuse(status, cause.Detail));
            End(cause with { SipStatus = status });
            return;
        }
        SendBye(cause.Detail);
        End(cause);
    }

    private void RefuseInvite(int status, EndReason reason, string cause)
    {
        var transaction = _leg!.OpenInvite!;
        Respond(transaction, _leg.Refuse(status, cause));
        End(Failed(reason, status, cause));
    }

    private void RefuseUnknown(SipGatewayEvents.RequestArrived arrived)
    {
        if (arrived.TransactionId is not { } transaction)
        {
            return;
        }
        var request = (SipRequest)SipParser.Parse(arrived.Message);
        var response = SipResponse.Create(request, SipStatus.CallDoesNotExist);
        Sender.Tell(new SipGatewayCommands.SendResponse(transaction, response.StatusCode, response.ToBytes()));
    }

    private void SendBye(string? cause)
    {
        if (_leg is not { Dialog.State.Confirmed: true })
        {
            return;
        }
        var bye = _leg.Bye(cause);
        Ladder(bye, incoming: false);
        var (transport, remote) = _leg.Destination;
        _gateway!.Tell(new SipGatewayCommands.SendRequest(_id, ByeKey, bye.ToBytes(), transport, remote));
        _byeIsOpen = true;
    }

    private void RespondTo(SipGatewayEvents.RequestArrived arrived, SipResponse response)
    {
        if (arrived.TransactionId is { } transaction)
        {
            Respond(transaction, response);
        }
    }

    private void Respond(string transaction, SipResponse response)
    {
        _gateway!.Tell(new SipGatewayCommands.SendResponse(transaction, response.StatusCode, response.ToBytes()));
        Ladder(response, incoming: false);
    }

    private void Ladder(SipMessage message, bool incoming)
    {
        var start = message is SipRequest request
            ? $"{request.Method} {request.RequestUri}"
            : $"{((SipResponse)message).StatusCode} {((SipResponse)message).ReasonPhrase}";
        Record(new CallEvents.SipExchanged(_id, Now, incoming, start, message.CSeq.ToString()));
    }

    private CallEvents.SessionChanged SessionChanged(NegotiatedMedia media) =>
        new(_id, Now, media.CodecName, media.OnHold, DialogJson(), MediaJson());

    private string DialogJson() => JsonSerializer.Serialize(_leg!.State, WireSerializer.Json);

    private string MediaJson() =>
        _negotiation!.Current is { } media ? JsonSerializer.Serialize(media, WireSerializer.Json) : "";

    private static EndCause Failed(EndReason reason, int status, string detail) =>
        new(reason == EndReason.Overloaded ? EndedBy.Platform : EndedBy.Caller, reason, status, detail);
}

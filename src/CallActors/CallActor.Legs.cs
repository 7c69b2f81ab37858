using System.Net;
using Akka.Event;
using OCPlatform.CallActors.Signalling;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.CallActors;

public sealed partial class CallActor
{
    /// <summary>The leg that the caller is on; it stays when its session has ended while another takes its place.</summary>
    private CallLeg? _leg;

    /// <summary>The leg that is to take its place, and who is to be told.</summary>
    private CallLeg? _next;
    private string? _referral;
    private bool _rang;

    /// <summary>Why the call is being ended, where that is known better than its session can tell.</summary>
    private EndCause? _endCause;

    // ---- how a call begins ----

    private void OnInvite(SipGatewayEvents.InviteArrived arrived)
    {
        UseGateway(Sender);
        NoteTransaction(arrived.TransactionId);
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
                invite.CallId,
                invite.RequestUri.User
            )
        );
        CaptureIfAwaited(arrived.Trunk);
        Ladder(invite, incoming: true, arrived.Message, arrived.Path);
        _log.Info(
            "Call {CallId} from {From} by trunk {Trunk} at {Remote}",
            _id,
            invite.From.Uri,
            arrived.Trunk,
            arrived.Path.Remote
        );
        if (!TryOpenMedia(invite.RequestUri.User))
        {
            const string cause = "no RTP port is free";
            var refusal = SipResponse.Create(invite, SipStatus.ServiceUnavailable, toTag: _id.Value);
            new SipWarning(SipWarning.Miscellaneous, "OCPlatform", cause).AddTo(refusal);
            Respond(arrived.TransactionId, refusal);
            End(new EndCause(EndedBy.Platform, EndReason.Overloaded, SipStatus.ServiceUnavailable, cause));
            return;
        }
        if (TryAnswerLeg(arrived, invite, out var refused) is not { } leg)
        {
            End(new EndCause(EndedBy.Caller, EndReason.BadRequest, refused!.StatusCode, CauseOf(refused)));
            return;
        }
        _leg = leg;
        if (_leg.Session.Replaces is not null)
        {
            // The dialog it names would have led it to that call.
            _leg.Session.Reject(SipStatus.CallDoesNotExist, "Replaces names no call of this platform", null, Elapsed);
        }
        Drain(_leg);
    }

    /// <summary>An INVITE that asks to take the present peer's place (RFC 3891).</summary>
    private void OnReplacingInvite(SipGatewayEvents.InviteArrived arrived)
    {
        var invite = (SipRequest)SipParser.Parse(arrived.Message);
        Ladder(invite, incoming: true, arrived.Message, arrived.Path);
        UseGateway(Sender);
        NoteTransaction(arrived.TransactionId);
        if (TryAnswerLeg(arrived, invite, out _) is not { } leg)
        {
            return;
        }
        var refusal =
            leg.Session.Replaces is not { } replaces ? SipStatus.CallDoesNotExist
            : _next is not null || _leg is null ? SipStatus.RequestPending
            : replaces.RefusalFor(_leg.Session.State);
        if (refusal is { } status)
        {
            leg.Session.Reject(status, "Replaces names no dialog of this call that can be replaced", null, Elapsed);
        }
        else
        {
            _next = leg;
        }
        Drain(leg);
    }

    /// <summary>The session of an INVITE; null when it opens none, and the INVITE is refused.</summary>
    private CallLeg? TryAnswerLeg(SipGatewayEvents.InviteArrived arrived, SipRequest invite, out SipResponse? refusal)
    {
        var session = SipSession.Incoming(
            invite,
            arrived.TransactionId,
            _id.Value,
            ContactFor(invite, arrived.Path),
            _services.Session,
            Elapsed,
            out refusal
        );
        if (session is null)
        {
            Respond(arrived.TransactionId, refusal!);
            return null;
        }
        var number = NextLeg();
        var leg = new CallLeg(
            number,
            session,
            arrived.Path,
            Negotiate(IPEndPoint.Parse(arrived.Path.Remote).Address, arrived.Path, arrived.Media)
        )
        {
            Trunk = arrived.Trunk,
            AllowReferrals = arrived.AllowReferrals,
            Terms = arrived.Media,
        };
        _legs.Add(leg);
        return leg;
    }

    /// <summary>
    /// Our Contact, by the transport that the INVITE came by; a sips one when the INVITE was sent to one (RFC 3261 §12.1.1).
    /// </summary>
    private SipUri ContactFor(SipRequest invite, SipPath path)
    {
        var contact = SipUri.Create(_id.Value, IPEndPoint.Parse(path.Local));
        var secure = invite.RequestUri.IsSecure || invite.RecordRoutes is [{ Uri.IsSecure: true }, ..];
        var transport = path.Transport switch
        {
            "UDP" => null,
            "TLS" when secure => null,
            "WSS" when secure => "ws",
            var name => name.ToLowerInvariant(),
        };
        return contact with
        {
            Scheme = secure ? "sips" : "sip",
            Parameters = transport is null ? contact.Parameters : SipParameters.Empty.With("transport", transport),
        };
    }

    /// <summary>A leg that we call. Its INVITE leaves with the next <see cref="Drain"/>.</summary>
    private CallLeg CallLegTo(
        SipUri target,
        SipUri from,
        string? trunk,
        SipReplaces? replaces,
        NameAddress? referredBy,
        TimeSpan answerWithin
    )
    {
        var number = NextLeg();
        var negotiation = Negotiate(IPAddress.TryParse(target.Host.Trim('[', ']'), out var address) ? address : null);
        var plan = new SipInvitePlan
        {
            Target = target,
            From = new NameAddress(from),
            LocalTag = _id.Value,
            Contact = SipUri.Create(_id.Value, SipSession.PlaceholderHost),
            Offer = negotiation.Offer(),
            Replaces = replaces,
            ReferredBy = referredBy,
            AnswerWithin = answerWithin,
        };
        var leg = new CallLeg(number, SipSession.Outgoing(plan, _services.Session, Elapsed), path: null, negotiation)
        {
            Trunk = trunk,
        };
        _legs.Add(leg);
        return leg;
    }

    // ---- ringing and answering ----

    private void Ring(CallLeg leg)
    {
        if (leg == _next)
        {
            // Who replaces a peer finds the agent on the phone already.
            leg.Session.Answer(leg.Description, Elapsed);
            return;
        }
        if (_service is not null)
        {
            AnswerInvite();
            return;
        }
        leg.Session.Ring(SipStatus.Ringing, default, Elapsed);
        Record(new CallEvents.Ringing(_id, Now, JsonOf(leg)));
        _rang = true;
        Attach();
        if (_options is { AutoAnswer: true, RingMs: > 0 })
        {
            Timers.StartSingleTimer(nameof(AnswerDue), AnswerDue.Instance, TimeSpan.FromMilliseconds(_options.RingMs));
        }
        else if (_options.AutoAnswer)
        {
            AnswerOnceSaved();
        }
    }

    private SipSessionResult AnswerInvite()
    {
        if (_leg is not { } leg)
        {
            return SipSessionResult.NotInThisState;
        }
        _answersOnceSaved = false;
        if (leg.Negotiation!.Current is { } agreed)
        {
            StartOrUpdate(agreed);
        }
        var result = leg.Session.Answer(leg.Description, Elapsed);
        if (result == SipSessionResult.Done)
        {
            Timers.Cancel(nameof(AnswerDue));
            _services.Metrics.SetUp(Elapsed);
            RecordAnswered(leg);
        }
        Drain(leg);
        return result;
    }

    /// <summary>Answered, and the media agreed: the two can happen in either order.</summary>
    private void ConnectWhenReady(CallLeg leg)
    {
        if (leg.Connected || !leg.Answered || leg.Negotiation?.Current is null || _state.IsEnded)
        {
            return;
        }
        leg.Connected = true;
        if (leg == _next)
        {
            TakeOver(leg);
            return;
        }
        if (leg != _leg)
        {
            return;
        }
        if (_state.Record!.Direction == CallDirection.Outbound)
        {
            _services.Metrics.SetUp(Elapsed);
            RecordAnswered(leg);
            Attach();
            Tell(CallVerb.Place, CallVerbResult.Done);
        }
        Record(new CallEvents.Confirmed(_id, Now));
        Use(leg);
        StartTalking();
        RecordFromTheStart();
        OfferOnceAnswered(leg);
    }

    // ---- how a leg ends ----

    private void OnEnded(CallLeg leg, SipSessionEnd end)
    {
        var cause = CauseOf(leg, end);
        if (_takeUp is not null && end.By == SipEndedBy.Network)
        {
            cause = Lost($"its peer knows nothing of it any more: {end.Detail}", end.Status);
        }
        else if (leg.Move is not null && end.By == SipEndedBy.Network)
        {
            cause = LostGateway($"its peer could not be told of another one: {end.Detail}", end.Status);
        }
        if (leg == _next)
        {
            OnNextFailed(cause);
        }
        else if (leg == _leg && _next is null)
        {
            End(cause);
        }
    }

    /// <summary>Hangs up a leg for a cause of its own; with the only leg the call is over.</summary>
    private void EndLeg(CallLeg leg, EndCause cause, int status = SipStatus.Ok)
    {
        if (leg == _leg && _next is null)
        {
            _endCause = cause;
        }
        HangUpLeg(leg, cause.Detail, status);
        if (leg == _leg && _next is null)
        {
            End(cause);
        }
    }

    /// <summary>BYE, CANCEL or a final response, whatever the leg's state asks for.</summary>
    private void HangUpLeg(CallLeg leg, string? cause, int status = SipStatus.Ok)
    {
        leg.Session.HangUp(cause is null ? null : SipReason.Sip(status, cause), Elapsed);
        Drain(leg);
    }

    /// <summary>Whoever is at the other end of the first leg.</summary>
    private EndedBy FarEnd => _state.Record?.Direction == CallDirection.Outbound ? EndedBy.Callee : EndedBy.Caller;

    private EndCause CauseOf(CallLeg leg, SipSessionEnd end)
    {
        var by = end.By switch
        {
            SipEndedBy.Us => EndedBy.Platform,
            SipEndedBy.Peer => FarEnd,
            _ => EndedBy.Network,
        };
        var detail = leg.GatewayCause ?? (end.Reasons.Count > 0 ? string.Join(", ", end.Reasons) : end.Detail);
        return end.Cause switch
        {
            SipEndCause.HungUp => new(by, EndReason.HungUp, null, end.Reasons.Count > 0 ? detail : null),
            SipEndCause.Cancelled => new(
                by,
                EndReason.Cancelled,
                SipStatus.RequestTerminated,
                end.Reasons.Count > 0 ? detail : null
            ),
            SipEndCause.Rejected when end.By == SipEndedBy.Us => new(FarEnd, ReasonOf(end), end.Status, detail),
            SipEndCause.Rejected => new(by, ReasonOf(end), end.Status, detail),
            SipEndCause.NotAnswered => new(by, EndReason.NoAnswer, end.Status, detail),
            SipEndCause.TransportError when leg.Path is null => new(
                EndedBy.Platform,
                EndReason.NoRoute,
                end.Status,
                detail
            ),
            SipEndCause.NoAck => new(by, EndReason.NoAck, end.Status, detail),
            SipEndCause.SessionExpired => new(by, EndReason.SessionExpired, end.Status, detail),
            SipEndCause.ProtocolError => new(by, EndReason.BadRequest, end.Status, detail),
            _ => new(by, EndReason.SignallingLost, end.Status, detail),
        };
    }

    private static EndReason ReasonOf(SipSessionEnd end) =>
        end.Status switch
        {
            SipStatus.BusyHere or 600 => EndReason.Busy,
            SipStatus.RequestTimeout or SipStatus.TemporarilyUnavailable => EndReason.NoAnswer,
            SipStatus.NotAcceptableHere or 606 => EndReason.MediaNotAcceptable,
            SipStatus.BadRequest or SipStatus.UnsupportedMediaType => EndReason.BadRequest,
            _ => EndReason.Rejected,
        };

    private static string? CauseOf(SipResponse refusal) =>
        SipWarning.Of(refusal) is [{ } warning, ..] ? warning.Text : refusal.ReasonPhrase;
}

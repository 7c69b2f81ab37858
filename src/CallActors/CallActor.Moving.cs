using Akka.Actor;
using Akka.Event;
using OCPlatform.CallActors.Signalling;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.CallActors;

/// <remarks>
/// How the peer is told that our Contact is another gateway's: at once, and each second again by whichever gateway lives, until
/// it knows, or refuses in a way that another try does not change, or the time is over.
/// </remarks>
public sealed partial class CallActor
{
    /// <summary>64*T1: no transaction lasts longer (RFC 3261 §17.1.1.2).</summary>
    private static readonly TimeSpan MoveDeadline = TimeSpan.FromSeconds(32);

    // Leaves, and waits to hear that the peer knows another one.
    private IActorRef? _leftGateway;

    private sealed record MoveOverdue
    {
        public static readonly MoveOverdue Instance = new();
    }

    private void OnGatewayLeaving()
    {
        if (Sender.Equals(_gateway))
        {
            MarkMoves();
            SeekSoon(SeekReason.Leaving);
        }
        else if (_legs.TrueForAll(leg => leg.Move is null))
        {
            // Its reminder crossed our word that we have left it.
            Sender.Tell(new SipGatewayCommands.Release(_id));
        }
    }

    /// <summary>The peers have yet to hear of another Contact; what they are answered with meanwhile names the one they reach.</summary>
    private void MarkMoves()
    {
        foreach (var leg in _legs.Where(leg => leg is { Connected: true, Session.End: null }))
        {
            leg.Move ??= new LegMove();
            leg.Session.MoveTo(SipUri.Create(_id.Value, SipSession.PlaceholderHost));
        }
    }

    private void TellMoves()
    {
        foreach (var leg in _legs.Where(leg => leg is { Move: not null, Session.End: null }).ToList())
        {
            if (_takeUp is not null && leg == _leg)
            {
                TellMoveLater(); // The re-INVITE that takes the call up may tell it before.
            }
            else
            {
                TellMove(leg);
            }
        }
    }

    /// <summary>A target refresh that changes nothing but our Contact (RFC 3261 §12.2): UPDATE, or a re-INVITE as it was.</summary>
    private void TellMove(CallLeg leg)
    {
        if (!Timers.IsTimerActive(nameof(MoveOverdue)))
        {
            Timers.StartSingleTimer(nameof(MoveOverdue), MoveOverdue.Instance, MoveDeadline);
        }
        leg.Session.MoveTo(SipUri.Create(_id.Value, SipSession.PlaceholderHost));
        if (leg.Session.Refresh(Elapsed) == SipSessionResult.Done)
        {
            leg.Move!.IsTold = true;
        }
        else
        {
            TellMoveLater(); // A change of either side is under way.
        }
        Drain(leg);
    }

    private void TellMoveLater()
    {
        var reason = _leftGateway is null ? SeekReason.Gone : SeekReason.Leaving;
        Timers.StartSingleTimer(nameof(SeekDue), new SeekDue(reason), OfferRetry);
    }

    /// <summary>What a target refresh of either side has agreed on is in force; our Contact, if it names a gateway.</summary>
    private void OnRefreshed(CallLeg leg)
    {
        if (leg.Session.Dialog?.LocalTarget?.Contains(SipSession.PlaceholderHost) == false)
        {
            OnMoved(leg);
        }
    }

    private void OnMoved(CallLeg leg)
    {
        leg.Move = null;
        if (_legs.Exists(other => other.Move is not null))
        {
            return;
        }
        Timers.Cancel(nameof(MoveOverdue));
        _leftGateway?.Tell(new SipGatewayCommands.Release(_id));
        _leftGateway = null;
    }

    private void OnMoveFailed(CallLeg leg, SipSessionEvent.RefreshFailed failed)
    {
        if (leg.Move is not { IsTold: true } move)
        {
            return; // A refresh of the session timer, or one that somebody asked for.
        }
        // 503 and 504 are a proxy's word that it cannot reach the peer, or a peer's that is about to go.
        move.PeerAnswers =
            failed.Response is not null
            && failed.Status is not (SipStatus.ServiceUnavailable or SipStatus.ServerTimeout);
        var mayChange =
            !move.PeerAnswers
            || failed.Status is SipStatus.RequestPending or SipStatus.MethodNotAllowed or (>= 500 and < 600);
        _log.Warning(
            "Call {CallId}: the peer could not be told of another gateway: {Status} {Cause}",
            _id,
            failed.Status,
            failed.Response?.ReasonPhrase ?? leg.GatewayCause
        );
        if (mayChange)
        {
            TellMoveLater();
        }
        else
        {
            OnMoved(leg); // It refuses, and its audio goes on; its dialog is as it was (RFC 3261 §14.1).
        }
    }

    private void OnMoveOverdue()
    {
        foreach (var leg in _legs.Where(leg => leg is { Move: not null, Session.End: null }).ToList())
        {
            if (_takeUp is not null && leg == _leg)
            {
                continue; // It has a deadline of its own.
            }
            if (leg.Move!.PeerAnswers)
            {
                OnMoved(leg);
            }
            else
            {
                EndLeg(
                    leg,
                    LostGateway("its peer could not be told of another one", SipStatus.RequestTimeout),
                    SipStatus.RequestTimeout
                );
            }
        }
    }

    private EndCause LostGateway(string detail, int? status = null) =>
        new(
            EndedBy.Platform,
            EndReason.NodeLost,
            status,
            $"the call's gateway went away, and the call could not go on: {detail}"
        );
}

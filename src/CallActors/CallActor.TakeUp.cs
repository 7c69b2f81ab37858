using System.Net;
using System.Text.Json;
using Akka.Actor;
using Akka.Event;
using OCPlatform.CallActors.Recording;
using OCPlatform.CallActors.Signalling;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Journaling;
using OCPlatform.Contracts.Serialization;
using OCPlatform.Media.Sdp;
using OCPlatform.Sip;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.CallActors;

/// <remarks>
/// How a call goes on whose process went away, or that has left its node in good order. First the journal is told who owns
/// the call now, which shuts the former owner out; then media is opened here, and a re-INVITE through a living gateway tells
/// the peer our new Contact and description, with keys that are drawn anew. What its transport means for that:
/// <list type="bullet">
/// <item>UDP: any gateway can send it, to the peer's Contact, or past a NAT to where its messages came from. A NAT that lets
/// nobody in but the former gateway's address keeps it out; the call then ends by the deadline.</item>
/// <item>TCP, TLS: the former connection ended with its gateway. A new one goes where Contact or Route points (RFC 3263), or by
/// the flow of the phone's registration at the gateway that is asked.</item>
/// <item>WebSocket: nobody can connect to a browser. It must register again, at any gateway, until the deadline.</item>
/// </list>
/// </remarks>
public sealed partial class CallActor
{
    /// <summary>How long the journal may take to shut a former owner out; the caller is worth more than its opinion.</summary>
    private static readonly TimeSpan FenceDeadline = TimeSpan.FromSeconds(2);

    /// <summary>64*T1: no transaction lasts longer (RFC 3261 §17.1.1.2), and no caller waits longer for an agent to come back.</summary>
    private static readonly TimeSpan TakeUpDeadline = TimeSpan.FromSeconds(32);

    private static readonly TimeSpan OfferRetry = TimeSpan.FromSeconds(1);

    // A call that brings its process down time and again is ended before it does so for ever.
    private const int MostCrashes = 5;
    private static readonly TimeSpan CrashWindow = TimeSpan.FromMinutes(1);

    /// <summary>The taking up of the call, until its peer has answered; null before and after.</summary>
    private TakeUp? _takeUp;

    /// <param name="formerNode">Who held the call.</param>
    /// <param name="left">How it was left; null after a crash.</param>
    /// <param name="recording">How its recording stood; null when there was none.</param>
    private sealed class TakeUp(string formerNode, CallEvents.LeftNode? left, InterruptedRecording? recording)
    {
        public string FormerNode { get; } = formerNode;

        /// <summary>As the journal had it: what its node left on disk may be found, and told as stopped, before the call goes on.</summary>
        public InterruptedRecording? Recording { get; } = recording;

        public CallEvents.LeftNode? Left { get; } = left;

        public bool IsMigrated => Left is not null;

        public IActorRef? Gateway { get; set; }

        /// <summary>The journal has been waited for as long as it may take.</summary>
        public bool HasWaited { get; set; }

        /// <summary>The peer refused the offer of all that we have.</summary>
        public bool OffersCodecInUseOnly { get; set; }
    }

    private sealed record FenceOverdue
    {
        public static readonly FenceOverdue Instance = new();
    }

    private sealed record TakeUpOverdue
    {
        public static readonly TakeUpOverdue Instance = new();
    }

    private sealed record OfferDue
    {
        public static readonly OfferDue Instance = new();
    }

    // ---- the fence ----

    private void BeginTakeUp()
    {
        var record = _state.Record!;
        var left = _state.Left;
        var takeUp = _takeUp = new TakeUp(record.Node, left, InterruptedRecording.Of(record, left?.Recording));
        _log.Info(
            "Call {CallId} of node {Node} is taken up (left in good order: {Migrated})",
            _id,
            takeUp.FormerNode,
            takeUp.IsMigrated
        );
        _agent = _state.Agent;
        Record(new CallEvents.TakenUp(_id, Now, _services.NodeName, _state.TakeUps + 1, takeUp.IsMigrated));
        Become(TakingUp);
        Timers.StartSingleTimer(nameof(FenceOverdue), FenceOverdue.Instance, FenceDeadline);
        Timers.StartSingleTimer(nameof(TakeUpOverdue), TakeUpOverdue.Instance, TakeUpDeadline);
        SeekGateway(SeekReason.TakeUp, except: null);
    }

    /// <summary>What comes meanwhile is handled when the call is there again: the peer's BYE, its re-INVITE, a command.</summary>
    private void TakingUp()
    {
        Receive<JournalMessages.Appended>(appended =>
        {
            _durable = appended.Cookie;
            TakeUpWhenSafe();
        });
        Receive<JournalMessages.Failed>(failed =>
        {
            _journalFailed = true;
            _log.Error("Call {CallId} is taken up without its journal: {Cause}", _id, failed.Cause);
            TakeUpWhenSafe();
        });
        Receive<JournalMessages.Fenced>(_ =>
        {
            // The former owner's last words came in between: the call is read anew, wherever its home is.
            WakeAgain();
            OnFenced();
        });
        Receive<FenceOverdue>(_ =>
        {
            _takeUp!.HasWaited = true;
            TakeUpWhenSafe();
        });
        Receive<GatewayFound>(found =>
        {
            _takeUp!.Gateway = found.Gateway;
            if (found.Gateway is null)
            {
                Timers.StartSingleTimer(nameof(SeekDue), new SeekDue(SeekReason.TakeUp), SeekRetry);
            }
            TakeUpWhenSafe();
        });
        Receive<SeekDue>(due => SeekGateway(due.Reason, except: null));
        Receive<TakeUpOverdue>(_ =>
        {
            Become(InCall);
            Lose("no SIP gateway is there that could tell its peer");
            Stash.UnstashAll();
        });
        Receive<CallQueries.Get>(_ => Sender.Tell(new CallQueries.Answer(_id, _state.Record)));
        Receive<CallCommands.Recover>(_ => RecoverInVain("it is being taken up"));
        ReceiveAny(_ => Stash.Stash());
    }

    private void TakeUpWhenSafe()
    {
        var takeUp = _takeUp!;
        if (takeUp.Gateway is null || !(_durable >= _journaled || _journalFailed || takeUp.HasWaited))
        {
            return;
        }
        Timers.Cancel(nameof(FenceOverdue));
        UseGateway(takeUp.Gateway);
        Become(InCall);
        TakeUpNow();
        Stash.UnstashAll();
    }

    private void TakeUpNow()
    {
        if (_state.Crashes.Count(at => Now - at < CrashWindow) > MostCrashes)
        {
            Lose($"more than {MostCrashes} times within a minute");
            return;
        }
        if (_state.SipDialog is not { Length: > 0 } json || ReadLeg(json) is not { Settled: { } session } kept)
        {
            Lose("its SIP dialog was not journaled yet");
            return;
        }
        if (_state.IsAnswered)
        {
            TakeUpAnswered(kept, session);
        }
        else
        {
            TakeUpUnanswered(kept, session);
        }
    }

    // ---- nothing to take up ----

    private void RecoverInVain(string why) =>
        _log.Debug("Call {CallId} was to be taken up, which came to nothing: {Why}", _id, why);

    private void NoteNoPast()
    {
        if (!_services.WithoutPast.Note(_id))
        {
            RecoverInVain("the journal holds nothing of it still");
            return;
        }
        _services.Metrics.WithoutPast();
        _log.Warning(
            "Call {CallId} cannot be taken up: the journal holds nothing of it; its node went before it had written",
            _id
        );
    }

    // ---- an answered call ----

    private void TakeUpAnswered(CallLegState kept, SipSessionState session)
    {
        var media = _state.Media is { Length: > 0 } json
            ? JsonSerializer.Deserialize<NegotiatedMedia>(json, WireSerializer.Json)
            : null;
        Negotiation? negotiation = null;
        if (media is not null && TryOpenMedia(_state.Called))
        {
            negotiation = Negotiate(PeerOf(kept), terms: kept.Terms, sessionId: media.SessionId);
            negotiation.TakeUp(media, kept.SdpVersion ?? media.SessionVersion, kept.Holding ?? false);
        }
        var leg = RestoreLeg(kept, session, negotiation);
        if (negotiation is null)
        {
            Lose(media is null ? "what its media is was not agreed yet" : "no RTP port is free");
            return;
        }
        (leg.Answered, leg.Connected, leg.Journaled) = (true, true, media);
        (_leg, _rang) = (leg, true);
        if (_state.Record!.State == CallPhase.Answered)
        {
            Record(new CallEvents.Confirmed(_id, Now));
        }
        // Secret until somebody says otherwise, as it was.
        _pausedByRequest = _takeUp!.Recording is { Paused: true };
        GiveUpReferrals(leg);
        if (media!.Security is null)
        {
            // The peer may hear us before it has answered, and turns to a stream that runs; but not without keys that it knows.
            // A service waits until then where the former node still sends: its music would be heard twice.
            StartOrUpdate(media);
        }
        OfferAgain(leg);
        _resumed = new ResumedTalk(_state.Heard, _state.Delivered, _state.Input, _takeUp!.IsMigrated);
        Attach();
        StartTalking();
    }

    private static IPAddress? PeerOf(CallLegState kept) =>
        kept.Path is { } path ? IPEndPoint.Parse(path.Remote).Address : null;

    private CallLeg RestoreLeg(CallLegState kept, SipSessionState session, Negotiation? negotiation)
    {
        var restored = SipSession.Restore(session, _services.Session, Elapsed);
        var number = kept.Number ?? 1;
        _lastLeg = Math.Max(_lastLeg, number);
        var leg = new CallLeg(number, restored, kept.Path, negotiation)
        {
            Trunk = kept.Trunk,
            PlacedByTrunk = kept.PlacedByTrunk ?? false,
            AllowReferrals = kept.AllowReferrals ?? true,
            Terms = kept.Terms,
            FlowIsLost = !IsSameGateway(kept.Gateway),
        };
        _legs.Add(leg);
        return leg;
    }

    /// <summary>A leg that was being called at the peer's wish is gone with its process: the peer is told so.</summary>
    private void GiveUpReferrals(CallLeg leg)
    {
        foreach (var referral in leg.Session.State.Referrals)
        {
            if (referral.Ours)
            {
                // Its outcome may still come, and then ends the call as it would have.
                _transfer = referral.Id;
            }
            else
            {
                leg.Session.ReportReferral(referral.Id, SipStatus.ServiceUnavailable, Elapsed);
            }
        }
        Drain(leg);
    }

    // ---- the re-INVITE ----

    private void OfferAgain(CallLeg leg)
    {
        leg.Session.MoveTo(SipUri.Create(_id.Value, SipSession.PlaceholderHost));
        var offer = leg.Negotiation!.OfferAgain(_takeUp!.OffersCodecInUseOnly);
        if (leg.Session.Reoffer(offer, Elapsed) != SipSessionResult.Done)
        {
            // A change of the peer's is under way.
            leg.Negotiation.Withdraw();
            OfferLater();
        }
        Drain(leg);
    }

    private void OfferLater() => Timers.StartSingleTimer(nameof(OfferDue), OfferDue.Instance, OfferRetry);

    private void OnOfferDue()
    {
        if (_takeUp is not null && _leg is { Session.End: null })
        {
            SeekGateway(SeekReason.TakeUp, except: _gateway);
        }
    }

    /// <summary>The peer has answered: the call is here, with all that belongs to it.</summary>
    private void OnTakenUp()
    {
        if (_takeUp is not { } takeUp)
        {
            return;
        }
        ForgetTakeUp();
        _services.Metrics.TakenUp("continued", takeUp.IsMigrated, Elapsed);
        _log.Info("Call {CallId} goes on after {Ms} ms", _id, (int)Elapsed.TotalMilliseconds);
        BeginService();
        if (takeUp.Left is { } left)
        {
            ReleaseGhostWhenHeard(new GhostDue(left.Address, Elapsed + FirstPacketWithin));
        }
        TakeUpRecording(takeUp.Recording);
    }

    /// <param name="response">Null: the request came to nothing before the peer said anything.</param>
    private void OnTakeUpRefused(CallLeg leg, int status, string? cause, bool byPeer)
    {
        if (!byPeer || status == SipStatus.RequestPending || status is >= 500 and < 600)
        {
            _log.Warning(
                "Call {CallId}: the peer could not be told that it goes on: {Status} {Cause}",
                _id,
                status,
                cause
            );
            OfferLater();
            return;
        }
        if (!_takeUp!.OffersCodecInUseOnly)
        {
            _takeUp.OffersCodecInUseOnly = true;
            OfferAgain(leg);
            return;
        }
        HangUp(Lost($"its peer refused the re-INVITE: {status} {cause}", status));
    }

    private void OnTakeUpOverdue()
    {
        if (_takeUp is not null)
        {
            HangUp(Lost("its peer could not be told of it", SipStatus.RequestTimeout));
        }
    }

    private void ForgetTakeUp()
    {
        _takeUp = null;
        Timers.Cancel(nameof(OfferDue));
        Timers.Cancel(nameof(TakeUpOverdue));
        Timers.Cancel(nameof(FenceOverdue));
    }

    private EndCause Lost(string detail, int? status = null) =>
        new(
            EndedBy.Platform,
            EndReason.NodeLost,
            status,
            $"node {_takeUp?.FormerNode ?? _state.Record!.Node} went away, and the call could not go on: {detail}"
        );

    /// <summary>The call cannot go on: its record gets its end, and whoever can be told is.</summary>
    private void Lose(string detail) => End(Lost(detail));

    // ---- shut out ----

    /// <summary>
    /// The call lives elsewhere. Not a word to anyone: its peer and its conversation are another's now, and so is its record.
    /// </summary>
    private void OnFenced()
    {
        _log.Warning("Call {CallId} lives elsewhere: it is left to its new owner", _id);
        _unjournaled.Clear();
        _rungs.Clear();
        Timers.CancelAll();
        FallSilentAtOnce();
        Context.Stop(Self);
    }

    private void FallSilentAtOnce()
    {
        if (_media is not { } media)
        {
            return;
        }
        _services.LiveCalls.Remove(_id, isOver: true);
        StopVoice();
        media.Abandon();
        _media = null;
    }
}

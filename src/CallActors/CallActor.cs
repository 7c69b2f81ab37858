using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using Akka.Hosting;
using OCPlatform.CallActors.Signalling;
using OCPlatform.CallActors.Voice;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Journaling;
using OCPlatform.Contracts.Serialization;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.CallActors;

/// <summary>
/// One call: a sharded entity that owns its SIP dialog, its media session, its ear and its voice. What it decides it
/// applies to its state at once and journals behind (see <see cref="Journal"/>), so that no caller waits for a disk.
/// A call whose first message is its INVITE is new and needs no past; any other first message finds an actor that was
/// moved or restarted, and waits until the journal has told what the call was.
/// </summary>
/// <remarks>
/// This file: life and journal. CallActor.Signalling.cs: messages between gateway and SIP sessions. CallActor.Session.cs:
/// what sessions tell. CallActor.Beginning.cs: whether it begins at all; CallActor.Answering.cs: when it is answered.
/// CallActor.Legs.cs: how legs begin, ring and end. CallActor.Transfer.cs: another party takes the peer's place. CallActor.Media.cs: the audio path. CallActor.Verbs.cs: what the call is asked to do;
/// CallActor.Placing.cs: before the answer; CallActor.Digits.cs: keys that we send. CallActor.Conversation.cs: who says what.
/// CallActor.Recording.cs: what is recorded; CallActor.Consent.cs: what is said before. CallActor.Quality.cs and
/// CallActor.Capture.cs: how it sounds, and what was on the wire. CallActor.TakeUp.cs, CallActor.Unanswered.cs and
/// CallActor.Resuming.cs: how it goes on in another process; CallActor.Leaving.cs: how it gets there in good order;
/// CallActor.Gateways.cs: how it finds its gateway; CallActor.Moving.cs: how its peer hears of another one.
/// </remarks>
public sealed partial class CallActor : ReceiveActor, IWithTimers, IWithStash
{
    private static readonly TimeSpan JournalDeadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PastRetry = TimeSpan.FromSeconds(2);

    // A call of an hour with a refresh every minute has some 300.
    private const int MostRungs = 1_000;

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CallId _id;
    private readonly CallServices _services;
    private readonly CallOptions _options;
    private readonly TimeProvider _time;
    private readonly long _startedTicks;
    private readonly List<SipRung> _rungs = [];
    private readonly List<IWireMessage> _unjournaled = [];
    private IActorRef? _journal;
    private int _ladderRungs;
    private CallState _state = CallState.Empty;
    private long _journaled;
    private long _durable;
    private bool _journalFailed;
    private bool _journalAway;
    private bool _isNew;

    /// <summary>The actor was started to take the call up, not by somebody who may have made the id up.</summary>
    private bool _wasWoken;

    public CallActor(string entityId, CallServices services)
    {
        _id = new CallId(entityId);
        _services = services;
        _options = services.Options;
        _time = services.Time;
        _startedTicks = _time.GetTimestamp();
        Become(Fresh);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public IStash Stash { get; set; } = null!;

    private DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>Offsets for the sans-IO parts, from the start of this actor.</summary>
    private TimeSpan Elapsed => _time.GetElapsedTime(_startedTicks);

    // ---- behaviours ----

    private void Fresh()
    {
        Receive<SipGatewayEvents.InviteArrived>(OpenInTime, arrived => !Replaces(arrived));
        Receive<CallCommands.Place>(Open);
        Receive<CallCommands.LeaveNode>(_ => Context.Stop(Self));
        ReceiveAny(message =>
        {
            _wasWoken = message is CallCommands.Recover;
            Stash.Stash();
            _journal = Context.ActorOf(Journal.Props(PersistenceId), "journal");
            Become(Recovering);
        });
    }

    private void Recovering()
    {
        Receive<JournalMessages.Recovered>(OnRecovered);
        Receive<JournalMessages.Failed>(OnPastUnknown);
        Receive<JournalMessages.Fenced>(_ => OnFenced());
        Receive<JournalMessages.Away>(_ => { });
        Receive<JournalMessages.Back>(_ => { });
        Receive<CallCommands.Recover>(_ =>
        {
            _wasWoken = true;
            RecoverInVain("its past is being read");
        });
        ReceiveAny(_ => Stash.Stash());
    }

    private void InCall()
    {
        Receive<SipGatewayEvents.InviteArrived>(OnReplacingInvite);
        Signalling();
        Verbs();
        RecordingVerbs();
        Receive<AnswerDue>(_ => OnAnswerDue());
        Receive<VoiceEvent>(OnVoice);
        Receive<IConversationMessage>(OnConversation);
        Receive<ReplyOverdue>(OnReplyOverdue);
        Receive<AttachAgain>(_ => Attach());
        Receive<ConversationGone>(OnConversationGone);
        Receive<CallCommands.Recover>(_ => RecoverInVain("it is here"));
        Receive<CallCommands.LeaveNode>(_ => LeaveNode());
        Receive<LeaveDue>(_ => LeaveWhenReady());
        Receive<OfferDue>(_ => OnOfferDue());
        Receive<GhostDue>(ReleaseGhostWhenHeard);
        Receive<TakeUpOverdue>(_ => OnTakeUpOverdue());
        Receive<NothingOwed>(_ => OnNothingOwed());
        JournalAndQueries();
    }

    /// <summary>The call is over: what is journaled must become durable, requests that still come get 481.</summary>
    private void Over()
    {
        Receive<SipGatewayEvents.InviteArrived>(RefuseUnknown);
        Signalling();
        NoVerbs();
        Receive<ReceiveTimeout>(_ =>
        {
            // What happened while the database is away must outlive the call, or it never ends for those who look later.
            if (!_journalAway)
            {
                Context.Stop(Self);
            }
        });
        Receive<CallCommands.LeaveNode>(_ =>
        {
            _departure ??= new Departure(Elapsed);
            StopWhenDone();
        });
        JournalAndQueries();
        Receive<CallCommands.Recover>(_ => RecoverInVain("it is over"));
        ReceiveAny(_ => { });
        Context.SetReceiveTimeout(JournalDeadline);
        StopWhenDone();
    }

    private void JournalAndQueries()
    {
        RecordingOutcomes();
        Receive<JournalMessages.Recovered>(_ => { });
        Receive<JournalMessages.Appended>(appended =>
        {
            _durable = appended.Cookie;
            StopWhenDone();
            AnswerIfSaved();
            if (_departure?.LeftAt is not null)
            {
                LeaveWhenReady();
            }
        });
        Receive<JournalMessages.Fenced>(_ => OnFenced());
        Receive<JournalMessages.Away>(_ =>
        {
            _journalAway = true;
            AnswerIfSaved();
        });
        Receive<JournalMessages.Back>(_ => _journalAway = false);
        Receive<JournalMessages.Failed>(failed =>
        {
            _journalAway = false;
            // The caller is worth more than the record: the call goes on, and says so.
            _journalFailed = true;
            _log.Error("Call {CallId} goes on without its journal: {Cause}", _id, failed.Cause);
            StopWhenDone();
            AnswerIfSaved();
        });
        Receive<CallQueries.Get>(_ => Sender.Tell(new CallQueries.Answer(_id, RecordNow())));
    }

    // ---- past ----

    private string PersistenceId => $"call-{_id}";

    private void OnRecovered(JournalMessages.Recovered recovered)
    {
        _state = recovered.Events.Cast<ICallEvent>().Aggregate(_state, (state, e) => state.Apply(e));
        if (_state.Record is not null && !_state.IsEnded)
        {
            BeginTakeUp();
            return;
        }
        if (_state.Record is null && _wasWoken)
        {
            NoteNoPast();
        }
        Become(Past);
        Stash.UnstashAll();
    }

    private void OnPastUnknown(JournalMessages.Failed failed)
    {
        _log.Error("Call {CallId} cannot be taken up: {Cause}", _id, failed.Cause);
        if (_wasWoken && ActorRegistry.For(Context.System).TryGet<CallRegion>(out var calls))
        {
            // A database that is away for a moment ends no call: it is taken up when there is something to read.
            Context.System.Scheduler.ScheduleTellOnce(
                PastRetry,
                calls,
                new CallCommands.Recover(_id),
                ActorRefs.NoSender
            );
        }
        Context.Stop(Self);
    }

    /// <summary>
    /// A call that is over: it answers questions, refuses requests, and goes. Or one that never was, and may begin yet:
    /// the journal can be quicker to say so than the shard to hand over the INVITE that it started this actor for.
    /// </summary>
    private void Past()
    {
        Receive<SipGatewayEvents.InviteArrived>(OpenInTime, _ => _state.Record is null);
        Receive<CallCommands.Place>(Open, _ => _state.Record is null);
        Receive<SipGatewayEvents.InviteArrived>(RefuseUnknown);
        Receive<SipGatewayEvents.RequestArrived>(RefuseUnknown);
        NoVerbs();
        RecordingOutcomes();
        Receive<CallCommands.LeaveNode>(_ => Context.Stop(Self));
        Receive<CallCommands.Recover>(
            // What its node wrote last may be in the journal by the time that somebody asks again: it is read anew then.
            _ => Context.Parent.Tell(new Passivate(PoisonPill.Instance)),
            _ => _state.Record is null
        );
        Receive<CallCommands.Recover>(_ => RecoverInVain("it is over"));
        Receive<CallQueries.Get>(_ => Sender.Tell(new CallQueries.Answer(_id, _state.Record)));
        Receive<ReceiveTimeout>(_ => Context.Parent.Tell(new Passivate(PoisonPill.Instance)));
        ReceiveAny(_ => { });
        Context.SetReceiveTimeout(TimeSpan.FromSeconds(5));
    }

    // ---- journal ----

    private void Record(ICallEvent @event)
    {
        if (@event is CallEvents.SipExchanged && ++_ladderRungs > MostRungs)
        {
            return; // A peer that floods its own call must not fill memory and journal.
        }
        _state = _state.Apply(@event);
        if (@event is CallEvents.SipExchanged sip)
        {
            // Rungs are many and decide nothing: they are written with the next event that does.
            _rungs.Add(new SipRung(sip.At, sip.Incoming, sip.StartLine, sip.CSeq));
            return;
        }
        TakeRungs();
        _unjournaled.Add(@event);
    }

    /// <summary>What one message brought about is one write.</summary>
    protected override bool AroundReceive(Receive receive, object message)
    {
        if (_services.Fence.HasFallen)
        {
            Context.Stop(Self); // Another node has this call, or will: not a word, not an event more.
            return true;
        }
        var handled = base.AroundReceive(receive, message);
        Flush();
        return handled;
    }

    private void TakeRungs()
    {
        if (_rungs.Count > 0)
        {
            _unjournaled.Add(new CallEvents.SipLadder(_id, Now, [.. _rungs]));
            _rungs.Clear();
        }
    }

    private void Flush()
    {
        if (_unjournaled.Count == 0)
        {
            return;
        }
        if (!_journalFailed)
        {
            _journal ??= Context.ActorOf(Journal.NewProps(PersistenceId), "journal");
            _journal.Tell(new JournalMessages.Append([.. _unjournaled], ++_journaled));
        }
        _unjournaled.Clear();
    }

    private CallRecord? RecordNow() =>
        _state.Record is { } record && _media is not null ? record with { Quality = Quality() } : _state.Record;

    // ---- end ----

    /// <summary>The one place where a call ends: record, legs, conversation, media, metrics. The first cause counts.</summary>
    private void End(EndCause cause)
    {
        if (_state.IsEnded)
        {
            return;
        }
        cause = _endCause ?? cause;
        if (_takeUp is { } takeUp)
        {
            var outcome = cause.Reason == EndReason.NodeLost ? "lost" : "ended";
            _services.Metrics.TakenUp(outcome, takeUp.IsMigrated, took: null);
            ForgetTakeUp();
        }
        var quality = Quality();
        Record(new CallEvents.Ended(_id, Now, cause, quality));
        _log.Info(
            "Call {CallId} ended by {By}: {Reason} {Status} {Detail}",
            _id,
            cause.By,
            cause.Reason,
            cause.SipStatus,
            cause.Detail
        );
        EndConversation(cause.Reason.ToString());
        Release();
        _services.Metrics.Ended(cause, quality, _state.Record?.Trunk);
        FailVerbs(cause);
        Timers.CancelAll();
        foreach (var leg in _legs.Where(leg => leg.Session.End is null).ToList())
        {
            HangUpLeg(leg, cause.Detail ?? cause.Reason.ToString());
        }
        Become(Over);
        ArmSignallingDeadline();
    }

    private void StopWhenDone()
    {
        if (!_state.IsEnded || _legs.Count > 0 || _recordingsEnding > 0)
        {
            return;
        }
        TakeRungs();
        if (_unjournaled.Count == 0 && (_durable == _journaled || _journalFailed))
        {
            if (_departure is not null)
            {
                // A shard that leaves waits for its calls to stop, and passivates none any more.
                Context.Stop(Self);
                return;
            }
            Context.Parent.Tell(new Passivate(PoisonPill.Instance));
        }
    }

    private void Release()
    {
        EndRecording();
        StopVoice();
        if (_media is { } media)
        {
            // Not in another's name: the call may be at home here again already.
            _services.LiveCalls.Remove(_id, isOver: _state.IsEnded);
            media.Dispose();
            _media = null;
        }
    }

    private void StopVoice()
    {
        if (_pumped is null)
        {
            _voice?.Dispose();
        }
        _pumped?.Dispose();
        _service?.Dispose();
        (_pumped, _voice, _service) = (null, null, null);
    }

    protected override void PostStop()
    {
        Release();
        _capture?.End("the call was over");
    }

    /// <summary>After a defect: media and voice are gone, so the other side is told with BYE and the record gets its end.</summary>
    protected override void PostRestart(Exception reason)
    {
        base.PostRestart(reason);
        Self.Tell(new CallCommands.Recover(_id));
    }
}

using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using OCPlatform.CallActors.Voice;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.CallActors;

/// <remarks>
/// How a call leaves its node in good order: the agent stops at a word that the journal knows, what was decided becomes
/// durable, and the actor stops without a word to its peer, whose audio goes on from here until the new owner's runs.
/// </remarks>
public sealed partial class CallActor
{
    // A clause that ends this soon is worth the wait; the caller's own words are worth a little more.
    private static readonly TimeSpan ClauseWithin = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan CallerWithin = TimeSpan.FromSeconds(2);

    // A transaction of either side can be waited for this long; then the call moves all the same.
    private static readonly TimeSpan TransactionWithin = TimeSpan.FromSeconds(1);

    // A call of ours that rings cannot move: its INVITE is bound to its gateway. So it may be answered first.
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan LeavePoll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan DurableWithin = TimeSpan.FromSeconds(2);

    /// <summary>
    /// What a call takes to leave at most. Its shard must give it longer (akka.cluster.sharding.handoff-timeout, which cuts
    /// entities 5 s before its end), or it is cut without the event that it left.
    /// </summary>
    internal static readonly TimeSpan LongestDeparture = AnswerWithin + DurableWithin;

    // A tick of the media clock; and what a stream may wait for its first packet (a held one sends none).
    private static readonly TimeSpan MediaTick = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan FirstPacketWithin = TimeSpan.FromMilliseconds(500);

    private Departure? _departure;

    private sealed class Departure(TimeSpan since)
    {
        public TimeSpan Since { get; } = since;

        public bool IsSilent { get; set; }

        /// <summary>When the journal got the last event of this node; null before.</summary>
        public TimeSpan? LeftAt { get; set; }
    }

    private sealed record GhostDue(string Address, TimeSpan Until);

    private sealed record LeaveDue
    {
        public static readonly LeaveDue Instance = new();
    }

    private void LeaveNode()
    {
        if (_departure is not null)
        {
            return;
        }
        _departure = new Departure(Elapsed) { IsSilent = _pumped is null };
        if (_pumped is not null)
        {
            _voice!.FallSilent(ClauseWithin, CallerWithin);
        }
        LeaveWhenReady();
    }

    private void OnFellSilent(VoiceEvent.FellSilent silent)
    {
        if (silent.Heard is { Turn: > 0 } heard)
        {
            RecordHeard(heard);
        }
        if (_departure is { } departure)
        {
            departure.IsSilent = true;
            LeaveWhenReady();
        }
    }

    private void LeaveWhenReady()
    {
        if (_departure is not { } departure || _state.IsEnded)
        {
            return;
        }
        if (departure.LeftAt is null)
        {
            var waited = Elapsed - departure.Since;
            var mayWait =
                (!departure.IsSilent && waited < CallerWithin + ClauseWithin)
                || (HasOpenTransaction && waited < TransactionWithin)
                || (IsCalling && waited < AnswerWithin);
            if (mayWait)
            {
                Timers.StartSingleTimer(nameof(LeaveDue), LeaveDue.Instance, LeavePoll);
                return;
            }
            CallRecordingState? recording =
                _recording is null ? null
                : _recording.Recorder.Paused ? CallRecordingState.Paused
                : CallRecordingState.Recording;
            EndRecording();
            departure.LeftAt = Elapsed;
            var cluster = _services.Cluster;
            Record(
                new CallEvents.LeftNode(
                    _id,
                    Now,
                    _services.NodeName,
                    cluster.Self.Address,
                    _leg is { } leg ? JsonOf(leg) : null,
                    _leg is { Connected: true } connected ? MediaOf(connected) : null,
                    recording
                )
            );
            TakeRungs();
            Flush();
        }
        var isDurable = (_durable >= _journaled && _recordingsEnding == 0) || _journalFailed;
        if (!isDurable && Elapsed - departure.LeftAt < DurableWithin)
        {
            Timers.StartSingleTimer(nameof(LeaveDue), LeaveDue.Instance, LeavePoll);
            return;
        }
        Depart();
    }

    /// <summary>An INVITE of ours has no final response yet.</summary>
    private bool IsCalling =>
        _leg is { Session: { Phase: SipSessionPhase.Inviting, Role: OCPlatform.Sip.Dialogs.SipDialogRole.Uac } };

    /// <summary>An INVITE, or another change of the session, of either side has no outcome yet.</summary>
    private bool HasOpenTransaction =>
        _next is not null
        || _legs.Any(leg =>
            leg.Session.State
                is { Change: not null }
                    or { Unacknowledged: not null }
                    or { Unanswered.Count: > 0 }
                    or { Requests.Count: > 0 }
        );

    private void Depart()
    {
        _log.Info(
            "Call {CallId} leaves this node after {Ms} ms",
            _id,
            (int)(Elapsed - _departure!.Since).TotalMilliseconds
        );
        FailVerbs(
            new EndCause(EndedBy.Platform, EndReason.NodeLost, null, "the call moves to another node; ask again")
        );
        Timers.CancelAll();
        if (_media is { } media)
        {
            _services.LiveCalls.Remove(_id, isOver: false);
            StopVoice();
            if (_mediaStarted)
            {
                _services.Ghosts.Keep(_id, media);
            }
            else
            {
                media.Dispose();
            }
            _media = null;
        }
        // Kept by the region while the shard has no home, and the first that its new home hears.
        WakeAgain();
        Context.Stop(Self);
    }

    /// <summary>Has the call taken up by whoever is its home now.</summary>
    private void WakeAgain()
    {
        if (ActorRegistry.For(Context.System).TryGet<CallRegion>(out var calls))
        {
            calls.Tell(new CallCommands.Recover(_id));
        }
    }

    /// <summary>The former node sends for us until a packet of ours is out, so that nothing is missing between them.</summary>
    private void ReleaseGhostWhenHeard(GhostDue due)
    {
        if (_media is { Stats.PacketsSent: 0 } && Elapsed < due.Until)
        {
            Timers.StartSingleTimer(nameof(GhostDue), due, MediaTick);
            return;
        }
        ReleaseGhost(due.Address);
    }

    private void ReleaseGhost(string address)
    {
        if (address == _services.Cluster.Self.Address)
        {
            _services.Ghosts.Release(_id);
        }
        else
        {
            Context
                .ActorSelection($"{address}/user/{MediaGhostMessages.ActorName}")
                .Tell(new MediaGhostMessages.Release(_id));
        }
    }
}

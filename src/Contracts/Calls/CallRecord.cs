using System.Collections.Immutable;
using OCPlatform.Contracts.Conversations;

namespace OCPlatform.Contracts.Calls;

public enum CallPhase
{
    Received,
    Ringing,
    Answered,
    InConversation,
    Ended,
}

/// <summary>One turn of a call as the record shows it.</summary>
public sealed record CallTurn(
    Speaker Speaker,
    string Text,
    DateTimeOffset StartedAt,
    DateTimeOffset EndedAt,
    int? LatencyMs,
    bool Interrupted
);

/// <summary>Somebody who took the place of a call's peer.</summary>
public sealed record CallPeer(DateTimeOffset At, string Address, string RemoteAddress, string SipCallId);

/// <summary>The call was taken up on a node, after a crash or, migrated, when its former node had left it in good order.</summary>
public sealed record CallMove(DateTimeOffset At, string Node, bool Migrated);

/// <summary>One rung of the SIP ladder.</summary>
public sealed record SipRung(DateTimeOffset At, bool Incoming, string StartLine, string CSeq);

/// <summary>
/// Everything the platform tells about a call, folded from its events. <see cref="Apply"/> is pure and total: the same
/// events give the same record, and an unknown event throws.
/// </summary>
public sealed record CallRecord
{
    public required CallId Id { get; init; }
    public CallPhase State { get; init; }
    public CallDirection Direction { get; init; }
    public string From { get; init; } = "";
    public string To { get; init; } = "";
    public string Trunk { get; init; } = "";
    public string Node { get; init; } = "";
    public string RemoteAddress { get; init; } = "";
    public string SipCallId { get; init; } = "";
    public string? Codec { get; init; }

    /// <summary>How the media is encrypted, such as "SDES AEAD_AES_128_GCM" or "DTLS"; null when it is not.</summary>
    public string? Encryption { get; init; }
    public bool OnHold { get; init; }
    public DateTimeOffset ReceivedAt { get; init; }
    public DateTimeOffset? RingingAt { get; init; }
    public DateTimeOffset? AnsweredAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public EndCause? EndCause { get; init; }
    public MediaQuality? Quality { get; init; }
    public ImmutableList<CallTurn> Turns { get; init; } = [];
    public ImmutableList<SipRung> Ladder { get; init; } = [];
    public string Digits { get; init; } = "";

    /// <summary>The tone of a fax machine that was heard: Cng or Ced; null when none was.</summary>
    public string? Fax { get; init; }

    /// <summary>What was recorded of the call, and where it is.</summary>
    public ImmutableList<CallRecording> Recordings { get; init; } = [];

    /// <summary>Those who took the first peer's place, in order.</summary>
    public ImmutableList<CallPeer> Peers { get; init; } = [];

    /// <summary>When and where the call was taken up by another process; Node is the last of them.</summary>
    public ImmutableList<CallMove> Moves { get; init; } = [];

    /// <summary>The record of a call whose first event is given.</summary>
    public static CallRecord Open(CallEvents.Received e) =>
        new()
        {
            Id = e.CallId,
            State = CallPhase.Received,
            Direction = e.Direction,
            From = e.From,
            To = e.To,
            Trunk = e.Trunk,
            Node = e.Node,
            RemoteAddress = e.RemoteAddress,
            SipCallId = e.SipCallId,
            ReceivedAt = e.At,
        };

    /// <summary>The record of a call that we place.</summary>
    public static CallRecord Open(CallEvents.Placed e) =>
        new()
        {
            Id = e.CallId,
            State = CallPhase.Received,
            Direction = CallDirection.Outbound,
            From = e.From,
            To = e.To,
            Node = e.Node,
            ReceivedAt = e.At,
        };

    /// <summary>The record after one more event. Null stands for a call of which nothing is known yet.</summary>
    public static CallRecord Apply(CallRecord? record, ICallEvent @event) =>
        @event is CallEvents.Received first ? Open(first)
        : @event is CallEvents.Placed placed ? Open(placed)
        : (record ?? new CallRecord { Id = @event.CallId }).Apply(@event);

    private CallRecord Apply(ICallEvent @event) =>
        @event switch
        {
            CallEvents.Ringing e => this with { State = CallPhase.Ringing, RingingAt = e.At },
            CallEvents.Answered e => this with
            {
                State = CallPhase.Answered,
                AnsweredAt = e.At,
                Codec = e.Codec,
                Encryption = e.Encryption,
            },
            CallEvents.Confirmed => this with { State = CallPhase.InConversation },
            CallEvents.Sent e => this with
            {
                Trunk = e.Trunk ?? "",
                RemoteAddress = e.RemoteAddress,
                SipCallId = e.SipCallId,
            },
            CallEvents.PeerReplaced e => this with
            {
                Peers = Peers.Add(new CallPeer(e.At, e.Peer, e.RemoteAddress, e.SipCallId)),
                Codec = e.Codec,
                Encryption = e.Encryption,
                OnHold = false,
            },
            CallEvents.SessionChanged e => this with { Codec = e.Codec, Encryption = e.Encryption, OnHold = e.OnHold },
            CallEvents.TurnSpoken e => this with
            {
                Turns = Turns.Add(new CallTurn(e.Speaker, e.Text, e.StartedAt, e.EndedAt, e.LatencyMs, e.Interrupted)),
            },
            CallEvents.AgentHeard or CallEvents.LeftNode => this,
            CallEvents.TakenUp e => this with
            {
                Node = e.Node,
                Moves = Moves.Add(new CallMove(e.At, e.Node, e.Migrated)),
            },
            CallEvents.DigitPressed e => this with { Digits = Digits + e.Digit },
            CallEvents.FaxHeard e => this with { Fax = e.Tone },
            CallEvents.SipExchanged e => this with
            {
                Ladder = Ladder.Add(new SipRung(e.At, e.Incoming, e.StartLine, e.CSeq)),
            },
            CallEvents.SipLadder e => this with { Ladder = Ladder.AddRange(e.Rungs) },
            CallEvents.Ended e => this with
            {
                State = CallPhase.Ended,
                EndedAt = e.At,
                EndCause = e.Cause,
                Quality = e.Quality ?? Quality,
            },
            CallEvents.RecordingStarted
            or CallEvents.RecordingPartStarted
            or CallEvents.RecordingPaused
            or CallEvents.RecordingResumed
            or CallEvents.RecordingStopped
            or CallEvents.RecordingFailed => this with
            {
                Recordings = CallRecording.Apply(Recordings, @event),
            },
            _ => throw new ArgumentOutOfRangeException(nameof(@event), @event.GetType().Name, "unknown call event"),
        };
}

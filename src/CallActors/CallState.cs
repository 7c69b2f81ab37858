using System.Collections.Immutable;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;

namespace OCPlatform.CallActors;

/// <summary>The last thing that the caller said or pressed and no turn of the agent has answered yet.</summary>
/// <param name="Id">Under which the conversation was told of it, or would have been.</param>
/// <param name="IsDigit">Text is a key that was pressed.</param>
public sealed record UnansweredInput(
    string Id,
    string Text,
    DateTimeOffset StartedAt,
    DateTimeOffset EndedAt,
    bool IsDigit
);

/// <summary>
/// A call as its journal tells it: the record that the API shows, and the snapshots from which the SIP dialog and the
/// media session are taken up again. Pure: the same events give the same state, and an unknown event throws.
/// </summary>
/// <param name="Record">Null until the first event.</param>
/// <param name="SipDialog">JSON of the SIP dialog's state as of the last event that changed it.</param>
/// <param name="Media">JSON of the negotiated media.</param>
public sealed record CallState(CallRecord? Record, string? SipDialog, string? Media)
{
    public static readonly CallState Empty = new(null, null, null);

    public bool IsEnded => Record?.State == CallPhase.Ended;

    public bool IsAnswered => Record?.State is CallPhase.Answered or CallPhase.InConversation;

    /// <summary>The user part that was called; null for a call that we place.</summary>
    public string? Called { get; init; }

    /// <summary>The agent that was asked for; null for the configured one.</summary>
    public string? Agent { get; init; }

    /// <summary>The agent's turn under way, as far as it was heard; null when there is none.</summary>
    public CallEvents.AgentHeard? Heard { get; init; }

    /// <summary>The last turn of the agent that was heard in full or cut.</summary>
    public CallEvents.TurnSpoken? Delivered { get; init; }

    public UnansweredInput? Input { get; init; }

    /// <summary>The call has left its node in good order, and nobody has taken it up yet.</summary>
    public CallEvents.LeftNode? Left { get; init; }

    /// <summary>How often another process has taken the call up.</summary>
    public int TakeUps { get; init; }

    /// <summary>When it was taken up after a crash.</summary>
    public ImmutableList<DateTimeOffset> Crashes { get; init; } = [];

    public CallState Apply(ICallEvent @event)
    {
        var next = this with { Record = CallRecord.Apply(Record, @event) };
        return @event switch
        {
            CallEvents.Received e => next with { Called = e.Called },
            CallEvents.Placed e => next with { Agent = e.Agent },
            CallEvents.Sent e => next with { SipDialog = e.SipDialog ?? SipDialog },
            CallEvents.Ringing e => next with { SipDialog = e.SipDialog ?? SipDialog },
            CallEvents.Answered e => next with { SipDialog = e.SipDialog, Media = e.Media },
            CallEvents.PeerReplaced e => next with { SipDialog = e.SipDialog, Media = e.Media },
            CallEvents.SessionChanged e => next with { SipDialog = e.SipDialog, Media = e.Media },
            CallEvents.TurnSpoken { Speaker: Speaker.User, InputId: { } id } e => next with
            {
                Input = new UnansweredInput(id, e.Text, e.StartedAt, e.EndedAt, IsDigit: false),
            },
            CallEvents.TurnSpoken { Turn: not null } e => next with { Delivered = e, Heard = null, Input = null },
            CallEvents.DigitPressed { Digit: not CallInputs.WithheldDigit } e => next with
            {
                Input = new UnansweredInput(
                    CallInputs.IdOf(CallInputs.Digit, e.At),
                    e.Digit,
                    e.At,
                    e.At,
                    IsDigit: true
                ),
            },
            CallEvents.AgentHeard e => next with { Heard = e, Input = null },
            CallEvents.LeftNode e => next with
            {
                Left = e,
                SipDialog = e.SipDialog ?? SipDialog,
                Media = e.Media ?? Media,
            },
            CallEvents.TakenUp e => next with
            {
                Left = null,
                TakeUps = e.Times,
                Crashes = e.Migrated ? Crashes : Crashes.Add(e.At),
            },
            _ => next,
        };
    }
}

/// <summary>How a call names what it tells its conversation.</summary>
internal static class CallInputs
{
    /// <summary>What stands for a key that is written down nowhere: no key of a telephone.</summary>
    public const string WithheldDigit = "x";

    public const string Digit = "d";
    public const string Message = "m";
    public const string Silence = "s";

    public static string IdOf(string kind, DateTimeOffset at) => $"{kind}{at.ToUnixTimeMilliseconds()}";
}

using System.Collections.Immutable;
using OCPlatform.Contracts.Conversations;

namespace OCPlatform.Dialog.Conversations;

/// <summary>A tool call of the turn that is open.</summary>
/// <param name="Result">JSON; null while it runs.</param>
public sealed record ToolUse(ToolRequested Call, string? Result, bool Failed);

/// <summary>What has to happen next for the turn that is owed.</summary>
public enum OwedStep
{
    /// <summary>Tools were called and have not returned.</summary>
    RunTools,

    /// <summary>The model has to be told the tools' results.</summary>
    AnswerTools,

    /// <summary>The model has to answer the person, or to open the conversation.</summary>
    AnswerInput,
}

/// <summary>The agent's turn that is owed.</summary>
/// <param name="Inputs">What it answers: more than one where the person went on before the answer; none: the opening.</param>
/// <param name="Tools">Called, and not yet answered by the model; also those of a turn that this one supersedes.</param>
/// <param name="Used">Tools whose results the model has taken in.</param>
/// <param name="Said">What its steps have said so far.</param>
public sealed record OpenTurn(
    int Number,
    ImmutableList<ConversationJournal.InputTaken> Inputs,
    ImmutableList<ToolUse> Tools,
    ImmutableList<ToolUse> Used,
    string Said
)
{
    public OwedStep Owed =>
        Tools.Any(tool => tool.Result is null) ? OwedStep.RunTools
        : Tools.IsEmpty ? OwedStep.AnswerInput
        : OwedStep.AnswerTools;
}

/// <summary>One turn of the history.</summary>
/// <param name="IntendedText">Agent turns: the whole text, of which Text is what was heard.</param>
/// <param name="Tools">Agent turns: the tools that were used for it.</param>
/// <param name="Heard">Agent turns by voice: whether it is known how much was heard.</param>
public sealed record HistoryTurn(
    int Number,
    Speaker Speaker,
    string Text,
    string IntendedText,
    bool Interrupted,
    bool Heard,
    AfterTurn Next,
    DateTimeOffset StartedAt,
    DateTimeOffset EndedAt,
    ImmutableList<ToolUse> Tools
);

/// <summary>
/// A conversation as its journal tells it. Pure: the same events give the same state, and an unknown event throws.
/// </summary>
public sealed record ConversationState
{
    // A channel repeats an input only around a lost connection; older ids than these cannot come again.
    private const int RememberedInputs = 256;

    public static readonly ConversationState Empty = new();

    /// <summary>Null until the conversation was opened.</summary>
    public ConversationJournal.Opened? Opened { get; private init; }
    public ImmutableList<HistoryTurn> History { get; private init; } = [];
    public DialogNotes Notes { get; private init; } = DialogNotes.Empty;

    /// <summary>The agent's turn that is owed; null while the person has the floor.</summary>
    public OpenTurn? Open { get; private init; }
    public int LastTurn { get; private init; }
    public string? ClosedBecause { get; private init; }

    private ImmutableQueue<string> InputOrder { get; init; } = ImmutableQueue<string>.Empty;
    private ImmutableDictionary<string, int> Inputs { get; init; } = ImmutableDictionary<string, int>.Empty;

    public bool IsClosed => ClosedBecause is not null;

    /// <summary>The turn that answers an input taken before; null when the id is new.</summary>
    public int? TurnOfInput(string inputId) => Inputs.TryGetValue(inputId, out var turn) ? turn : null;

    /// <summary>The agent's last turn when it was answered and nobody has told how much of it was heard.</summary>
    public HistoryTurn? Undelivered =>
        Open is null && History is [.., { Speaker: Speaker.Agent, Heard: false } last] ? last : null;

    public ConversationState Apply(IConversationEvent @event) =>
        @event switch
        {
            ConversationJournal.Opened e => this with
            {
                Opened = e,
                Open = new OpenTurn(1, [], [], [], Said: ""),
                LastTurn = 1,
            },
            ConversationJournal.InputTaken e => Take(e),
            ConversationJournal.StepTaken e => Step(e),
            ConversationJournal.ToolReturned e => Return(e),
            ConversationJournal.AgentAnswered e => Answer(e),
            ConversationJournal.TurnHeard e => Hear(e),
            ConversationJournal.Closed e => this with { ClosedBecause = e.Cause, Open = null },
            _ => throw new ArgumentOutOfRangeException(nameof(@event), @event.GetType().Name, "unknown event"),
        };

    private ConversationState Take(ConversationJournal.InputTaken e)
    {
        var order = InputOrder.Enqueue(e.InputId);
        var inputs = Inputs.SetItem(e.InputId, e.Turn);
        if (inputs.Count > RememberedInputs)
        {
            order = order.Dequeue(out var oldest);
            inputs = inputs.Remove(oldest);
        }
        // Tools that were begun take effect, so the new turn has to reckon with them before it answers.
        return this with
        {
            InputOrder = order,
            Inputs = inputs,
            Open = new OpenTurn(e.Turn, (Open?.Inputs ?? []).Add(e), Open?.Tools ?? [], Open?.Used ?? [], Said: ""),
            LastTurn = e.Turn,
            History = e.Kind == ConversationInputKind.Silent ? History : History.Add(UserTurn(e)),
        };
    }

    private static HistoryTurn UserTurn(ConversationJournal.InputTaken e) =>
        new(
            e.Turn - 1,
            Speaker.User,
            e.Text,
            e.Text,
            Interrupted: false,
            Heard: true,
            AfterTurn.Listen,
            e.StartedAt,
            e.EndedAt,
            []
        );

    private ConversationState Step(ConversationJournal.StepTaken e)
    {
        if (Open is null)
        {
            return this with { Notes = e.Notes };
        }
        var open = AfterStep(Open) with
        {
            Said = Open.Said + e.Text,
            Tools = [.. e.Calls.Select(call => new ToolUse(call, Result: null, Failed: false))],
        };
        return this with { Notes = e.Notes, Open = open };
    }

    /// <summary>A step answers the tools when there are any, else the inputs.</summary>
    private static OpenTurn AfterStep(OpenTurn open) =>
        open.Tools.IsEmpty
            ? open with
            {
                Inputs = [],
            }
            : open with
            {
                Used = open.Used.AddRange(open.Tools),
                Tools = [],
            };

    private ConversationState Return(ConversationJournal.ToolReturned e) =>
        Open is null
            ? this
            : this with
            {
                Open = Open with
                {
                    Tools =
                    [
                        .. Open.Tools.Select(tool =>
                            tool.Call.Key == e.Key ? tool with { Result = e.Result, Failed = e.Failed } : tool
                        ),
                    ],
                },
            };

    private ConversationState Answer(ConversationJournal.AgentAnswered e)
    {
        if (Open?.Number != e.Turn)
        {
            return this;
        }
        // By voice a turn may have been heard, and cut, before it was complete.
        var early = History.FindLast(turn => turn.Speaker == Speaker.Agent && turn.Number == e.Turn);
        var answer = new HistoryTurn(
            e.Turn,
            Speaker.Agent,
            early?.Text ?? e.Text,
            e.Text,
            early?.Interrupted ?? false,
            Heard: early is not null || Opened!.Channel == ConversationChannel.Chat,
            e.Next,
            early?.StartedAt ?? e.At,
            early?.EndedAt ?? e.At,
            AfterStep(Open).Used
        );
        return this with
        {
            Open = null,
            Notes = e.Notes,
            History = early is null ? History.Add(answer) : History.Replace(early, answer),
        };
    }

    private ConversationState Hear(ConversationJournal.TurnHeard e)
    {
        var at = History.FindLastIndex(turn => turn.Speaker == Speaker.Agent && turn.Number == e.Turn);
        var heard =
            at >= 0
                ? History[at]
                : new HistoryTurn(
                    e.Turn,
                    Speaker.Agent,
                    "",
                    e.HeardText,
                    e.Interrupted,
                    Heard: true,
                    AfterTurn.Listen,
                    e.StartedAt,
                    e.EndedAt,
                    []
                );
        heard = heard with
        {
            Text = e.HeardText,
            Interrupted = e.Interrupted,
            Heard = true,
            StartedAt = e.StartedAt,
            EndedAt = e.EndedAt,
        };
        return this with { History = at >= 0 ? History.SetItem(at, heard) : InsertBeforeLater(heard) };
    }

    // A turn that was cut before it was complete is told of after the input that cut it may have been taken.
    private ImmutableList<HistoryTurn> InsertBeforeLater(HistoryTurn heard)
    {
        var at = History.FindIndex(turn => turn.Number > heard.Number);
        return at >= 0 ? History.Insert(at, heard) : History.Add(heard);
    }
}

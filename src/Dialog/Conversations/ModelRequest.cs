using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using OCPlatform.AiAdapters.Dialogue.V1;
using OCPlatform.Contracts.Conversations;

namespace OCPlatform.Dialog.Conversations;

/// <summary>Puts a conversation's state into the words of the dialogue model's contract, and its changes back.</summary>
internal static class ModelRequest
{
    /// <summary>The request for the turn that is open.</summary>
    /// <param name="maxHistory">Turns of the past that are told: a model's window and bill are bounded by it.</param>
    public static RespondRequest Of(
        ConversationState state,
        TimeZoneInfo timeZone,
        IEnumerable<Tool> tools,
        int maxHistory,
        DateTimeOffset now
    )
    {
        var opened = state.Opened!;
        var open = state.Open!;
        var request = new RespondRequest
        {
            Agent = opened.Agent,
            ConversationId = opened.ConversationId.Value,
            Channel = opened.Channel == ConversationChannel.Voice ? Channel.Voice : Channel.Chat,
            Caller = opened.Caller ?? "",
            State = StateOf(state.Notes),
            Input = InputOf(open),
            Now = Timestamp.FromDateTimeOffset(now),
            TimeZone = timeZone.Id,
        };
        request.Tools.AddRange(tools);
        // What the person said and nobody has answered is the input, of this step or of the next one.
        var pending = open.Inputs.Select(input => input.Turn - 1).ToHashSet();
        var history = state.History.RemoveAll(turn => turn.Speaker == Speaker.User && pending.Contains(turn.Number));
        request.History.AddRange(history.Skip(history.Count - maxHistory).SelectMany(Items));
        if (open.Said.Length > 0 || !open.Tools.IsEmpty)
        {
            var called = new HistoryItem { Role = Role.Agent, Text = open.Said };
            called.ToolCalls.AddRange(open.Tools.Select(CallOf));
            request.History.Add(called);
        }
        return request;
    }

    /// <summary>The notes after one change.</summary>
    public static DialogNotes Apply(DialogNotes notes, StateChange change) =>
        change.KindCase switch
        {
            StateChange.KindOneofCase.Flow => notes with { Flow = change.Flow },
            StateChange.KindOneofCase.Awaiting => notes with { Awaiting = change.Awaiting },
            StateChange.KindOneofCase.Slot => notes with { Slots = Set(notes.Slots, change.Slot) },
            StateChange.KindOneofCase.Memory => notes with { Memory = Set(notes.Memory, change.Memory) },
            StateChange.KindOneofCase.Clear => notes with
            {
                Slots = change.Clear.Slots ? notes.Slots.Clear() : notes.Slots,
                Memory = change.Clear.Memory ? notes.Memory.Clear() : notes.Memory,
            },
            _ => notes,
        };

    private static ImmutableSortedDictionary<string, string> Set(
        ImmutableSortedDictionary<string, string> values,
        Entry entry
    ) => entry.Value.Length == 0 ? values.Remove(entry.Name) : values.SetItem(entry.Name, entry.Value);

    private static DialogState StateOf(DialogNotes notes)
    {
        var state = new DialogState { Flow = notes.Flow, Awaiting = notes.Awaiting };
        state.Slots.Add(notes.Slots);
        state.Memory.Add(notes.Memory);
        return state;
    }

    private static Input InputOf(OpenTurn open)
    {
        if (!open.Tools.IsEmpty)
        {
            var results = new ToolResults();
            results.Results.AddRange(open.Tools.Select(ResultOf));
            return new Input { ToolResults = results };
        }
        if (open.Inputs.IsEmpty)
        {
            return new Input { Opening = new Opening() };
        }
        var last = open.Inputs[^1];
        if (last.Kind == ConversationInputKind.Pressed)
        {
            return new Input { Digits = last.Text };
        }
        // Who goes on talking before the answer has said one thing in several pieces.
        var said = open.Inputs.Where(input => input.Kind == ConversationInputKind.Said).Select(input => input.Text);
        var text = string.Join(' ', said);
        return text.Length > 0 ? new Input { UserText = text } : new Input { Silence = new Silence() };
    }

    private static IEnumerable<HistoryItem> Items(HistoryTurn turn)
    {
        if (turn.Speaker == Speaker.User)
        {
            yield return new HistoryItem { Role = Role.User, Text = turn.Text };
            yield break;
        }
        if (!turn.Tools.IsEmpty)
        {
            var called = new HistoryItem { Role = Role.Agent };
            called.ToolCalls.AddRange(turn.Tools.Select(CallOf));
            yield return called;
            foreach (var tool in turn.Tools)
            {
                yield return new HistoryItem { Role = Role.Tool, ToolResult = ResultOf(tool) };
            }
        }
        yield return new HistoryItem
        {
            Role = Role.Agent,
            Text = turn.Text,
            Interrupted = turn.Interrupted,
            IntendedText = turn.IntendedText == turn.Text ? "" : turn.IntendedText,
        };
    }

    private static ToolCall CallOf(ToolUse tool) =>
        new()
        {
            CallId = tool.Call.CallId,
            Name = tool.Call.Name,
            ArgumentsJson = tool.Call.Arguments,
            IdempotencyKey = tool.Call.Key,
        };

    private static ToolResult ResultOf(ToolUse tool) =>
        new()
        {
            CallId = tool.Call.CallId,
            Name = tool.Call.Name,
            ResultJson = tool.Result ?? "{}",
            Failed = tool.Failed,
        };
}

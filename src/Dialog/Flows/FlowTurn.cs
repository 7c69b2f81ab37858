using System.Collections.Frozen;
using OCPlatform.AiAdapters.Dialogue.V1;
using OCPlatform.Dialog.Agents;
using OCPlatform.Dialog.Understanding;

namespace OCPlatform.Dialog.Flows;

/// <summary>
/// One step of one turn of the embedded agent: input and state in, words, changes and tool calls out. Pure but for the
/// classifier, which is a function of the text.
/// </summary>
/// <remarks>This file: what is understood. FlowTurn.Slots.cs: answers. FlowTurn.Progress.cs: what comes next.</remarks>
internal sealed partial class FlowTurn
{
    // Says so much of its own wish that even a free-text answer gives way to it.
    private const double Unmistakable = 0.8;

    private static readonly FrozenSet<string> Fillers = (
        "a an the at on in for to of by around about please thanks and or but so well um uh er hm oh yes yeah no nope okay "
        + "ok sure is it it's that's that this would could can do i i'd i'll like want need prefer take let's let me make how "
        + "what what's say be good fine great works work right then rather instead actually maybe perhaps sorry wait change "
        + "not with my me we you your there come better best any day time sometime clock o'clock"
    )
        .Split(' ')
        .ToFrozenSet();

    private readonly AgentDefinition _agent;
    private readonly IntentClassifier _classifier;
    private readonly RespondRequest _request;
    private readonly FlowState _state;
    private readonly Phrasing _say;
    private readonly DateTime _now;

    // What this turn's words say a value of, be it the one that is known.
    private readonly HashSet<Slot> _given = [];
    private ToolCall? _tool;
    private string? _end;

    /// <param name="now">Local time of the agent.</param>
    private FlowTurn(AgentDefinition agent, IntentClassifier classifier, RespondRequest request, DateTime now)
    {
        _agent = agent;
        _classifier = classifier;
        _request = request;
        _state = new FlowState(request.State ?? new DialogState());
        _now = now;
        var turn = request.History.Count(item => item.Role == Role.Agent);
        _say = new Phrasing(agent, request.Channel, request.ConversationId, turn);
    }

    private Flow? Flow => _agent.FlowNamed(_state.Flow);

    private Slot? AwaitedSlot => Flow?.SlotNamed(_state.Awaiting);

    private DateOnly Today => DateOnly.FromDateTime(_now);

    public static FlowReply Respond(
        AgentDefinition agent,
        IntentClassifier classifier,
        RespondRequest request,
        DateTime now
    )
    {
        var turn = new FlowTurn(agent, classifier, request, now);
        var text = request.Input?.KindCase switch
        {
            Input.KindOneofCase.Opening => turn._say.Say(PromptName.Greeting),
            Input.KindOneofCase.Silence => turn.OnSilence(),
            Input.KindOneofCase.Digits => turn.OnDigits(request.Input.Digits),
            Input.KindOneofCase.UserText => turn.OnText(request.Input.UserText),
            Input.KindOneofCase.ToolResults => turn.OnToolResults(request.Input.ToolResults),
            _ => throw new ArgumentException("The request has no input."),
        };
        return new FlowReply(text, [.. turn._state.Changes()], turn._tool, turn._end);
    }

    private string OnSilence()
    {
        var before = _state.Bump(Notes.Silences);
        var prompt = _agent[PromptName.Silence];
        if (before >= prompt.Wordings.Length)
        {
            _end = "silence";
            return _say.Say(PromptName.SilenceGoodbye);
        }
        return _say.SayNth(prompt, before);
    }

    private string OnDigits(string digits)
    {
        _state.Memory.Remove(Notes.Silences);
        if (AwaitedSlot is { Type: SlotType.Phone })
        {
            return OnText(digits);
        }
        return _agent.Keys.TryGetValue(digits, out var name)
            ? Follow(_agent.IntentNamed(name)!, null)
            : NotUnderstood();
    }

    private string OnText(string text)
    {
        _state.Memory.Remove(Notes.Silences);
        var plain = SpokenText.Plain(text);
        if (plain.Length == 0)
        {
            return NotUnderstood();
        }
        if (Flow is { } flow)
        {
            return InFlow(flow, text, plain);
        }
        var when = WhenReader.Read(plain, _now, expectsDay: false, expectsTime: false);
        var match = _classifier.Classify(plain, when.Rest);
        if (_state.Awaiting is Awaiting.AnythingElse or Awaiting.OfferMessage && OnOffer(plain, match) is { } answer)
        {
            return answer;
        }
        if (match.Intent is { } intent)
        {
            return Follow(intent, new Utterance(text, plain, when, match));
        }
        // A day with a time out of the blue can only be meant for the flow that books.
        if (when is { Day: not null, Times.Count: > 0 } && ContentWords(when.Rest) == 0)
        {
            if (_agent.Flows.FirstOrDefault(flow => flow.Check is not null) is { } booking)
            {
                return Start(booking, new Utterance(text, plain, when, match));
            }
        }
        return NotUnderstood();
    }

    /// <summary>The answer to "anything else?" or "shall I take a message?"; null when it was something of its own.</summary>
    private string? OnOffer(string plain, IntentMatch match)
    {
        var consent = YesNo.Read(plain);
        var ownWish = match.Intent is { Action: not (IntentAction.Say or IntentAction.Goodbye or IntentAction.Cancel) };
        if (consent == Consent.None || (ownWish && match.Score >= _agent.Understanding.Sure))
        {
            return null;
        }
        var offered = _state.Awaiting == Awaiting.OfferMessage;
        Understood();
        if (consent == Consent.No)
        {
            return offered ? Await(Awaiting.AnythingElse, _say.Say(PromptName.AnythingElse)) : Goodbye();
        }
        return offered
            ? Start(_agent.FlowNamed(_agent.MessageFlow)!, null)
            : Await(Awaiting.Nothing, _say.Say(PromptName.WhatElse));
    }

    /// <summary>Does what an intent asks for; inside a flow the flow's question follows the answer.</summary>
    private string Follow(Intent intent, Utterance? heard)
    {
        Understood();
        switch (intent.Action)
        {
            case IntentAction.Flow:
                var flow = _agent.FlowNamed(intent.Flow)!;
                return flow.Name == _state.Flow ? Proceed(flow) : Start(flow, heard);
            case IntentAction.Goodbye:
                return Goodbye();
            case IntentAction.Cancel:
                return Flow is null ? Goodbye() : Cancel();
            case IntentAction.Repeat:
                return Repeat();
            case IntentAction.Help:
                return Answered(_say.Say(PromptName.Help), Awaiting.Nothing);
            case IntentAction.OpeningHours:
                return Answered(TellHours(heard?.When.Day), Awaiting.AnythingElse);
            default:
                return Answered(
                    _say.Say(intent.Say!),
                    intent.AwaitsAnythingElse ? Awaiting.AnythingElse : Awaiting.Nothing
                );
        }
    }

    private string Answered(string answer, string awaiting)
    {
        if (Flow is { } flow)
        {
            return $"{answer} {Question(flow)}";
        }
        return Await(awaiting, answer);
    }

    private string TellHours(DateOnly? day)
    {
        if (day is not { } asked)
        {
            return _say.Say(PromptName.OpeningHoursWeek, ("hours", _say.Week()));
        }
        return _agent.OpeningHours.On(asked.DayOfWeek).IsEmpty
            ? _say.Say(PromptName.ClosedOnDay, ("day", _say.Day(asked)), ("hours", _say.Week()))
            : _say.Say(PromptName.OpenOnDay, ("day", _say.Day(asked)), ("hours", _say.Hours(asked.DayOfWeek)));
    }

    private string Repeat()
    {
        var last = _request.History.LastOrDefault(item => item.Role == Role.Agent && item.Text.Length > 0);
        return last switch
        {
            { IntendedText.Length: > 0 } => last.IntendedText,
            { } => last.Text,
            null => _say.Say(PromptName.Greeting),
        };
    }

    private string Goodbye()
    {
        _end = "goodbye";
        LeaveFlow();
        return _say.Say(PromptName.Goodbye);
    }

    private string Cancel()
    {
        LeaveFlow();
        return Await(Awaiting.AnythingElse, _say.Say(PromptName.Cancelled));
    }

    /// <summary>Asks again, each time differently; at the end of the ladder offers to take a message.</summary>
    private string NotUnderstood()
    {
        var ladder = AwaitedSlot?.Again ?? _agent[PromptName.NotUnderstood];
        var before = _state.Bump(Notes.Misses);
        // Always two tries, also where the YAML has one wording only.
        if (before >= Math.Max(2, ladder.Wordings.Length))
        {
            LeaveFlow();
            Understood();
            return Await(Awaiting.OfferMessage, _say.Say(PromptName.OfferMessage));
        }
        if (_state.Awaiting == Awaiting.Confirm && before == 0)
        {
            return _say.Say(PromptName.ConfirmAgain);
        }
        if (_state.Awaiting == Awaiting.Confirm)
        {
            return $"{_say.Say(PromptName.ConfirmAgain)} {Question(Flow!)}";
        }
        return _say.SayNth(ladder, before, Values());
    }

    private void Understood() => _state.Memory.Remove(Notes.Misses);

    private string Await(string awaiting, string text)
    {
        _state.Awaiting = awaiting;
        return text;
    }

    private static int ContentWords(string plain) => SpokenText.Words(plain).Count(word => !Fillers.Contains(word));

    /// <summary>What the person said, and all that was made of it.</summary>
    private sealed record Utterance(string Text, string Plain, When When, IntentMatch Match);
}

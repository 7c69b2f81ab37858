using Akka.Actor;
using Akka.Event;
using OCPlatform.AiAdapters.Dialogue.V1;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Dialog.Tools;

namespace OCPlatform.Dialog.Conversations;

public sealed partial class ConversationActor
{
    /// <summary>Of the open turn, as its listener was told.</summary>
    private readonly List<string> _pieces = [];

    /// <summary>Keys of the tools that run now.</summary>
    private readonly HashSet<string> _running = [];
    private readonly List<ToolCall> _calls = [];
    private ClauseSplitter _splitter = new();
    private CancellationTokenSource? _turn;
    private RespondRequest? _request;
    private DialogNotes _notes = DialogNotes.Empty;
    private AfterTurn _next;
    private int _stepStart;
    private int _step;

    // Each carries the step it belongs to: what a cancelled step still says is not listened to.
    private sealed record ModelSaid(int Step, RespondResponse Response);

    private sealed record ModelDone(int Step);

    private sealed record ModelFailed(int Step, Exception Cause);

    private sealed record ToolDone(string Key, string Result, bool Failed);

    private sealed record ToolsOverdue;

    /// <summary>Starts the turn that is owed, or goes on with it where the journal says it stands.</summary>
    private void StartTurn()
    {
        _pieces.Clear();
        _splitter = new ClauseSplitter();
        _turn = new CancellationTokenSource();
        _listener?.Tell(Started());
        Say(_state.Open!.Said);
        Tell(_splitter.Flush());
        GoOn();
    }

    private ConversationEvents.AgentTurnStarted Started() =>
        new(_id, _state.Open!.Number, _state.Open.Inputs.LastOrDefault()?.InputId, Now);

    private void CancelTurn()
    {
        _step++;
        _turn?.Cancel();
        _turn?.Dispose();
        _turn = null;
    }

    /// <summary>A new listener hears the turn that is under way from its start, or the last one that was not heard.</summary>
    private void TellTurnAgain()
    {
        if (_state.Open is not null)
        {
            _listener!.Tell(Started());
            for (var i = 0; i < _pieces.Count; i++)
            {
                _listener.Tell(new ConversationEvents.AgentTurnText(_id, _state.Open.Number, i, _pieces[i]));
            }
        }
        else if (_state.Undelivered is { } last)
        {
            _listener!.Tell(new ConversationEvents.AgentTurnStarted(_id, last.Number, null, Now));
            _listener.Tell(new ConversationEvents.AgentTurnText(_id, last.Number, 0, last.IntendedText));
            _listener.Tell(new ConversationEvents.AgentTurnEnded(_id, last.Number, last.IntendedText, last.Next));
        }
    }

    private void GoOn()
    {
        if (_state.Open!.Owed == OwedStep.RunTools)
        {
            ExpectDurable();
            OnceDurable(RunTools);
        }
        else
        {
            RunModel();
        }
    }

    // ---- the model ----

    private void RunModel()
    {
        _step++;
        _stepStart = _pieces.Count;
        _calls.Clear();
        _notes = _state.Notes;
        _next = AfterTurn.Listen;
        var timeZone = _agents.Find(_state.Opened!.Agent)?.TimeZone ?? TimeZoneInfo.Utc;
        _request = ModelRequest.Of(_state, timeZone, _tools.Offered, _options.HistoryTurns, Now);
        _ = StreamAsync(_request, _step, _turn!.Token, Self);
    }

    private async Task StreamAsync(RespondRequest request, int step, CancellationToken cancellation, IActorRef self)
    {
        try
        {
            await foreach (var response in _model.RespondAsync(request, cancellation))
            {
                self.Tell(new ModelSaid(step, response));
            }
            self.Tell(new ModelDone(step));
        }
        catch (Exception e)
        {
            self.Tell(new ModelFailed(step, e));
        }
    }

    private void OnModelSaid(ModelSaid said)
    {
        if (said.Step == _step)
        {
            Take(said.Response);
        }
    }

    private void Take(RespondResponse response)
    {
        switch (response.KindCase)
        {
            case RespondResponse.KindOneofCase.TextDelta:
                Say(response.TextDelta);
                break;
            case RespondResponse.KindOneofCase.StateChange:
                _notes = ModelRequest.Apply(_notes, response.StateChange);
                break;
            case RespondResponse.KindOneofCase.ToolCall:
                _calls.Add(response.ToolCall);
                break;
            case RespondResponse.KindOneofCase.End:
                _next = AfterTurn.HangUp;
                break;
        }
    }

    private void Say(string text)
    {
        // Two steps of a turn are two utterances.
        var separator =
            _pieces.Count > 0 && _pieces.Count == _stepStart && !char.IsWhiteSpace(_pieces[^1][^1]) ? " " : "";
        Tell(_splitter.Push(separator + text));
    }

    private void Tell(IEnumerable<string> pieces)
    {
        foreach (var piece in pieces)
        {
            _listener?.Tell(new ConversationEvents.AgentTurnText(_id, _state.Open!.Number, _pieces.Count, piece));
            _pieces.Add(piece);
        }
    }

    private void OnModelDone(ModelDone done)
    {
        if (done.Step == _step)
        {
            _notes = _notes with { Memory = _notes.Memory.Remove(DialogFallback.Failures) };
            FinishStep();
        }
    }

    private void OnModelFailed(ModelFailed failed)
    {
        if (failed.Step != _step)
        {
            return;
        }
        _log.Warning("Conversation {0}: no answer from the model: {1}", _id, failed.Cause.Message);
        // What the failed step wanted is void; what it has said is said.
        _notes = _state.Notes;
        _calls.Clear();
        _next = AfterTurn.Listen;
        if (_agents.Find(_state.Opened!.Agent) is not { } agent)
        {
            Close($"there is no agent '{_state.Opened.Agent}' any more");
            return;
        }
        foreach (var response in DialogFallback.Respond(agent, _request!))
        {
            Take(response);
        }
        FinishStep();
    }

    /// <summary>Journals the step as one event: whatever the journal holds, the turn can go on from there.</summary>
    private void FinishStep()
    {
        Tell(_splitter.Flush());
        var open = _state.Open!;
        var moreIsOwed = open.Owed == OwedStep.AnswerTools && !open.Inputs.IsEmpty;
        if (_calls.Count == 0 && !moreIsOwed)
        {
            Answer(open.Number);
            return;
        }
        var text = string.Concat(_pieces.Skip(_stepStart));
        var calls = _calls.Select((call, i) => Keyed(call, open, i));
        Record(new ConversationJournal.StepTaken(_id, Now, open.Number, text, _notes, [.. calls]));
        GoOn();
    }

    private ToolRequested Keyed(ToolCall call, OpenTurn open, int i)
    {
        var n = open.Used.Count + open.Tools.Count + i;
        var key = call.IdempotencyKey.Length > 0 ? call.IdempotencyKey : $"{_id}-{open.Number}-{n}";
        return new ToolRequested(call.CallId.Length > 0 ? call.CallId : key, call.Name, call.ArgumentsJson, key);
    }

    private void Answer(int turn)
    {
        var text = string.Concat(_pieces);
        var next = _next;
        Record(new ConversationJournal.AgentAnswered(_id, Now, turn, text, next, _notes));
        var ended = new ConversationEvents.AgentTurnEnded(_id, turn, text, next);
        if (_state.Opened!.Channel == ConversationChannel.Voice)
        {
            // The channel ends the conversation, when the goodbye has been heard.
            _listener?.Tell(ended);
            return;
        }
        OnceDurable(() =>
        {
            _listener?.Tell(ended);
            if (next == AfterTurn.HangUp && !_state.IsClosed)
            {
                Close("completed");
            }
        });
    }

    // ---- tools ----

    /// <summary>No tool runs before its call is durable; a database that is away must not make the agent dumb.</summary>
    private void ExpectDurable()
    {
        if (_durable < _journaled && !Timers.IsTimerActive(nameof(ToolsOverdue)))
        {
            Timers.StartSingleTimer(
                nameof(ToolsOverdue),
                new ToolsOverdue(),
                TimeSpan.FromMilliseconds(_options.ToolDeadlineMs)
            );
        }
    }

    /// <summary>
    /// What could not begin has failed, and is journaled as that: it will not run when the database is back, and the agent
    /// says so.
    /// </summary>
    private void OnToolsOverdue()
    {
        var waiting = _state.Open?.Tools.Where(tool => tool.Result is null && !_running.Contains(tool.Call.Key)) ?? [];
        foreach (var tool in waiting.ToList())
        {
            _log.Warning("Conversation {0}: {1} cannot run, the database is away", _id, tool.Call.Name);
            OnToolDone(new ToolDone(tool.Call.Key, """{"error":"the database is away"}""", Failed: true));
        }
    }

    private void RunTools()
    {
        Timers.Cancel(nameof(ToolsOverdue));
        foreach (var tool in _state.Open?.Tools ?? [])
        {
            if (tool.Result is null && _running.Add(tool.Call.Key))
            {
                _ = RunToolAsync(tool.Call, _state.Opened!, Now, Self);
            }
        }
    }

    // Not cancelled when the person goes on talking: what was begun takes effect, under its key, once.
    private async Task RunToolAsync(
        ToolRequested call,
        ConversationJournal.Opened opened,
        DateTimeOffset now,
        IActorRef self
    )
    {
        var outcome = _agents.Find(opened.Agent) is { } agent
            ? await _tools.RunAsync(
                call.Name,
                call.Arguments,
                arguments => new ToolInvocation(call.Key, agent, _id.Value, opened.Caller, arguments, now),
                CancellationToken.None
            )
            : new ToolOutcome("""{"error":"the agent is gone"}""", Failed: true);
        if (outcome.Failed)
        {
            _log.Warning("Conversation {0}: {1} failed: {2}", _id, call.Name, outcome.Json);
        }
        self.Tell(new ToolDone(call.Key, outcome.Json, outcome.Failed));
    }

    private void OnToolDone(ToolDone done)
    {
        _running.Remove(done.Key);
        if (_state.Open?.Tools.Any(tool => tool.Call.Key == done.Key && tool.Result is null) is not true)
        {
            return;
        }
        Record(new ConversationJournal.ToolReturned(_id, Now, done.Key, done.Result, done.Failed));
        if (_state.Open.Owed != OwedStep.RunTools)
        {
            RunModel();
        }
    }
}

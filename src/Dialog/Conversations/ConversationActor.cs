using Akka.Actor;
using Akka.Event;
using OCPlatform.AiAdapters.Dialogue;
using OCPlatform.AiAdapters.Dialogue.V1;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Journaling;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Dialog.Agents;
using OCPlatform.Dialog.Tools;

namespace OCPlatform.Dialog.Conversations;

/// <summary>
/// One conversation, by voice or chat: takes inputs once each, has the dialogue model answer them step by step, runs the
/// tools that it asks for, and tells the channel. Events are applied at once and journaled behind; what must not be lost
/// or doubled (an acknowledged input, a tool's effect, a complete answer) waits until the journal holds it.
/// </summary>
/// <remarks>
/// This file: life and inputs. ConversationActor.Journal.cs: what is durable, and when. ConversationActor.Turn.cs: the
/// agent's turn.
/// </remarks>
public sealed partial class ConversationActor : ReceiveActor, IWithStash, IWithTimers
{
    // No digit, and no word that an agent could take for one.
    private const string Withheld = "[withheld]";

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly ConversationId _id;
    private readonly IDialogModel _model;
    private readonly ToolBox _tools;
    private readonly AgentCatalogue _agents;
    private readonly DialogOptions _options;
    private readonly TimeProvider _time;
    private readonly NodeFence? _fence;
    private IActorRef? _journal;
    private ConversationState _state = ConversationState.Empty;
    private IActorRef? _listener;

    public ConversationActor(
        string entityId,
        IDialogModel model,
        ToolBox tools,
        AgentCatalogue agents,
        DialogOptions options,
        TimeProvider time,
        NodeFence? fence = null
    )
    {
        _fence = fence;
        _id = new ConversationId(entityId);
        _model = model;
        _tools = tools;
        _agents = agents;
        _options = options;
        _time = time;
        Become(Fresh);
    }

    public IStash Stash { get; set; } = null!;

    public ITimerScheduler Timers { get; set; } = null!;

    private DateTimeOffset Now => _time.GetUtcNow();

    private string PersistenceId => $"conversation-{_id}";

    /// <summary>A conversation that its channel knows to be new has no past to be read. The first message tells.</summary>
    private void Fresh()
    {
        Receive<ConversationCommands.Attach>(
            attach =>
            {
                _journal = Context.ActorOf(Journal.NewProps(PersistenceId), "journal");
                Become(Active);
                OnAttach(attach);
            },
            attach => attach.New
        );
        Receive<ConversationCommands.LeaveNode>(_ => Context.Stop(Self));
        ReceiveAny(_ =>
        {
            Stash.Stash();
            _journal = Context.ActorOf(Journal.Props(PersistenceId), "journal");
            Become(Recovering);
        });
    }

    private void Recovering()
    {
        Receive<JournalMessages.Recovered>(OnRecovered);
        JournalTrouble();
        Receive<ConversationCommands.LeaveNode>(_ => Context.Stop(Self));
        ReceiveAny(_ => Stash.Stash());
    }

    private void Active()
    {
        Receive<ConversationCommands.Attach>(OnAttach);
        Receive<ConversationCommands.UserSaid>(said =>
            OnInput(said.InputId, ConversationInputKind.Said, said.Text, said.StartedAt, said.EndedAt, said.Secret)
        );
        Receive<ConversationCommands.UserPressed>(pressed =>
            OnInput(
                pressed.InputId,
                ConversationInputKind.Pressed,
                pressed.Digits,
                pressed.At,
                pressed.At,
                pressed.Secret
            )
        );
        Receive<ConversationCommands.UserSilent>(silent =>
            OnInput(silent.InputId, ConversationInputKind.Silent, "", silent.At, silent.At)
        );
        Receive<ConversationCommands.AgentTurnPlayed>(OnPlayed);
        Receive<ConversationCommands.End>(OnEnd);
        Receive<ModelSaid>(OnModelSaid);
        Receive<ModelDone>(OnModelDone);
        Receive<ModelFailed>(OnModelFailed);
        Receive<ToolDone>(OnToolDone);
        Receive<ToolsOverdue>(_ => OnToolsOverdue());
        Receive<JournalMessages.Appended>(OnAppended);
        JournalTrouble();
        Receive<ConversationCommands.LeaveNode>(_ => Leave());
        Receive<Listener>(OnListener);
        Receive<ReceiveTimeout>(_ => OnIdle());
        Context.SetReceiveTimeout(TimeSpan.FromSeconds(_options.IdleSeconds));
    }

    // ---- life ----

    protected override bool AroundReceive(Receive receive, object message)
    {
        if (_fence?.HasFallen is true)
        {
            Context.Stop(Self); // Another node has this conversation, or will: no input is taken and no tool is run here.
            return true;
        }
        return base.AroundReceive(receive, message);
    }

    private void OnRecovered(JournalMessages.Recovered recovered)
    {
        _state = recovered.Events.Cast<IConversationEvent>().Aggregate(_state, (state, e) => state.Apply(e));
        Become(Active);
        if (_state.Open is not null)
        {
            // The process went away in the middle of a turn: it is thought again; its tools run under their old keys.
            StartTurn();
        }
        Stash.UnstashAll();
    }

    protected override void PreRestart(Exception reason, object message)
    {
        // The mailbox outlives the restart.
        if (_listener is not null)
        {
            Self.Tell(new Listener(_listener));
        }
        base.PreRestart(reason, message);
    }

    private void OnListener(Listener listener)
    {
        _listener = listener.Actor;
        TellTurnAgain();
    }

    private sealed record Listener(IActorRef Actor);

    private void OnIdle()
    {
        if (_state.Open is null && _durable == _journaled)
        {
            Context.Parent.Tell(new Akka.Cluster.Sharding.Passivate(PoisonPill.Instance));
        }
    }

    protected override void PostStop()
    {
        CancelTurn();
        PassOn();
    }

    // ---- from the channel ----

    private void OnAttach(ConversationCommands.Attach attach)
    {
        if (_agents.Find(attach.Agent) is null && _state.Opened is null)
        {
            _log.Error("Conversation {ConversationId}: there is no agent '{Agent}'", _id, attach.Agent);
            Sender.Tell(new ConversationEvents.Ended(_id, $"there is no agent '{attach.Agent}'"));
            return;
        }
        var isAgain = Sender.Equals(_listener);
        _listener = Sender;
        var resumed = _state.Opened is not null;
        var voice = _agents.Find(_state.Opened?.Agent ?? attach.Agent)?.Voice;
        _listener.Tell(new ConversationEvents.Attached(_id, resumed, _state.IsClosed, History(), voice));
        if (!resumed)
        {
            Record(new ConversationJournal.Opened(_id, attach.At, attach.Channel, attach.Agent, attach.Caller));
            StartTurn();
        }
        else if (_state.IsClosed)
        {
            _listener.Tell(new ConversationEvents.Ended(_id, _state.ClosedBecause!));
        }
        else if (!isAgain)
        {
            TellTurnAgain();
        }
    }

    private IReadOnlyList<Turn> History() =>
        [
            .. _state.History.Select(turn => new Turn(
                turn.Number,
                turn.Speaker,
                turn.Text,
                turn.StartedAt,
                turn.EndedAt,
                turn.Interrupted
            )),
        ];

    private void OnInput(
        string inputId,
        ConversationInputKind kind,
        string text,
        DateTimeOffset startedAt,
        DateTimeOffset endedAt,
        bool secret = false
    )
    {
        _listener ??= Sender;
        if (_state.Opened is null || _state.IsClosed)
        {
            Sender.Tell(new ConversationEvents.Ended(_id, _state.ClosedBecause ?? "it was never opened"));
            return;
        }
        var sender = Sender;
        if (_state.TurnOfInput(inputId) is { } known)
        {
            // It may have been sent again because the first acknowledgement is still on its way to the disk.
            OnceDurable(() => sender.Tell(new ConversationEvents.InputAccepted(_id, inputId, known)));
            return;
        }
        CancelTurn();
        var turn = _state.LastTurn + 2;
        var taken = new ConversationJournal.InputTaken(_id, Now, inputId, turn, kind, text, startedAt, endedAt);
        // The agent may need a card number to go on; after a restart it asks again.
        Record(taken, secret ? taken with { Text = Withheld } : taken);
        OnceDurable(() => sender.Tell(new ConversationEvents.InputAccepted(_id, inputId, turn)));
        StartTurn();
    }

    private void OnPlayed(ConversationCommands.AgentTurnPlayed played) =>
        Record(
            new ConversationJournal.TurnHeard(
                _id,
                Now,
                played.Turn,
                played.HeardText,
                played.Interrupted,
                played.StartedAt,
                played.EndedAt
            )
        );

    private void OnEnd(ConversationCommands.End end)
    {
        if (_state.Opened is not null && !_state.IsClosed)
        {
            CancelTurn();
            Close(end.Cause);
        }
    }

    private void Close(string cause)
    {
        Record(new ConversationJournal.Closed(_id, Now, cause));
        var listener = _listener;
        OnceDurable(() =>
        {
            listener?.Tell(new ConversationEvents.Ended(_id, cause));
            OnIdle();
        });
    }
}

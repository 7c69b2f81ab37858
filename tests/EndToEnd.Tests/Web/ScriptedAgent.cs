using Akka.Actor;
using OCPlatform.Contracts.Conversations;

namespace OCPlatform.EndToEnd.Tests.Web;

/// <summary>
/// Stands for the conversations on the stage: answers known questions word by word. A reply stops at each "|" until it
/// is told to go on, so that a test can break in there.
/// </summary>
public sealed class ScriptedAgent : ReceiveActor
{
    public const string Greeting = "Good morning, Riverside Dental. How can I help you?";

    private static readonly Dictionary<string, string> Replies = new()
    {
        ["When are you open on Saturday?"] = "On Saturdays we are open |from ten to two.",
        ["I would like to book an appointment for Tuesday at three."] =
            "Tuesday at three in the afternoon is free. |What name shall I put it under?",
        ["Bye"] = "Thank you for writing. Goodbye!",
    };

    private readonly Dictionary<ConversationId, Talk> _talks = [];

    public ScriptedAgent()
    {
        Receive<ConversationCommands.Attach>(OnAttach);
        Receive<ConversationCommands.UserSaid>(OnSaid);
        Receive<ConversationCommands.End>(end => Close(end.ConversationId, end.Cause));
        Receive<GoOn>(_ =>
        {
            foreach (var (id, talk) in _talks)
            {
                Play(id, talk);
            }
        });
    }

    public sealed record GoOn;

    private sealed class Talk
    {
        public IActorRef Listener { get; set; } = ActorRefs.Nobody;
        public List<Turn> History { get; } = [];
        public Dictionary<string, int> Inputs { get; } = [];
        public int LastTurn { get; set; } = 1;
        public OpenTurn? Open { get; set; }
        public string? Ended { get; set; }
    }

    private sealed class OpenTurn(int number, string? inReplyTo, string script)
    {
        public int Number { get; } = number;
        public string? InReplyTo { get; } = inReplyTo;
        public Queue<string> Parts { get; } = new(script.Split('|'));
        public List<string> Pieces { get; } = [];
        public AfterTurn Next { get; } = script.Contains("Goodbye") ? AfterTurn.HangUp : AfterTurn.Listen;
    }

    private void OnAttach(ConversationCommands.Attach attach)
    {
        var isNew = !_talks.TryGetValue(attach.ConversationId, out var talk);
        talk ??= _talks[attach.ConversationId] = new Talk();
        talk.Listener = Sender;
        Sender.Tell(
            new ConversationEvents.Attached(attach.ConversationId, !isNew, talk.Ended is not null, [.. talk.History])
        );
        if (isNew)
        {
            Begin(attach.ConversationId, talk, new OpenTurn(1, null, Greeting));
        }
        else if (talk.Ended is not null)
        {
            Sender.Tell(new ConversationEvents.Ended(attach.ConversationId, talk.Ended));
        }
        else if (talk.Open is { } open)
        {
            TellStart(attach.ConversationId, talk, open);
            for (var i = 0; i < open.Pieces.Count; i++)
            {
                Sender.Tell(
                    new ConversationEvents.AgentTurnText(attach.ConversationId, open.Number, i, open.Pieces[i])
                );
            }
        }
    }

    private void OnSaid(ConversationCommands.UserSaid said)
    {
        var talk = _talks[said.ConversationId];
        if (talk.Inputs.TryGetValue(said.InputId, out var known))
        {
            Sender.Tell(new ConversationEvents.InputAccepted(said.ConversationId, said.InputId, known));
            return;
        }
        talk.LastTurn += 2;
        talk.Inputs[said.InputId] = talk.LastTurn;
        talk.History.Add(
            new Turn(talk.LastTurn - 1, Speaker.User, said.Text, said.StartedAt, said.EndedAt, Interrupted: false)
        );
        Sender.Tell(new ConversationEvents.InputAccepted(said.ConversationId, said.InputId, talk.LastTurn));
        var script = Replies.GetValueOrDefault(said.Text, "I am sorry, I did not understand that.");
        Begin(said.ConversationId, talk, new OpenTurn(talk.LastTurn, said.InputId, script));
    }

    private void Begin(ConversationId id, Talk talk, OpenTurn open)
    {
        talk.Open = open;
        TellStart(id, talk, open);
        Play(id, talk);
    }

    private static void TellStart(ConversationId id, Talk talk, OpenTurn open) =>
        talk.Listener.Tell(
            new ConversationEvents.AgentTurnStarted(id, open.Number, open.InReplyTo, TimeProvider.System.GetUtcNow())
        );

    /// <summary>Says the next part, and ends the turn after the last.</summary>
    private static void Play(ConversationId id, Talk talk)
    {
        if (talk.Open is not { } open)
        {
            return;
        }
        foreach (var word in open.Parts.Dequeue().Split(' ').Select((word, i) => i == 0 ? word : $" {word}"))
        {
            talk.Listener.Tell(new ConversationEvents.AgentTurnText(id, open.Number, open.Pieces.Count, word));
            open.Pieces.Add(word);
        }
        if (open.Parts.Count > 0)
        {
            return;
        }
        var now = TimeProvider.System.GetUtcNow();
        var text = string.Concat(open.Pieces);
        talk.Open = null;
        talk.History.Add(new Turn(open.Number, Speaker.Agent, text, now, now, Interrupted: false));
        talk.Listener.Tell(new ConversationEvents.AgentTurnEnded(id, open.Number, text, open.Next));
    }

    private void Close(ConversationId id, string cause)
    {
        var talk = _talks[id];
        talk.Ended ??= cause;
        talk.Listener.Tell(new ConversationEvents.Ended(id, talk.Ended));
    }
}

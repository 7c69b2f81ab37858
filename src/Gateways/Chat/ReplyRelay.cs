using OCPlatform.Contracts.Conversations;

namespace OCPlatform.Gateways.Chat;

/// <summary>
/// What one client has of its conversation, and from it what to tell the client next so that nothing is lost or
/// doubled. Pure: a conversation's event in, messages for the client out. It stands any number of Attached: after a
/// dropped connection the client's mark says where to go on, after a moved conversation the relay itself knows.
/// </summary>
/// <param name="seen">What the client had when it connected; null for nothing.</param>
internal sealed class ReplyRelay(SeenMark? seen)
{
    // Every turn up to the floor is with the client, and so are the ones in the set.
    private readonly HashSet<int> _complete = [];
    private int _floor =
        seen is null ? -1
        : seen.Index is null ? seen.Turn
        : seen.Turn - 1;

    // The turn of which the client has only the deltas before the next index.
    private OpenTurn? _open = seen?.Index is { } index ? new OpenTurn(seen.Turn, index + 1, Announced: false) : null;

    /// <param name="Announced">The client got its turnStart on this connection.</param>
    private sealed record OpenTurn(int Number, int NextIndex, bool Announced);

    /// <summary>An agent turn is under way.</summary>
    public bool InTurn => _open is { Announced: true };

    /// <summary>The agent's turn of this number is still to come.</summary>
    public bool IsAwaited(int turn) => !InTurn && !Has(turn);

    /// <summary>
    /// The turns of the history that the client has not in full, and the end of one that it has in part but that the
    /// conversation broke off since: such a turn is not in the history.
    /// </summary>
    public (IReadOnlyList<Turn> Missed, ServerMessage.TurnEnd? BrokenOff) OnAttached(IReadOnlyList<Turn> history)
    {
        // A client cannot have seen more than there is; a mark beyond would hide the turns to come.
        var last = history.Count == 0 ? -1 : history.Max(turn => turn.Number);
        _floor = Math.Min(_floor, last);
        var missing = history.Where(turn => !Has(turn.Number)).OrderBy(turn => turn.Number).ToList();
        foreach (var turn in missing)
        {
            Complete(turn.Number);
        }
        return (missing, _open?.Number < last ? BreakOff(_open.Number) : null);
    }

    /// <summary>A text of the client's own was journaled as this turn.</summary>
    public void OnAccepted(int turn) => _complete.Add(turn);

    public IEnumerable<ServerMessage> OnStarted(ConversationEvents.AgentTurnStarted started)
    {
        if (Has(started.Turn))
        {
            yield break;
        }
        if (_open is not null && _open.Number != started.Turn)
        {
            yield return BreakOff(_open.Number);
        }
        // Announced again on this connection: the conversation may have thought anew, so the client starts anew too.
        var from = _open is { Announced: false } half && half.Number == started.Turn ? half.NextIndex : 0;
        _open = new OpenTurn(started.Turn, from, Announced: true);
        yield return new ServerMessage.TurnStart(started.Turn, from, started.InReplyTo, started.At);
    }

    public IEnumerable<ServerMessage> OnText(ConversationEvents.AgentTurnText text)
    {
        // A piece the client has, or one behind a gap: the turn's end brings the whole text.
        if (_open is { Announced: true } open && open.Number == text.Turn && open.NextIndex == text.Index)
        {
            _open = open with { NextIndex = open.NextIndex + 1 };
            yield return new ServerMessage.Delta(text.Turn, text.Index, text.Text);
        }
    }

    public IEnumerable<ServerMessage> OnEnded(ConversationEvents.AgentTurnEnded ended)
    {
        if (Has(ended.Turn))
        {
            yield break;
        }
        Complete(ended.Turn);
        yield return new ServerMessage.TurnEnd(ended.Turn, ended.Text, Interrupted: false);
    }

    private ServerMessage.TurnEnd BreakOff(int turn)
    {
        Complete(turn);
        return new ServerMessage.TurnEnd(turn, Text: null, Interrupted: true);
    }

    private bool Has(int turn) => turn <= _floor || _complete.Contains(turn);

    private void Complete(int turn)
    {
        _complete.Add(turn);
        if (_open?.Number == turn)
        {
            _open = null;
        }
    }
}

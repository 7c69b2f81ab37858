using System.Text.Json;

namespace OCPlatform.Gateways.Tests.Chat;

/// <summary>
/// What a client shows that follows docs/chat-protocol.md to the letter. It throws at anything doubled or out of order,
/// so a test that ends with the right lines has proved both.
/// </summary>
internal sealed class ClientView
{
    private readonly SortedDictionary<int, View> _turns = [];
    private readonly Dictionary<string, string> _sent = [];

    private sealed class View(string speaker)
    {
        public string Speaker { get; } = speaker;
        public List<string> Pieces { get; set; } = [];
        public bool Complete { get; set; }
    }

    public string? Token { get; private set; }

    /// <summary>How many deltas came, over all connections.</summary>
    public int Deltas { get; private set; }

    /// <summary>Ids sent and not acknowledged.</summary>
    public IReadOnlyCollection<string> Unacknowledged => _sent.Keys;

    /// <summary>No turn is growing.</summary>
    public bool IsSettled => _turns.Values.All(turn => turn.Complete);

    public IEnumerable<string> Lines =>
        _turns.Select(pair => $"{pair.Key} {pair.Value.Speaker}: {string.Concat(pair.Value.Pieces)}");

    public void Sent(string id, string text) => _sent[id] = text;

    public object OpenMessage()
    {
        if (Token is null)
        {
            return new { type = "open", version = 1 };
        }
        foreach (var (number, turn) in _turns)
        {
            if (!turn.Complete)
            {
                var mark = new { turn = number, index = turn.Pieces.Count - 1 };
                return new
                {
                    type = "open",
                    version = 1,
                    token = Token,
                    seen = mark,
                };
            }
        }
        return _turns.Count == 0
            ? new
            {
                type = "open",
                version = 1,
                token = Token,
            }
            : new
            {
                type = "open",
                version = 1,
                token = Token,
                seen = new { turn = _turns.Keys.Max() },
            };
    }

    public void Take(JsonElement message)
    {
        switch (message.GetProperty("type").GetString())
        {
            case "opened":
                Token = message.GetProperty("token").GetString();
                TakeTurns(message);
                break;
            case "turns":
                TakeTurns(message);
                break;
            case "accepted":
                var id = message.GetProperty("id").GetString()!;
                if (_sent.Remove(id, out var text))
                {
                    _turns[message.GetProperty("turn").GetInt32()] = new View("User")
                    {
                        Pieces = [text],
                        Complete = true,
                    };
                }
                break;
            case "turnStart":
                StartTurn(message.GetProperty("turn").GetInt32(), message.GetProperty("from").GetInt32());
                break;
            case "delta":
                TakeDelta(message);
                break;
            case "turnEnd":
                EndTurn(message);
                break;
            case "typing":
                break;
            default:
                throw new InvalidOperationException($"Unexpected: {message.GetRawText()}");
        }
    }

    private void TakeTurns(JsonElement message)
    {
        foreach (var turn in message.GetProperty("turns").EnumerateArray())
        {
            var number = turn.GetProperty("number").GetInt32();
            if (_turns.TryGetValue(number, out var known) && known is { Complete: true, Speaker: "Agent" })
            {
                throw new InvalidOperationException($"Turn {number} came again.");
            }
            var speaker = turn.GetProperty("speaker").GetString() == "user" ? "User" : "Agent";
            _turns[number] = new View(speaker) { Pieces = [turn.GetProperty("text").GetString()!], Complete = true };
        }
    }

    private void StartTurn(int number, int from)
    {
        var kept = _turns.TryGetValue(number, out var turn) ? turn.Pieces : [];
        if (turn is { Complete: true } || from > kept.Count)
        {
            throw new InvalidOperationException($"Turn {number} starts from {from}, but {kept.Count} pieces are here.");
        }
        _turns[number] = new View("Agent") { Pieces = [.. kept.Take(from)] };
    }

    private void TakeDelta(JsonElement message)
    {
        Deltas++;
        var turn = _turns[message.GetProperty("turn").GetInt32()];
        if (turn.Complete || message.GetProperty("index").GetInt32() != turn.Pieces.Count)
        {
            throw new InvalidOperationException($"Doubled or out of order: {message.GetRawText()}");
        }
        turn.Pieces.Add(message.GetProperty("text").GetString()!);
    }

    private void EndTurn(JsonElement message)
    {
        var number = message.GetProperty("turn").GetInt32();
        if (!_turns.TryGetValue(number, out var turn))
        {
            _turns[number] = turn = new View("Agent");
        }
        if (turn.Complete)
        {
            throw new InvalidOperationException($"Turn {number} ended twice.");
        }
        if (message.TryGetProperty("text", out var text))
        {
            turn.Pieces = [text.GetString()!];
        }
        turn.Complete = true;
    }
}

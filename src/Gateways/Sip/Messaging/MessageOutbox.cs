namespace OCPlatform.Gateways.Sip.Messaging;

/// <summary>
/// The replies that wait for one sender's phone, in order; one message is under way at a time, so that the phone gets them
/// in order (RFC 3428 §8). Pure. Bounded by characters, and every reply has a deadline.
/// </summary>
internal sealed class MessageOutbox(int mostCharacters, TimeSpan patience)
{
    private readonly Queue<Reply> _waiting = new();
    private int _characters;

    private sealed record Reply(string Text, DateTimeOffset Until);

    /// <summary>What of the first reply is still to be sent.</summary>
    private string _rest = "";
    private DateTimeOffset _restUntil;

    public bool IsEmpty => _waiting.Count == 0 && _rest.Length == 0;

    /// <summary>Replies given up so far: no room, too late, or refused by the phone.</summary>
    public int GivenUp { get; private set; }

    /// <summary>False when there is no room: the reply is given up.</summary>
    public bool TryAdd(string text, DateTimeOffset now)
    {
        if (_characters + text.Length > mostCharacters)
        {
            GivenUp++;
            return false;
        }
        _characters += text.Length;
        _waiting.Enqueue(new Reply(text, now + patience));
        return true;
    }

    /// <summary>The next message of at most so many bytes; null when nothing is left. Replies that are too late are given up.</summary>
    public string? Next(int mostBytes, DateTimeOffset now)
    {
        if (_rest.Length > 0 && _restUntil <= now)
        {
            GiveUpRest();
        }
        while (_rest.Length == 0)
        {
            if (!_waiting.TryDequeue(out var reply))
            {
                return null;
            }
            if (reply.Until <= now)
            {
                _characters -= reply.Text.Length;
                GivenUp++;
                continue;
            }
            _rest = reply.Text;
            _restUntil = reply.Until;
        }
        var before = _rest.Length;
        (var part, _rest) = TextSplitter.Take(_rest, mostBytes);
        _characters -= before - _rest.Length;
        return part;
    }

    /// <summary>A message did not arrive: the rest of its reply would make no sense without it.</summary>
    public void OnFailed()
    {
        if (_rest.Length > 0)
        {
            GiveUpRest();
        }
        else
        {
            GivenUp++;
        }
    }

    private void GiveUpRest()
    {
        _characters -= _rest.Length;
        _rest = "";
        GivenUp++;
    }
}

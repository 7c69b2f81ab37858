using System.Text.Json;

namespace OCPlatform.Gateways.Chat;

/// <summary>Reads a client's message, or says in words what is wrong with it. Fields it does not know are ignored.</summary>
internal static class ClientMessageReader
{
    private const int MaxIdLength = 64;
    private const int MaxTokenLength = 256;
    private const int MaxAgentLength = 64;

    private static readonly JsonDocumentOptions JsonOptions = new() { MaxDepth = 8 };

    /// <summary>Exactly one of the two is not null.</summary>
    public static (ClientMessage? Message, ServerMessage.Error? Error) Read(
        ReadOnlyMemory<byte> utf8,
        int maxTextLength
    )
    {
        try
        {
            using var document = JsonDocument.Parse(utf8, JsonOptions);
            return Read(document.RootElement, maxTextLength);
        }
        catch (JsonException e)
        {
            return Malformed($"The message is not JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.");
        }
        catch (InvalidOperationException)
        {
            // A string that escapes half a surrogate pair ("\ud800") is JSON but no text.
            return Malformed("The message holds a string that is not valid Unicode.");
        }
    }

    private static (ClientMessage?, ServerMessage.Error?) Read(JsonElement root, int maxTextLength)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return Malformed("The message must be a JSON object.");
        }
        if (!root.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String)
        {
            return Malformed("'type' must be a string.");
        }
        return type.GetString() switch
        {
            "open" => ReadOpen(root),
            "send" => ReadSend(root, maxTextLength),
            "typing" => (new ClientMessage.Typing(), null),
            "ping" => (new ClientMessage.Ping(), null),
            "close" => (new ClientMessage.Close(), null),
            _ => (
                null,
                new ServerMessage.Error(ChatError.UnknownType, "'type' must be one of open, send, typing, ping, close.")
            ),
        };
    }

    private static (ClientMessage?, ServerMessage.Error?) ReadOpen(JsonElement root)
    {
        if (!TryInt(root, "version", out var version))
        {
            return Malformed("open: 'version' must be a number.");
        }
        if (!TryOptionalText(root, "token", MaxTokenLength, out var token))
        {
            return Malformed($"open: 'token' must be a string of 1 to {MaxTokenLength} characters.");
        }
        if (!TryOptionalText(root, "agent", MaxAgentLength, out var agent))
        {
            return Malformed($"open: 'agent' must be a string of 1 to {MaxAgentLength} characters.");
        }
        SeenMark? seen = null;
        if (root.TryGetProperty("seen", out var mark) && mark.ValueKind != JsonValueKind.Null)
        {
            if (mark.ValueKind != JsonValueKind.Object || !TryInt(mark, "turn", out var turn) || turn < 0)
            {
                return Malformed("open: 'seen' must be an object whose 'turn' is a number from 0.");
            }
            int? index = null;
            if (mark.TryGetProperty("index", out var given) && given.ValueKind != JsonValueKind.Null)
            {
                if (!TryInt(mark, "index", out var value) || value < -1)
                {
                    return Malformed("open: 'seen.index' must be a number from -1.");
                }
                index = value;
            }
            seen = new SeenMark(turn, index);
        }
        return (new ClientMessage.Open(version, token, agent, seen), null);
    }

    private static (ClientMessage?, ServerMessage.Error?) ReadSend(JsonElement root, int maxTextLength)
    {
        if (!TryOptionalText(root, "id", MaxIdLength, out var id) || id is null || !id.All(IsIdCharacter))
        {
            return Malformed(
                $"send: 'id' must be a string of 1 to {MaxIdLength} characters out of A-Z a-z 0-9 . _ : -"
            );
        }
        if (!root.TryGetProperty("text", out var element) || element.ValueKind != JsonValueKind.String)
        {
            return Malformed("send: 'text' must be a string.", id);
        }
        var text = element.GetString()!.Trim();
        if (text.Length == 0)
        {
            return Malformed("send: 'text' must not be empty.", id);
        }
        if (text.Length > maxTextLength)
        {
            return (
                null,
                new ServerMessage.Error(
                    ChatError.TextTooLong,
                    $"send: 'text' has {text.Length} characters; {maxTextLength} are the most.",
                    id
                )
            );
        }
        return text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t'))
            ? Malformed("send: 'text' must hold no control characters but line breaks and tabs.", id)
            : (new ClientMessage.Send(id, text), null);
    }

    private static bool IsIdCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or ':' or '-';

    private static bool TryInt(JsonElement parent, string name, out int value)
    {
        value = 0;
        return parent.TryGetProperty(name, out var element)
            && element.ValueKind == JsonValueKind.Number
            && element.TryGetInt32(out value);
    }

    private static bool TryOptionalText(JsonElement parent, string name, int maxLength, out string? text)
    {
        text = null;
        if (!parent.TryGetProperty(name, out var element) || element.ValueKind == JsonValueKind.Null)
        {
            return true;
        }
        if (element.ValueKind != JsonValueKind.String)
        {
            return false;
        }
        text = element.GetString()!;
        return text.Length > 0 && text.Length <= maxLength;
    }

    private static (ClientMessage?, ServerMessage.Error?) Malformed(string cause, string? id = null) =>
        (null, new ServerMessage.Error(ChatError.Malformed, cause, id));
}

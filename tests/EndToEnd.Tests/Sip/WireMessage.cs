namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>A SIP message as plain text, read without any of the platform's own code.</summary>
internal sealed class WireMessage
{
    private readonly List<(string Name, string Value)> _headers = [];

    private WireMessage(string startLine, string body)
    {
        StartLine = startLine;
        Body = body;
    }

    public string StartLine { get; }

    public string Body { get; }

    /// <summary>0 for a request.</summary>
    public int Status => StartLine.StartsWith("SIP/2.0 ", StringComparison.Ordinal) ? int.Parse(StartLine[8..11]) : 0;

    /// <summary>Of the request, or of the one that this response answers.</summary>
    public string Method => this["CSeq"].Split(' ')[^1];

    /// <summary>The first value of a header; empty when there is none.</summary>
    public string this[string name] => All(name).FirstOrDefault("");

    public IEnumerable<string> All(string name) =>
        _headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value);

    /// <summary>A parameter of a header's first value, such as the tag of To.</summary>
    public string Parameter(string header, string name) =>
        this[header]
            .Split(';')
            .Skip(1)
            .Select(parameter => parameter.Split('=', 2))
            .FirstOrDefault(pair => pair[0].Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
            ?.ElementAtOrDefault(1)
            ?.Trim()
        ?? "";

    /// <summary>What stands between the angle brackets of a header.</summary>
    public string Uri(string header) => this[header].Split('<')[^1].Split('>')[0];

    public static WireMessage Parse(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var lines = text[..end].Split("\r\n");
        var message = new WireMessage(lines[0], text[(end + 4)..]);
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':');
            message._headers.Add((line[..colon].Trim(), line[(colon + 1)..].Trim()));
        }
        return message;
    }

    /// <summary>The length of the message that stands at the start of a stream's text; 0 while it is not complete.</summary>
    public static int LengthIn(string stream)
    {
        var end = stream.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return 0;
        }
        var length = int.Parse(Parse(stream[..(end + 4)])["Content-Length"]);
        return stream.Length >= end + 4 + length ? end + 4 + length : 0;
    }

    public override string ToString() =>
        $"{StartLine}\n{string.Join('\n', _headers.Select(header => $"{header.Name}: {header.Value}"))}\n\n{Body}";
}

using System.Globalization;

namespace OCPlatform.Sip;

/// <summary>A Reason header value (RFC 3326): why a request was sent, as <c>SIP ;cause=200 ;text="..."</c> or <c>Q.850 ;cause=16</c>.</summary>
/// <param name="Protocol"><c>SIP</c> or <c>Q.850</c>.</param>
/// <param name="Cause">A SIP status or a Q.850 cause; null when absent.</param>
/// <param name="Text">For people; null when absent.</param>
public sealed record SipReason(string Protocol, int? Cause, string? Text = null)
{
    /// <summary>A SIP status as the reason; its phrase when no text is given.</summary>
    public static SipReason Sip(int status, string? text = null) =>
        new("SIP", status, text ?? SipStatus.ReasonOf(status));

    /// <summary>An ISDN cause as the reason.</summary>
    public static SipReason Q850(int cause, string? text = null) => new("Q.850", cause, text);

    /// <summary>The Reason values of a message; malformed ones are left out.</summary>
    public static IReadOnlyList<SipReason> Of(SipMessage message) =>
        [.. message.Headers.Elements(SipHeaderId.Reason).Select(Parse).OfType<SipReason>()];

    /// <summary>One value; null when it is malformed.</summary>
    public static SipReason? Parse(string value)
    {
        var semicolon = value.IndexOf(';');
        var protocol = (semicolon < 0 ? value : value[..semicolon]).Trim();
        if (
            protocol.Length == 0
            || !SipParameters.TryParse(SipText.Bytes(semicolon < 0 ? "" : value[semicolon..]), out var parameters)
        )
        {
            return null;
        }
        int? cause = int.TryParse(parameters["cause"], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
        return new SipReason(protocol, cause, parameters["text"] is { } text ? SipText.Unquote(text) : null);
    }

    /// <summary>Appends the value in a line of its own.</summary>
    public void AddTo(SipMessage message) => message.Headers.Add(SipHeaderId.Reason, ToString());

    public override string ToString() =>
        Protocol + (Cause is { } cause ? $";cause={cause}" : "") + (Text is null ? "" : $";text={SipText.Quote(Text)}");
}

/// <summary>A Warning header value (RFC 3261 §20.43).</summary>
/// <param name="Code">300–399; 399 for anything else.</param>
/// <param name="Agent">Who warns: host or pseudonym.</param>
/// <param name="Text">For people.</param>
public sealed record SipWarning(int Code, string Agent, string Text)
{
    /// <summary>Incompatible bandwidth units, media not available and so on have codes of their own; this is the free one.</summary>
    public const int Miscellaneous = 399;

    /// <summary>No common media format (RFC 3261 §20.43, 305).</summary>
    public const int IncompatibleMediaFormat = 305;

    /// <summary>Appends the value in a line of its own.</summary>
    public void AddTo(SipMessage message) => message.Headers.Add(SipHeaderId.Warning, ToString());

    /// <summary>The Warning values of a message; malformed ones are left out.</summary>
    public static IReadOnlyList<SipWarning> Of(SipMessage message)
    {
        var result = new List<SipWarning>();
        foreach (var element in message.Headers.Elements(SipHeaderId.Warning))
        {
            var parts = element.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (
                parts.Length == 3
                && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            )
            {
                result.Add(new SipWarning(code, parts[1], SipText.Unquote(parts[2])));
            }
        }
        return result;
    }

    public override string ToString() => $"{Code} {Agent} {SipText.Quote(Text)}";
}

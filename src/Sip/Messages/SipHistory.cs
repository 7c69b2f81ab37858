namespace OCPlatform.Sip;

/// <summary>
/// One History-Info value (RFC 7044): a target that the request was sent to, and why it went on from there. The oldest stands first.
/// </summary>
/// <param name="Target">The Request-URI then, without the Reason and Privacy that its headers may carry.</param>
/// <param name="Index">Its place in the tree of retargeting: <c>1</c>, <c>1.1</c>, <c>1.2</c> …</param>
public sealed record SipHistory(NameAddress Target, string Index)
{
    /// <summary>Why the request did not stay there; null when not said.</summary>
    public SipReason? Reason { get; init; }

    /// <summary>The target is not to be told to others (RFC 7044 §10.1).</summary>
    public bool IsPrivate { get; init; }

    /// <summary>How this target came about: <c>rc</c> (the address of record's contact), <c>mp</c> (another user), <c>np</c> (no change); null when not said.</summary>
    public string? Mechanism { get; init; }

    /// <summary>The index that the mechanism refers to.</summary>
    public string? From { get; init; }

    /// <summary>Values of a message, oldest first; malformed ones are left out.</summary>
    public static IReadOnlyList<SipHistory> Of(SipMessage message) =>
        [.. message.Addresses(SipHeaderId.HistoryInfo).Select(Read).OfType<SipHistory>()];

    /// <summary>Appends the value (RFC 7044 §10.3).</summary>
    public void AddTo(SipMessage message) => message.Headers.Add(SipHeaderId.HistoryInfo, ToString());

    public override string ToString()
    {
        var headers = new List<string>(2);
        if (Reason is not null)
        {
            headers.Add($"Reason={Uri.EscapeDataString(Reason.ToString())}");
        }
        if (IsPrivate)
        {
            headers.Add("Privacy=history");
        }
        var parameters = SipParameters.Empty.With("index", Index);
        return new NameAddress(
            headers.Count == 0 ? Target.Uri : Target.Uri with { Headers = string.Join('&', headers) }
        )
        {
            DisplayName = Target.DisplayName,
            Parameters = Mechanism is null ? parameters : parameters.With(Mechanism, From),
        }.ToString();
    }

    private static SipHistory? Read(NameAddress value)
    {
        var parameters = value.Parameters;
        if (parameters["index"] is not { } index || !IsIndex(index))
        {
            return null;
        }
        var mechanism = Array.Find(["rc", "mp", "np"], parameters.Contains);
        return new(value with { Uri = value.Uri with { Headers = null }, Parameters = SipParameters.Empty }, index)
        {
            Reason = HeaderOf(value.Uri, "Reason") is { } reason ? SipReason.Parse(reason) : null,
            IsPrivate = string.Equals(HeaderOf(value.Uri, "Privacy"), "history", StringComparison.OrdinalIgnoreCase),
            Mechanism = mechanism,
            From = mechanism is null ? null : parameters[mechanism],
        };
    }

    /// <summary>1*DIGIT *( "." 1*DIGIT ) (RFC 7044 §5).</summary>
    private static bool IsIndex(string text) =>
        text.Length <= 128 && text.Split('.').All(part => part.Length > 0 && part.All(char.IsAsciiDigit));

    private static string? HeaderOf(SipUri uri, string name)
    {
        foreach (var header in uri.Headers?.Split('&') ?? [])
        {
            var equals = header.IndexOf('=');
            if (equals > 0 && header.AsSpan(0, equals).Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                var text = Uri.UnescapeDataString(header[(equals + 1)..]);
                return text.AsSpan().ContainsAny("\r\n\0") ? null : text;
            }
        }
        return null;
    }
}

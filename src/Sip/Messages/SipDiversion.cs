using System.Globalization;

namespace OCPlatform.Sip;

/// <summary>
/// One Diversion value (RFC 5806): who sent the call on before it came here, and why. The newest stands first.
/// </summary>
/// <param name="Diverter">Whom the call was for at that time.</param>
/// <param name="Reason"><c>user-busy</c>, <c>no-answer</c>, <c>unconditional</c>, <c>deflection</c> …; <c>unknown</c> when absent.</param>
/// <param name="Count">How many diversions this value stands for; 1 when absent.</param>
/// <param name="Privacy"><c>full</c>, <c>name</c>, <c>uri</c> or <c>off</c>; null when absent.</param>
public sealed record SipDiversion(
    NameAddress Diverter,
    string Reason = "unknown",
    int Count = 1,
    string? Privacy = null
)
{
    /// <summary>Values of a message, newest first; malformed ones are left out.</summary>
    public static IReadOnlyList<SipDiversion> Of(SipMessage message) =>
        [.. message.Addresses(SipHeaderId.Diversion).Select(Read)];

    /// <summary>How often the call was diverted, over all values: what a limit against loops is held against.</summary>
    public static int CountOf(SipMessage message) => (int)Math.Min(int.MaxValue, Of(message).Sum(d => (long)d.Count));

    /// <summary>Notes another diversion, before those that are there (RFC 5806 §3).</summary>
    public void AddTo(SipMessage message) => message.Headers.AddFirst(SipHeaderId.Diversion, ToString());

    public override string ToString()
    {
        var parameters = SipParameters
            .Empty.With("reason", SipText.TokenOrQuoted(Reason))
            .With("counter", Count.ToString(CultureInfo.InvariantCulture));
        return (
            Diverter with
            {
                Parameters = Privacy is null ? parameters : parameters.With("privacy", SipText.TokenOrQuoted(Privacy)),
            }
        ).ToString();
    }

    private static SipDiversion Read(NameAddress value)
    {
        var parameters = value.Parameters;
        var counted = uint.TryParse(
            parameters["counter"],
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var count
        );
        return new(
            value with
            {
                Parameters = SipParameters.Empty,
            },
            SipText.Unquote(parameters["reason"] ?? "unknown"),
            counted ? (int)Math.Clamp(count, 1, 1_000) : 1,
            parameters["privacy"] is { } privacy ? SipText.Unquote(privacy) : null
        );
    }
}

using System.ComponentModel.DataAnnotations;

namespace OCPlatform.Gateways.Sip.Subscriptions;

/// <summary>Who may watch the calls of an agent or number (the `dialog` event package: busy lamps), and how many.</summary>
public sealed class SubscriptionOptions : IValidatableObject
{
    /// <summary>Trunks whose peers may subscribe too, by name; users of `sip.users` always may.</summary>
    public List<string> Trunks { get; set; } = [];

    /// <summary>Subscriptions at once on this node; one more gets 503 with Retry-After.</summary>
    [Range(0, 100_000)]
    public int MaxSubscriptions { get; set; } = 1_000;

    /// <summary>Subscriptions at once of one user or trunk; one more gets 403.</summary>
    [Range(1, 100_000)]
    public int MaxSubscriptionsPerUser { get; set; } = 50;

    /// <summary>Least time a subscription may be asked to last, in s; less gets 423 with Min-Expires.</summary>
    [Range(1, 3_600)]
    public int MinExpirySeconds { get; set; } = 60;

    /// <summary>How long a subscription lasts that names no time, in s.</summary>
    [Range(1, 86_400)]
    public int DefaultExpirySeconds { get; set; } = 3_600;

    /// <summary>Longest that a subscription lasts, in s; more is cut to this.</summary>
    [Range(1, 86_400)]
    public int MaxExpirySeconds { get; set; } = 7_200;

    /// <summary>
    /// Least time between two notifications of one subscription, in ms; changes meanwhile go together. RFC 4235 asks for
    /// a second at least.
    /// </summary>
    [Range(100, 60_000)]
    public int NotifyIntervalMs { get; set; } = 1_000;

    /// <summary>Calls in one notification; the others follow in the next ones.</summary>
    [Range(1, 1_000)]
    public int MaxDialogsPerNotify { get; set; } = 20;

    /// <summary>
    /// Whether watchers learn Call-ID and tags of the calls, as taking a call over needs. Whoever knows them can also end
    /// the call.
    /// </summary>
    public bool RevealDialogIds { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (MinExpirySeconds > DefaultExpirySeconds || DefaultExpirySeconds > MaxExpirySeconds)
        {
            yield return new ValidationResult(
                "minExpirySeconds, defaultExpirySeconds and maxExpirySeconds must not fall.",
                [nameof(DefaultExpirySeconds)]
            );
        }
    }
}

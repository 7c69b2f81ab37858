using System.ComponentModel.DataAnnotations;

namespace OCPlatform.Gateways.Sip.Registrar;

/// <summary>How phones and browsers of `sip.users` register.</summary>
public sealed class RegistrarOptions : IValidatableObject
{
    /// <summary>
    /// Domains of the users, such as `sip.example.com`: the host in what a phone registers. All of them mean the same
    /// users; another host gets 404. Empty: the host that the phone names, whichever it is.
    /// </summary>
    public List<string> Domains { get; set; } = [];

    /// <summary>Least time a registration may be asked to last, in s; less gets 423 with Min-Expires.</summary>
    [Range(1, 3_600)]
    public int MinExpirySeconds { get; set; } = 60;

    /// <summary>How long a registration lasts that names no time, in s.</summary>
    [Range(1, 604_800)]
    public int DefaultExpirySeconds { get; set; } = 3_600;

    /// <summary>Longest that a registration lasts, in s; more is cut to this.</summary>
    [Range(1, 604_800)]
    public int MaxExpirySeconds { get; set; } = 7_200;

    /// <summary>Contacts at once of one user; one more gets 403.</summary>
    [Range(1, 100)]
    public int MaxContactsPerUser { get; set; } = 10;

    /// <summary>How long the database may take to read or write registrations, in ms.</summary>
    [Range(100, 60_000)]
    public int StoreTimeoutMs { get; set; } = 5_000;

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

namespace OCPlatform.Gateways.Sip;

/// <summary>How a trunk's registration stands.</summary>
public enum RegistrationState
{
    /// <summary>Asked for, no answer yet.</summary>
    Registering,

    /// <summary>The carrier knows where to call us.</summary>
    Registered,

    /// <summary>Refused or unanswered; it is tried again.</summary>
    Failed,

    /// <summary>Taken back, for the node is being stopped.</summary>
    Unregistered,
}

/// <summary>A trunk's registration, for status and metrics.</summary>
/// <param name="Registrar">Where it was last sent.</param>
/// <param name="Since">When it came to this state.</param>
/// <param name="ExpiresAt">When the binding ends unless it is refreshed; null without one.</param>
/// <param name="LastCause">The last failure; null before any.</param>
public sealed record RegistrationStatus(
    RegistrationState State,
    string? Registrar,
    DateTimeOffset Since,
    DateTimeOffset? ExpiresAt,
    string? LastCause
);

/// <summary>What is known of a trunk, for health, `/sip/status` and metrics.</summary>
/// <param name="CallsOut">Calls out over it now.</param>
/// <param name="Targets">Where its calls go, each with its health; empty before the first look-up.</param>
/// <param name="Registration">Null when it does not register.</param>
/// <param name="RefusedByGuard">Calls out that a guard refused, by reason.</param>
public sealed record TrunkStatus(
    string Name,
    TrunkDirection Direction,
    int CallsOut,
    IReadOnlyList<TargetStatus> Targets,
    RegistrationStatus? Registration,
    IReadOnlyDictionary<GuardReason, long> RefusedByGuard
);

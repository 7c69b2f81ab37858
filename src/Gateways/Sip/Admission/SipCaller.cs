namespace OCPlatform.Gateways.Sip;

/// <summary>Who sent a request, as the door found out.</summary>
/// <param name="Trunk">The trunk, by its network, its certificate or its credentials; null when it is none.</param>
/// <param name="User">The registered user (<see cref="SipUserOptions"/>) that proved its password; null when it is none.</param>
public sealed record SipCaller(string? Trunk, string? User)
{
    /// <summary>Neither a trunk nor a user: in a dialog nobody is asked.</summary>
    public static readonly SipCaller Stranger = new(null, null);

    /// <summary>What users are called together where a trunk would be named.</summary>
    public const string Users = "users";

    public static SipCaller OfTrunk(string name) => new(name, null);

    public static SipCaller OfUser(string name) => new(null, name);

    /// <summary>Whose places its calls take.</summary>
    public string Account => Trunk ?? Users;

    /// <summary>What the caller is called in records and logs.</summary>
    public string Name => Trunk ?? (User is null ? "stranger" : $"user:{User}");
}

using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Location;

/// <summary>Where a URI leads.</summary>
/// <param name="Destinations">In the order to try them; the next one when one fails (RFC 3263 §4.3).</param>
/// <param name="Problem">When there are none, why, in words for a log or Warning; null otherwise.</param>
public sealed record SipLocation(IReadOnlyList<SipDestination> Destinations, string? Problem)
{
    internal static SipLocation None(string problem) => new([], problem);
}

/// <summary>Settings of a <see cref="SipServerLocator"/>.</summary>
public sealed class SipLocatorOptions
{
    /// <summary>Transports that we have, the dearest first; of several that a domain offers without preference the first is taken.</summary>
    public IReadOnlyList<string> Transports { get; init; } = ["UDP", "TCP", "TLS"];

    public bool IPv4 { get; init; } = true;

    public bool IPv6 { get; init; }

    /// <summary>Destinations told at most, and servers of a domain asked for at most.</summary>
    public int MaxDestinations { get; init; } = 16;

    /// <summary>Longest time for all questions together.</summary>
    public int TimeoutMs { get; init; } = 5_000;
}

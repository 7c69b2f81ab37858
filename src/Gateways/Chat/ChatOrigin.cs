namespace OCPlatform.Gateways.Chat;

/// <summary>
/// Which pages may open a chat. A WebSocket is not held by the same-origin policy: any page a person visits may open
/// one, and only the Origin header (RFC 6455 §10.2) tells.
/// </summary>
internal static class ChatOrigin
{
    public static bool IsWellFormed(string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri)
        && uri.Scheme is "http" or "https"
        && string.Equals(uri.GetLeftPart(UriPartial.Authority), origin, StringComparison.OrdinalIgnoreCase);

    /// <param name="origin">The Origin header; null when there is none, as with every client that is no browser.</param>
    /// <param name="host">The Host header: host and port that the client addressed.</param>
    /// <param name="allowed">Origins from the options; empty for the platform's own pages only.</param>
    public static bool IsAllowed(string? origin, string host, IReadOnlyCollection<string> allowed)
    {
        if (string.IsNullOrEmpty(origin))
        {
            return true;
        }
        if (allowed.Count > 0)
        {
            return allowed.Any(one => one == "*" || string.Equals(one, origin, StringComparison.OrdinalIgnoreCase));
        }
        // The scheme is not compared: a proxy may have ended TLS in front of us.
        return Uri.TryCreate(origin, UriKind.Absolute, out var uri)
            && string.Equals(uri.Authority, host, StringComparison.OrdinalIgnoreCase);
    }
}

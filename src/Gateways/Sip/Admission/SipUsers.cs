namespace OCPlatform.Gateways.Sip;

/// <summary>The users of <c>sip.users</c>.</summary>
public static class SipUsers
{
    /// <summary>Users by their names.</summary>
    /// <exception cref="ArgumentException">A user without name or password, or one whose name is taken.</exception>
    public static Dictionary<string, SipUserOptions> ByName(SipGatewayOptions options)
    {
        var users = new Dictionary<string, SipUserOptions>(StringComparer.Ordinal);
        foreach (var user in options.Users)
        {
            if (user.Name.Length == 0 || user.Password.Length == 0)
            {
                throw new ArgumentException($"sip.users: '{user.Name}' needs a name and a password.");
            }
            if (options.Trunks.Any(trunk => trunk.Username == user.Name))
            {
                throw new ArgumentException($"sip.users: '{user.Name}' is the username of a trunk already.");
            }
            if (!users.TryAdd(user.Name, user))
            {
                throw new ArgumentException($"sip.users: '{user.Name}' is there twice.");
            }
        }
        return users;
    }
}

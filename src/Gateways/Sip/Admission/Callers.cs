using System.Net;
using OCPlatform.Sip;
using OCPlatform.Sip.Authentication;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip;

/// <summary>What is known of a request's sender.</summary>
internal enum CallerVerdict
{
    /// <summary>It is the trunk or user named.</summary>
    Known,

    /// <summary>No trunk covers the source, and there is nothing to log in to.</summary>
    Unknown,

    /// <summary>To be challenged; with Stale the password was not judged.</summary>
    CredentialsMissing,

    CredentialsWrong,

    CredentialsMalformed,
}

/// <param name="Identity">Who it is; null unless known.</param>
/// <param name="Trunk">Its trunk; null for a user.</param>
/// <param name="User">Its user; null for a trunk.</param>
/// <param name="Proven">By password or certificate, not by its address alone.</param>
/// <param name="Stale">The nonce is what was wrong.</param>
/// <param name="Claimed">The user name in wrong credentials.</param>
/// <param name="Cause">The whole truth, for the log.</param>
internal readonly record struct CallerFinding(
    CallerVerdict Verdict,
    RequestIdentity? Identity = null,
    Trunk? Trunk = null,
    SipUserOptions? User = null,
    bool Proven = false,
    bool Stale = false,
    string Claimed = "",
    string Cause = ""
);

/// <summary>
/// Who sent a request: a trunk by its networks and the names in its certificate, or a trunk or user by digest credentials
/// (RFC 3261 §22). A trunk that demands several of these gets them all checked; one that demands no password goes first.
/// </summary>
internal sealed class Callers
{
    private readonly Trunks _trunks;
    private readonly IPNetwork[] _trusted;
    private readonly Dictionary<string, SipUserOptions> _users;
    private readonly DigestServer _digest;

    /// <exception cref="ArgumentException">A trunk or user is wrong.</exception>
    public Callers(SipGatewayOptions options, TimeProvider time)
    {
        _users = SipUsers.ByName(options);
        _trunks = new Trunks(options.Trunks, openToPrivateNetworks: options.Users.Count == 0);
        _trusted = [.. _trunks.All.SelectMany(trunk => trunk.Networks)];
        _digest = new DigestServer(
            new DigestServerOptions { Realm = options.Realm, Algorithms = options.Admission.DigestAlgorithms },
            time
        );
    }

    /// <summary>It comes from the address of a trunk or with its certificate, whatever else the trunk demands.</summary>
    public bool IsTrusted(SipFlow flow) =>
        IsTrusted(flow.Remote.EndPoint.Address)
        || (flow.PeerNames.Count > 0 && Candidates(flow).Any(trunk => trunk.Options.CertificateNames.Count > 0));

    /// <summary>The address is that of a trunk.</summary>
    public bool IsTrusted(IPAddress source)
    {
        var address = source.IsIPv4MappedToIPv6 ? source.MapToIPv4() : source;
        foreach (var network in _trusted)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Whether somebody could be let in from there, with the right password if need be.</summary>
    public bool MayComeFrom(SipFlow flow) =>
        _users.Count > 0 || _trunks.MayBeRegisteredFrom(flow.Remote.EndPoint.Address) || Candidates(flow).Any();

    /// <param name="kind">REGISTER is for users: an address is no user.</param>
    public CallerFinding Find(SipRequest request, SipFlow flow, SipRequestKind kind)
    {
        if (
            kind != SipRequestKind.Register
            && _trunks.RegisteredAs(request.RequestUri, flow.Remote.EndPoint.Address) is { } registered
        )
        {
            return OfTrunk(registered, proven: true);
        }
        var trunks = kind == SipRequestKind.Register ? [] : Candidates(flow).ToList();
        if (trunks.FirstOrDefault(trunk => !trunk.NeedsCredentials) is { } open)
        {
            return OfTrunk(open, proven: open.Options.CertificateNames.Count > 0);
        }
        return trunks.Count == 0 && _users.Count == 0
            ? new CallerFinding(CallerVerdict.Unknown, Cause: $"{flow.Remote.EndPoint.Address} belongs to no trunk")
            : Authenticate(request, trunks);
    }

    /// <summary>401 with a challenge.</summary>
    public SipResponse Challenge(SipRequest request, bool stale, string toTag) =>
        _digest.Challenge(request, stale, toTag: toTag);

    private CallerFinding Authenticate(SipRequest request, List<Trunk> trunks)
    {
        var exists = false;
        var result = _digest.Check(
            request,
            (name, _) =>
            {
                var password =
                    trunks.FirstOrDefault(trunk => trunk.Username == name)?.Password
                    ?? _users.GetValueOrDefault(name)?.Password;
                exists = password is not null;
                return exists ? new DigestSecret(password) : null;
            }
        );
        switch (result.Verdict)
        {
            case DigestVerdict.Accepted when trunks.FirstOrDefault(t => t.Username == result.Username) is { } trunk:
                return OfTrunk(trunk, proven: true);
            case DigestVerdict.Accepted:
                var user = _users[result.Username!];
                return new CallerFinding(
                    CallerVerdict.Known,
                    new RequestIdentity(user.Name, RequestIdentity.Users),
                    User: user,
                    Proven: true
                );
            case DigestVerdict.NoCredentials or DigestVerdict.Stale:
                return new CallerFinding(
                    CallerVerdict.CredentialsMissing,
                    Stale: result.Verdict == DigestVerdict.Stale,
                    Cause: "credentials asked for"
                );
            case DigestVerdict.Malformed:
                return new CallerFinding(
                    CallerVerdict.CredentialsMalformed,
                    Cause: "the credentials cannot be read or are for another request"
                );
            default:
                return new CallerFinding(
                    CallerVerdict.CredentialsWrong,
                    Claimed: result.Username ?? "",
                    Cause: exists ? "the password is wrong" : "there is no such user"
                );
        }
    }

    private static CallerFinding OfTrunk(Trunk trunk, bool proven) =>
        new(CallerVerdict.Known, new RequestIdentity(null, trunk.Name), Trunk: trunk, Proven: proven);

    private IEnumerable<Trunk> Candidates(SipFlow flow) =>
        _trunks.Covering(flow.Remote.EndPoint.Address).Where(trunk => HasCertificate(trunk, flow));

    private static bool HasCertificate(Trunk trunk, SipFlow flow) =>
        trunk.Options.CertificateNames.Count == 0
        || trunk.Options.CertificateNames.Intersect(flow.PeerNames, StringComparer.OrdinalIgnoreCase).Any();
}

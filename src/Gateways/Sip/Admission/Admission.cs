using OCPlatform.Sip;
using OCPlatform.Sip.Authentication;

namespace OCPlatform.Gateways.Sip;

/// <summary>Why an INVITE was let in or not.</summary>
public enum AdmissionReason
{
    Admitted,

    /// <summary>The source belongs to no trunk: 403.</summary>
    UnknownSource,

    /// <summary>First INVITE without credentials: 401 with a challenge.</summary>
    CredentialsMissing,

    /// <summary>Wrong user or password: 403.</summary>
    CredentialsWrong,

    /// <summary>The node holds its limit of calls: 503 with Retry-After.</summary>
    Full,

    /// <summary>The node is being stopped: 503 with Retry-After.</summary>
    Draining,

    /// <summary>An extension is required that we do not speak: 420 (RFC 3261 §8.2.2.3).</summary>
    ExtensionRequired,

    /// <summary>Max-Forwards is spent: 483.</summary>
    TooManyHops,
}

/// <summary>The judgement on an INVITE: a trunk, or the refusal to send.</summary>
internal readonly record struct AdmissionVerdict(
    AdmissionReason Reason,
    string? Trunk,
    SipResponse? Refusal,
    string? Cause
);

/// <summary>
/// Decides at the door, before any actor is started, whether an INVITE becomes a call: by capacity, source, credentials.
/// A refusal says its true cause in the status, in Warning (RFC 3261 §20.43) and in the log.
/// </summary>
internal sealed class Admission
{
    private readonly SipGatewayOptions _options;
    private readonly Trunks _trunks;
    private readonly DigestServer _digest;

    public Admission(SipGatewayOptions options, TimeProvider time)
    {
        _options = options;
        _trunks = new Trunks(options.Trunks);
        _digest = new DigestServer(new DigestServerOptions { Realm = options.Realm }, time);
    }

    public AdmissionVerdict Judge(SipServerRequest received, int liveCalls, bool draining)
    {
        var request = received.Request;
        if (request.MaxForwards == 0)
        {
            return Refuse(request, AdmissionReason.TooManyHops, SipStatus.TooManyHops, "Max-Forwards is 0");
        }
        if (request.Require is { Count: > 0 } required)
        {
            var cause = $"required extension not supported: {string.Join(", ", required)}";
            var verdict = Refuse(request, AdmissionReason.ExtensionRequired, SipStatus.BadExtension, cause);
            verdict.Refusal!.Headers.Add(SipHeaderId.Unsupported, string.Join(", ", required));
            return verdict;
        }
        var trunks = _trunks.Covering(received.Remote.Address).ToList();
        if (trunks.Count == 0)
        {
            var cause = $"{received.Remote.Address} belongs to no trunk";
            return Refuse(request, AdmissionReason.UnknownSource, SipStatus.Forbidden, cause);
        }
        var admitted = trunks.FirstOrDefault(t => !t.NeedsCredentials)?.Name;
        if (admitted is null && Authenticate(request, trunks, out admitted) is { } refused)
        {
            return refused;
        }
        if (draining)
        {
            return Unavailable(request, AdmissionReason.Draining, "the node is being stopped");
        }
        return liveCalls >= _options.MaxCalls
            ? Unavailable(request, AdmissionReason.Full, $"all {_options.MaxCalls} calls of this node are taken")
            : new AdmissionVerdict(AdmissionReason.Admitted, admitted, null, null);
    }

    private AdmissionVerdict? Authenticate(SipRequest request, List<Trunk> trunks, out string? trunk)
    {
        trunk = null;
        var result = _digest.Check(
            request,
            (user, _) => trunks.FirstOrDefault(t => t.Username == user) is { } t ? new DigestSecret(t.Password) : null
        );
        switch (result.Verdict)
        {
            case DigestVerdict.Accepted:
                trunk = trunks.First(t => t.Username == result.Username).Name;
                return null;
            case DigestVerdict.NoCredentials:
            case DigestVerdict.Stale:
                var challenge = _digest.Challenge(request, stale: result.Verdict == DigestVerdict.Stale);
                return new AdmissionVerdict(
                    AdmissionReason.CredentialsMissing,
                    null,
                    challenge,
                    "credentials asked for"
                );
            default:
                const string cause = "wrong user name or password";
                return Refuse(request, AdmissionReason.CredentialsWrong, SipStatus.Forbidden, cause);
        }
    }

    private AdmissionVerdict Unavailable(SipRequest request, AdmissionReason reason, string cause)
    {
        var verdict = Refuse(request, reason, SipStatus.ServiceUnavailable, cause);
        verdict.Refusal!.Headers.Add(SipHeaderId.RetryAfter, _options.RetryAfterSeconds.ToString());
        return verdict;
    }

    private static AdmissionVerdict Refuse(SipRequest request, AdmissionReason reason, int status, string cause)
    {
        var response = SipResponse.Create(request, status);
        response.Headers.Add(SipHeaderId.Warning, $"399 {SipProduct.Name} \"{cause}\"");
        return new AdmissionVerdict(reason, null, response, cause);
    }
}

using System.Globalization;
using OCPlatform.Sip;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip;

/// <summary>What a registration does next.</summary>
internal abstract record RegistrationStep
{
    /// <summary>Look up where the registrars are.</summary>
    public sealed record Resolve : RegistrationStep;

    /// <summary>Send REGISTER there; expiry 0 takes the binding back.</summary>
    public sealed record Register(SipDestination Destination, int ExpirySeconds) : RegistrationStep;

    /// <summary>Wait, then call <see cref="RegistrationCycle.OnWaited"/>.</summary>
    public sealed record Wait(TimeSpan Time) : RegistrationStep;

    /// <summary>Nothing more.</summary>
    public sealed record Done : RegistrationStep;
}

/// <summary>
/// A registration at a carrier, sans-IO: register, refresh before it expires, go to the next registrar when one does not serve, wait longer
/// with each failure (RFC 3261 §10.2, RFC 5626 §4.5). Outcomes go in, the next step comes out. Challenges are not seen here.
/// </summary>
internal sealed class RegistrationCycle(TrunkSettings trunk, Random random, DateTimeOffset now)
{
    private const int LongestExpirySeconds = 86_400;
    private const int MaxRaises = 3;

    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(1);

    private readonly Queue<SipDestination> _left = [];
    private SipDestination? _current;
    private int _expirySeconds = trunk.Options.Registration.ExpirySeconds;
    private int _raises;
    private int _failures;
    private bool _isRegistered;
    private bool _isStopping;

    public RegistrationStatus Status { get; private set; } = new(RegistrationState.Registering, null, now, null, null);

    public RegistrationStep OnResolved(IReadOnlyList<SipDestination> destinations, string? error, DateTimeOffset at)
    {
        if (_isStopping)
        {
            return new RegistrationStep.Done();
        }
        _left.Clear();
        foreach (var destination in destinations)
        {
            _left.Enqueue(destination);
        }
        return Next(error ?? "the registrar has no address", null, at);
    }

    public RegistrationStep OnResponse(SipResponse response, string contactUser, DateTimeOffset at)
    {
        if (_isStopping)
        {
            Become(RegistrationState.Unregistered, at, null, Status.LastCause);
            return new RegistrationStep.Done();
        }
        if (response.IsSuccess)
        {
            return OnRegistered(response, contactUser, at);
        }
        var cause = $"{response.StatusCode} {response.ReasonPhrase}";
        if (response.StatusCode == SipStatus.IntervalTooBrief && Raise(response))
        {
            return new RegistrationStep.Register(_current!, _expirySeconds);
        }
        var retryAfter = response.RetryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : (TimeSpan?)null;
        if (TrunkSettings.FailsOverByDefault(response.StatusCode))
        {
            return Next(cause, retryAfter, at);
        }
        // The registrar serves, and says no: another of the same carrier would say the same.
        if (response.StatusCode is SipStatus.Unauthorized or SipStatus.ProxyAuthenticationRequired)
        {
            cause += "; username or password is wrong";
        }
        return Back(cause, retryAfter, at);
    }

    /// <summary>The registrar did not answer in time, or could not be reached.</summary>
    public RegistrationStep OnSilence(string cause, DateTimeOffset at)
    {
        if (_isStopping)
        {
            return new RegistrationStep.Done();
        }
        return Next(cause, null, at);
    }

    public RegistrationStep OnWaited() =>
        _isStopping ? new RegistrationStep.Done()
        : _isRegistered && _current is not null ? new RegistrationStep.Register(_current, _expirySeconds)
        : new RegistrationStep.Resolve();

    /// <summary>The node is being stopped: the binding is taken back, so that no call comes to a closed door.</summary>
    public RegistrationStep Stop(DateTimeOffset at)
    {
        _isStopping = true;
        if (_current is null || Status.ExpiresAt is not { } expires || expires <= at)
        {
            return new RegistrationStep.Done();
        }
        return new RegistrationStep.Register(_current, 0);
    }

    private RegistrationStep OnRegistered(SipResponse response, string contactUser, DateTimeOffset at)
    {
        _failures = 0;
        _raises = 0;
        _isRegistered = true;
        var granted = GrantedBy(response, contactUser);
        Become(RegistrationState.Registered, at, at.AddSeconds(granted), null);
        return new RegistrationStep.Wait(TimeSpan.FromSeconds(RefreshAfter(granted)));
    }

    /// <summary>A tenth, and no less than 30 s, before the end; short ones at half their time.</summary>
    internal static double RefreshAfter(int expirySeconds) =>
        Math.Max(expirySeconds / 2.0, expirySeconds - Math.Max(30, expirySeconds / 10.0));

    /// <summary>RFC 3261 §10.2.4: what the response says of our Contact, else its Expires, else what was asked for.</summary>
    private int GrantedBy(SipResponse response, string contactUser)
    {
        var ours = response.Contacts.FirstOrDefault(contact => contact.Uri.User == contactUser);
        var granted =
            int.TryParse(
                ours?.Parameters["expires"],
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var ofContact
            )
                ? ofContact
            : response.Expires is { } ofResponse ? (int)Math.Min(ofResponse, LongestExpirySeconds)
            : _expirySeconds;
        return Math.Clamp(granted, 2, LongestExpirySeconds);
    }

    private bool Raise(SipResponse response)
    {
        if (
            !int.TryParse(
                response.Headers[SipHeaderId.MinExpires],
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var least
            )
            || least <= _expirySeconds
            || least > LongestExpirySeconds
            || ++_raises > MaxRaises
        )
        {
            return false;
        }
        _expirySeconds = least;
        return true;
    }

    private RegistrationStep Next(string cause, TimeSpan? retryAfter, DateTimeOffset at)
    {
        _isRegistered = false;
        if (_left.TryDequeue(out var next))
        {
            _current = next;
            Status = Status with { Registrar = next.ToString() };
            return new RegistrationStep.Register(next, _expirySeconds);
        }
        return Back(cause, retryAfter, at);
    }

    private RegistrationStep Back(string cause, TimeSpan? retryAfter, DateTimeOffset at)
    {
        _isRegistered = false;
        _failures++;
        _left.Clear();
        var options = trunk.Options.Registration;
        var bound = Math.Min(options.RetryMaxSeconds, options.RetrySeconds * Math.Pow(2, Math.Min(_failures - 1, 30)));
        var wait = TimeSpan.FromSeconds(bound * (0.5 + (random.NextDouble() / 2)));
        if (retryAfter is { } asked)
        {
            asked = asked < LongestRetryAfter ? asked : LongestRetryAfter;
            wait = wait > asked ? wait : asked;
        }
        Become(RegistrationState.Failed, at, Status.ExpiresAt, cause);
        return new RegistrationStep.Wait(wait);
    }

    private void Become(RegistrationState state, DateTimeOffset at, DateTimeOffset? expires, string? cause) =>
        Status = Status with
        {
            State = state,
            Since = state == Status.State ? Status.Since : at,
            ExpiresAt = state == RegistrationState.Unregistered ? null : expires,
            LastCause = cause ?? Status.LastCause,
            Registrar = _current?.ToString(),
        };
}

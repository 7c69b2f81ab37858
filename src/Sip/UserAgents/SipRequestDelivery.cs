using OCPlatform.Sip.Authentication;
using OCPlatform.Sip.Sessions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.UserAgents;

/// <summary>What to do next with a request that is being delivered.</summary>
public abstract record SipDeliveryStep
{
    private SipDeliveryStep() { }

    /// <summary>Send this, which has no Via yet, as a new transaction; earlier ones of this delivery count no more.</summary>
    public sealed record Next(SipRequest Request, SipDestination Destination) : SipDeliveryStep;

    /// <summary>A provisional response for the one who wants the request delivered.</summary>
    public sealed record Provisional(SipResponse Response) : SipDeliveryStep;

    /// <summary>The final response; of an INVITE's 2xx each repetition too.</summary>
    public sealed record Final(SipResponse Response) : SipDeliveryStep;

    /// <summary>No target answered.</summary>
    public sealed record Failed(SipRequestFailure Failure) : SipDeliveryStep;

    /// <summary>Nothing: the response came late.</summary>
    public sealed record Nothing : SipDeliveryStep;
}

/// <summary>
/// Brings one request of ours to its target: answers digest challenges (RFC 3261 §22.2, §8.1.3.5) and goes to the next target after 503,
/// time-out or transport error (RFC 3263 §4.3). Each attempt is a new transaction with the next CSeq number; only what came of the last
/// goes up. Sans-IO: <see cref="Start"/>, then the outcome of each <see cref="SipDeliveryStep.Next"/>.
/// </summary>
/// <param name="request">The request; a Via of it is dropped. Not changed.</param>
/// <param name="targets">Where it may go, best first.</param>
/// <param name="digest">Answers challenges; shared by the requests to one trunk or peer. Null: a challenge is final.</param>
/// <param name="failsOver">Final responses that lead to the next target; null: 503 only.</param>
public sealed class SipRequestDelivery(
    SipRequest request,
    IReadOnlyList<SipDestination> targets,
    DigestClient? digest = null,
    Func<SipResponse, bool>? failsOver = null
)
{
    /// <summary>Two realms, a stale nonce each: enough for any honest target.</summary>
    private const int MaxAttemptsPerTarget = 5;

    private readonly SipRequest _original = request;
    private readonly HashSet<string> _answered = [];
    private int _target = -1;
    private int _attempts;
    private bool _repeated;
    private bool _stopped;
    private bool _done;

    /// <summary>The request as it was sent last.</summary>
    public SipRequest Request { get; private set; } = request;

    /// <summary>Where it was sent last; null before <see cref="Start"/>.</summary>
    public SipDestination? Destination => _target >= 0 && _target < targets.Count ? targets[_target] : null;

    /// <summary>The first step: <see cref="SipDeliveryStep.Next"/>, or <see cref="SipDeliveryStep.Failed"/> without targets.</summary>
    public SipDeliveryStep Start() => NextTarget() ?? Fail(SipRequestFailure.Refused);

    /// <summary>A response to the last attempt.</summary>
    public SipDeliveryStep OnResponse(SipResponse response)
    {
        if (_done)
        {
            return response.IsSuccess && Request.IsInvite
                ? new SipDeliveryStep.Final(response)
                : new SipDeliveryStep.Nothing();
        }
        if (response.IsProvisional)
        {
            return new SipDeliveryStep.Provisional(response);
        }
        if (!_stopped)
        {
            var isChallenge = response.StatusCode is SipStatus.Unauthorized or SipStatus.ProxyAuthenticationRequired;
            if (
                isChallenge
                && _attempts < MaxAttemptsPerTarget
                && digest?.Answer(Request, response, _answered) is { } again
            )
            {
                _attempts++;
                Request = again;
                return new SipDeliveryStep.Next(again, targets[_target]);
            }
            var goesOn = failsOver?.Invoke(response) ?? response.StatusCode == SipStatus.ServiceUnavailable;
            if (goesOn && NextTarget() is { } next)
            {
                return next;
            }
        }
        _done = true;
        return new SipDeliveryStep.Final(response);
    }

    /// <summary>The last attempt got no final response.</summary>
    public SipDeliveryStep OnFailed(SipRequestFailure failure) =>
        _done ? new SipDeliveryStep.Nothing()
        : !_stopped && (NextTarget() ?? SameTargetAgain(failure)) is { } next ? next
        : Fail(failure);

    /// <summary>It was cancelled: whatever comes of the attempt that is under way is final.</summary>
    public void Stop() => _stopped = true;

    private SipDeliveryStep.Failed Fail(SipRequestFailure failure)
    {
        _done = true;
        return new SipDeliveryStep.Failed(failure);
    }

    private SipDeliveryStep? NextTarget()
    {
        if (_target + 1 >= targets.Count)
        {
            return null;
        }
        _target++;
        return Attempt(first: _target == 0);
    }

    /// <summary>
    /// A BYE that was lost with its connection would leave the peer in a call without us: it goes once more, over a new connection. It does no harm
    /// when it arrives twice; other requests might.
    /// </summary>
    private SipDeliveryStep? SameTargetAgain(SipRequestFailure failure)
    {
        if (failure != SipRequestFailure.TransportError || _original.Method != SipMethod.Bye || _repeated)
        {
            return null;
        }
        _repeated = true;
        return Attempt(first: false);
    }

    private SipDeliveryStep Attempt(bool first)
    {
        _attempts = 1;
        _answered.Clear();
        var attempt = _original.Clone();
        attempt.Headers.Remove(SipHeaderId.Via);
        if (!first)
        {
            attempt.CSeq = new CSeq(Request.CSeq.Number + 1, attempt.Method);
        }
        digest?.Authorize(attempt);
        Request = attempt;
        return new SipDeliveryStep.Next(attempt, targets[_target]);
    }
}

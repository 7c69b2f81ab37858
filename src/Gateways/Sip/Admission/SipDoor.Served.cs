using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip;

/// <summary>Requests that somebody serves: who is it, may it, is it in order, is there room.</summary>
internal sealed partial class SipDoor
{
    private SipGateDecision JudgeServed(Visit visit, SipRequestKind kind)
    {
        var request = visit.Request;
        if (request.Headers.Contains(SipHeaderId.Authorization) && !_rates.TakesPassword(visit.Source, visit.NowMs))
        {
            return visit.IsStranger
                ? Silence(AdmissionReason.TooManyFailedLogins)
                : RefuseOnly(
                    visit,
                    AdmissionReason.TooManyFailedLogins,
                    SipStatus.ServiceUnavailable,
                    "too many wrong passwords from this address",
                    retryAfter: 60
                );
        }
        var caller = _callers.Find(request, visit.Flow, kind);
        switch (caller.Verdict)
        {
            case CallerVerdict.Known:
                return JudgeKnown(visit, kind, caller);
            case CallerVerdict.CredentialsMissing:
                CountTarget(visit, RequestChecks.UserOf(request.RequestUri));
                return AnswerOnly(
                    visit,
                    AdmissionReason.CredentialsMissing,
                    _callers.Challenge(request, caller.Stale, _tags.Of(request))
                );
            case CallerVerdict.CredentialsWrong:
                CountFailedLogin(visit, caller.Claimed);
                LogHostile(visit, SipStatus.Forbidden, caller.Cause);
                return Refuse(
                    visit,
                    AdmissionReason.CredentialsWrong,
                    SipStatus.Forbidden,
                    "wrong user name or password"
                );
            case CallerVerdict.CredentialsMalformed:
                LogHostile(visit, SipStatus.BadRequest, caller.Cause);
                return Refuse(visit, AdmissionReason.CredentialsMalformed, SipStatus.BadRequest, caller.Cause);
            default:
                CountTarget(visit, RequestChecks.UserOf(request.RequestUri));
                return RefuseStranger(visit);
        }
    }

    private SipGateDecision JudgeKnown(Visit visit, SipRequestKind kind, CallerFinding caller)
    {
        var request = visit.Request;
        if (caller.Proven && visit.Standing != Standing.Trusted)
        {
            _known.Add(visit.Source, visit.NowMs);
            _bans.Forgive(visit.Source);
        }
        if (RequestChecks.Of(request, _options.Admission, IsLoop(request)) is { } fault)
        {
            var refusal = SipRefusal.Create(request, fault.Status, fault.Cause);
            if (fault.Header != SipHeaderId.Unknown)
            {
                refusal.Headers.Add(fault.Header, fault.Value);
            }
            return RefuseKnown(visit, fault.Reason, refusal, fault.Cause);
        }
        if (request.IsInvite && caller.User is { MayCall: false } user)
        {
            var cause = $"user {user.Name} may not call";
            var refusal = SipRefusal.Create(request, SipStatus.Forbidden, cause);
            return RefuseKnown(visit, AdmissionReason.MayNotCall, refusal, cause);
        }
        return kind == SipRequestKind.Call && NoRoom(visit, caller) is { } full
            ? full
            : SipGateDecision.LetIn(caller.Identity);
    }

    /// <summary>Takes a place for the call; null when there is one.</summary>
    private SipGateDecision? NoRoom(Visit visit, CallerFinding caller)
    {
        var limits = caller.Trunk?.Options;
        if (_draining)
        {
            return Unavailable(visit, AdmissionReason.Draining, "the node is being stopped");
        }
        if (NewCallsRefused() is { } refused)
        {
            return Unavailable(visit, AdmissionReason.DatabaseAway, refused);
        }
        if (limits is not { NeverShed: true } && IsShed(visit.Request))
        {
            // Spread, so that those who wait do not come back together.
            var wait = _options.RetryAfterSeconds + Random.Shared.Next(2 * _options.RetryAfterSeconds + 1);
            return Unavailable(visit, AdmissionReason.Overload, $"too busy: {_status.OverloadCause}", wait);
        }
        if (Volatile.Read(ref _freeMediaPorts) <= 0)
        {
            return Unavailable(visit, AdmissionReason.NoMediaPort, "every RTP port is in use");
        }
        return _seats.TryTake(
            caller.Identity!.Trunk,
            limits?.MaxCalls ?? 0,
            limits?.MaxCallsPerSecond ?? 0,
            visit.NowMs,
            out var reason,
            out var cause
        )
            ? null
            : Unavailable(visit, reason, cause);
    }

    /// <summary>The lot falls by Call-ID: who tries the same call again at once gets the same answer.</summary>
    private bool IsShed(SipRequest request) =>
        Volatile.Read(ref _overloadLevel) is var level and > 0
        && (uint)HashCode.Combine(request.CallId) < level * uint.MaxValue;

    private SipGateDecision Unavailable(Visit visit, AdmissionReason reason, string cause, int? retryAfter = null)
    {
        var response = SipRefusal.Create(
            visit.Request,
            SipStatus.ServiceUnavailable,
            cause,
            retryAfter ?? _options.RetryAfterSeconds
        );
        return RefuseKnown(visit, reason, response, cause);
    }
}

using Akka.Event;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip;

/// <summary>How the door refuses, counts and tells.</summary>
internal sealed partial class SipDoor
{
    private SipGateDecision Silence(AdmissionReason reason)
    {
        _status.CountSilenced(reason);
        return SipGateDecision.Silence;
    }

    private SipGateDecision AnswerOnly(Visit visit, AdmissionReason reason, SipResponse response)
    {
        _status.CountRefused(reason, visit.Request.IsInvite);
        return SipGateDecision.AnswerOnly(response);
    }

    private SipGateDecision Refuse(
        Visit visit,
        AdmissionReason reason,
        int status,
        string cause,
        int? retryAfter = null
    ) =>
        AnswerOnly(visit, reason, SipRefusal.Create(visit.Request, status, cause, retryAfter, _tags.Of(visit.Request)));

    private SipGateDecision RefuseOnly(Visit visit, AdmissionReason reason, int status, string cause, int retryAfter)
    {
        LogRefusal(visit, status, cause);
        return Refuse(visit, reason, status, cause, retryAfter);
    }

    private SipGateDecision RefuseStranger(Visit visit)
    {
        var cause = $"{visit.Flow.Remote.EndPoint.Address} belongs to no trunk";
        LogHostile(visit, SipStatus.Forbidden, cause);
        return Refuse(visit, AdmissionReason.UnknownSource, SipStatus.Forbidden, cause);
    }

    private SipGateDecision RefuseKnown(Visit visit, AdmissionReason reason, SipResponse response, string cause)
    {
        _status.CountRefused(reason, visit.Request.IsInvite);
        LogRefusal(visit, response.StatusCode, cause);
        return SipGateDecision.LetIn(new TransactionRefusal(response));
    }

    // ---- offences ----

    private void CountTarget(Visit visit, string user)
    {
        if (visit.IsStranger && _bans.CountTarget(visit.Source, user, visit.NowMs))
        {
            OnBanned(visit.Source);
        }
    }

    private void CountFailedLogin(Visit visit, string user)
    {
        _rates.CountFailure(visit.Source, visit.NowMs);
        if (visit.IsStranger && _bans.CountFailedLogin(visit.Source, user, visit.NowMs))
        {
            OnBanned(visit.Source);
        }
    }

    private void Ban(SourceKey source, string reason, long nowMs)
    {
        if (_bans.Add(source, reason, nowMs))
        {
            OnBanned(source);
        }
    }

    private void OnBanned(SourceKey source)
    {
        _status.CountBan();
        if (_hostileLines.TryTake(NowMs, out var withheld))
        {
            _log.Warning(
                "{Source} is not heard for {Minutes} min: {Reason}{Withheld}",
                source,
                _options.Admission.Bans.Minutes,
                _bans.ReasonOf(source, NowMs),
                Also(withheld)
            );
        }
    }

    // ---- log ----

    private void LogHostile(Visit visit, int status, string cause) => Log(_hostileLines, visit, status, cause);

    private void LogRefusal(Visit visit, int status, string cause) => Log(_refusalLines, visit, status, cause);

    private void Log(LogBudget lines, Visit visit, int status, string cause)
    {
        if (lines.TryTake(visit.NowMs, out var withheld))
        {
            _log.Info(
                "{Method} from {Remote} refused with {Status}: {Cause}{Withheld}",
                Shown(visit.Request.Method),
                visit.Flow.Remote.EndPoint,
                status,
                cause,
                Also(withheld)
            );
        }
    }

    /// <summary>A method can be any token, of any length.</summary>
    private static string Shown(string method) => method.Length <= 16 ? method : method[..16];

    private static string Also(long withheld) => withheld == 0 ? "" : $" (and {withheld} lines like this not written)";
}

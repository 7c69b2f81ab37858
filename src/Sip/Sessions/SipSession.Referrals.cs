using System.Globalization;

namespace OCPlatform.Sip.Sessions;

/// <summary>REFER and the NOTIFY that tells of it, both sides (RFC 3515, RFC 4488, RFC 6665), for blind and attended transfer.</summary>
public sealed partial class SipSession
{
    /// <summary>A call is transferred once; a few tries more are somebody's impatience.</summary>
    private const int MaxReferrals = 8;

    private const int LongestReferralS = 3600;

    private readonly List<Referral> _referrals = [];
    private bool _referred;
    private bool _wasReferred;

    /// <summary>Asks the peer to call <paramref name="target"/> (RFC 3515), in place of a dialog of ours when attended (RFC 3891).</summary>
    /// <param name="target">Whom to call.</param>
    /// <param name="replaces">The dialog it shall replace there.</param>
    /// <param name="referredBy">Who asks (RFC 3892); null leaves it out.</param>
    /// <param name="now">The time.</param>
    /// <param name="id">Names the referral in its events; empty when it was not sent.</param>
    public SipSessionResult Refer(
        SipUri target,
        SipReplaces? replaces,
        NameAddress? referredBy,
        TimeSpan now,
        out string id
    )
    {
        id = "";
        if (_phase != SipSessionPhase.Established)
        {
            return SipSessionResult.NotInThisState;
        }
        if (!PeerAllows(SipMethod.Refer))
        {
            return SipSessionResult.NotAllowedByPeer;
        }
        if (_referrals.Count >= MaxReferrals || _requests.Count >= MaxOpenRequests)
        {
            return SipSessionResult.Pending;
        }
        var refer = _dialog!.CreateRequest(SipMethod.Refer);
        refer.Headers.Add(SipHeaderId.ReferTo, ReferTarget.Write(target, replaces));
        if (referredBy is not null)
        {
            refer.Headers.Add(SipHeaderId.ReferredBy, referredBy.ToString());
        }
        refer.Headers.Add(SipHeaderId.Supported, Supported);
        id = refer.CSeq.Number.ToString(CultureInfo.InvariantCulture);
        _referrals.Add(new Referral(id, id, ours: true, isFirst: !_referred) { Deadline = TimeSpan.MaxValue });
        _referred = true;
        Send(RequestPurpose.Refer, _dialog, refer, now, id);
        return SipSessionResult.Done;
    }

    /// <summary>202 to the peer's REFER; its progress is told with <see cref="ReportReferral"/>.</summary>
    public SipSessionResult AcceptReferral(string id, TimeSpan now)
    {
        if (TakeReferral(id) is not { } open)
        {
            return SipSessionResult.NotInThisState;
        }
        open.Dialog.Dialog.RefreshTarget(open.Request);
        var response = DialogResponse(open.Request, SipStatus.Accepted);
        var silent = open.Request.Headers["Refer-Sub"]?.Trim().StartsWith("false", StringComparison.OrdinalIgnoreCase);
        if (silent == true)
        {
            // The peer wants no NOTIFY (RFC 4488 §4).
            response.Headers.Add("Refer-Sub", "false");
            Respond(open.Key, response);
            return SipSessionResult.Done;
        }
        Respond(open.Key, response);
        var referral = new Referral(id, id, ours: false, isFirst: !_wasReferred)
        {
            Deadline = now + TimeSpan.FromSeconds(_options.ReferralExpiresS),
        };
        _wasReferred = true;
        _referrals.Add(referral);
        SendNotify(referral, ActiveState(referral, now), now);
        return SipSessionResult.Done;
    }

    /// <summary>A final response from 300 to 699 to the peer's REFER, with a Warning that names the cause.</summary>
    public SipSessionResult RejectReferral(string id, int status, string? cause, TimeSpan now)
    {
        if (status is < 300 or > 699)
        {
            return SipSessionResult.Invalid;
        }
        if (TakeReferral(id) is not { } open)
        {
            return SipSessionResult.NotInThisState;
        }
        RefuseReferral(open, status, cause, now);
        return SipSessionResult.Done;
    }

    /// <summary>Tells the peer how the call it asked for stands; a final status ends it. Works after the session's end too.</summary>
    public SipSessionResult ReportReferral(string id, int status, TimeSpan now)
    {
        if (status is < 100 or > 699)
        {
            return SipSessionResult.Invalid;
        }
        if (_referrals.Find(r => !r.Ours && r.Id == id) is not { } referral)
        {
            return SipSessionResult.NotInThisState;
        }
        if (_requests.Count >= MaxOpenRequests)
        {
            return SipSessionResult.Pending;
        }
        (referral.Status, referral.Reason) = (status, SipStatus.ReasonOf(status));
        if (status >= 200)
        {
            _referrals.Remove(referral);
        }
        SendNotify(referral, status >= 200 ? "terminated;reason=noresource" : ActiveState(referral, now), now);
        Settle(now);
        return SipSessionResult.Done;
    }

    private TimeSpan ReferralDeadline => _referrals.Count == 0 ? TimeSpan.MaxValue : _referrals.Min(r => r.Deadline);

    private void OnRefer(SessionDialog dialog, SipRequest refer, string transaction, TimeSpan now)
    {
        if (!ReferTarget.TryRead(refer, out var target, out var status, out var cause))
        {
            Respond(transaction, Refusal(refer, status, cause));
            return;
        }
        if (_referrals.Count + _unanswered.Count >= MaxReferrals)
        {
            Respond(transaction, TryLater(refer, "too many referrals at once"));
            return;
        }
        var id = refer.CSeq.Number.ToString(CultureInfo.InvariantCulture);
        // The REFER must be answered before its client gives up at 64*T1.
        Keep(
            new ServerRequest(
                transaction,
                RequestPurpose.Refer,
                refer,
                dialog,
                isOffer: false,
                now + _options.Timers.Timeout / 2
            )
        );
        NameAddress? referredBy = null;
        if (refer.Headers[SipHeaderId.ReferredBy] is { } text)
        {
            NameAddress.TryParse(text, out referredBy);
        }
        Push(new SipSessionEvent.ReferralRequested(id, target.Target, target.Replaces, referredBy, refer));
    }

    private void OnSubscribe(SipRequest subscribe, string transaction, TimeSpan now)
    {
        if (!ReferEvent.TryParse(subscribe.Headers[SipHeaderId.Event], out var e) || e.Package != "refer")
        {
            Respond(transaction, BadEvent(subscribe));
            return;
        }
        if (_referrals.Find(r => !r.Ours && r.Is(e)) is not { } referral || _requests.Count >= MaxOpenRequests)
        {
            Respond(transaction, Refusal(subscribe, SipStatus.CallDoesNotExist, "no such subscription"));
            return;
        }
        var expiresS = (int)Math.Min(subscribe.Expires ?? (uint)_options.ReferralExpiresS, LongestReferralS);
        var response = DialogResponse(subscribe, SipStatus.Ok);
        response.Headers.Add(SipHeaderId.Expires, expiresS.ToString(CultureInfo.InvariantCulture));
        Respond(transaction, response);
        if (expiresS == 0)
        {
            _referrals.Remove(referral);
            SendNotify(referral, "terminated;reason=timeout", now);
            return;
        }
        referral.Deadline = now + TimeSpan.FromSeconds(expiresS);
        SendNotify(referral, ActiveState(referral, now), now);
    }

    private void OnNotify(SipRequest notify, string transaction, TimeSpan now)
    {
        if (!ReferEvent.TryParse(notify.Headers[SipHeaderId.Event], out var e) || e.Package != "refer")
        {
            Respond(transaction, BadEvent(notify));
            return;
        }
        if (_referrals.Find(r => r.Ours && r.Is(e)) is not { } referral)
        {
            Respond(transaction, Refusal(notify, SipStatus.CallDoesNotExist, "no such subscription"));
            return;
        }
        if (!SubscriptionState.TryParse(notify.Headers[SipHeaderId.SubscriptionState], out var state))
        {
            Respond(transaction, Refusal(notify, SipStatus.BadRequest, "a NOTIFY needs a Subscription-State"));
            return;
        }
        Respond(transaction, ResponseTo(notify, SipStatus.Ok));
        if (
            notify.ContentType == SipFragment.ContentType
            && SipFragment.TryParse(notify.Body.Span, out var status, out var reason)
        )
        {
            (referral.Status, referral.Reason) = (status, reason);
        }
        if (state.Terminated)
        {
            Finish(referral);
            return;
        }
        referral.Deadline =
            now + TimeSpan.FromSeconds(Math.Clamp(state.ExpiresS ?? _options.ReferralExpiresS, 1, LongestReferralS));
        Push(new SipSessionEvent.ReferralProgress(referral.Id, referral.Status, referral.Reason, Final: false));
    }

    private void OnReferSent(string id, SipRequest refer)
    {
        if (_referrals.Find(r => r.Ours && r.Id == id) is { } referral)
        {
            referral.EventId = refer.CSeq.Number.ToString(CultureInfo.InvariantCulture);
        }
    }

    private void OnReferResponse(ClientRequest request, SipResponse response, TimeSpan now)
    {
        if (_referrals.Find(r => r.Ours && r.Id == request.ReferralId) is not { } referral)
        {
            return;
        }
        var silent = response.Headers["Refer-Sub"]?.Trim().StartsWith("false", StringComparison.OrdinalIgnoreCase);
        if (!response.IsSuccess || silent == true)
        {
            (referral.Status, referral.Reason) = (response.StatusCode, response.ReasonPhrase);
            Finish(referral);
            EndIfLost(response, now);
            return;
        }
        if (referral.Deadline == TimeSpan.MaxValue)
        {
            // The first NOTIFY comes at once (RFC 6665 §4.1.2.4, timer N).
            referral.Deadline = now + _options.Timers.Timeout;
            Push(
                new SipSessionEvent.ReferralProgress(
                    referral.Id,
                    response.StatusCode,
                    response.ReasonPhrase,
                    Final: false
                )
            );
        }
    }

    private void OnReferFailed(ClientRequest request)
    {
        if (_referrals.Find(r => r.Ours && r.Id == request.ReferralId) is { } referral)
        {
            (referral.Status, referral.Reason) = (SipStatus.RequestTimeout, "no answer to REFER");
            Finish(referral);
        }
    }

    private void OnNotifyResponse(ClientRequest request, int status, TimeSpan now)
    {
        if (status >= 300)
        {
            // Nobody listens over there (RFC 6665 §4.2.2).
            _referrals.RemoveAll(r => !r.Ours && r.Id == request.ReferralId);
        }
        SendOwedBye(now);
    }

    private void OnReferralDeadline(TimeSpan now)
    {
        foreach (var referral in _referrals.Where(r => r.Deadline <= now).ToList())
        {
            if (!referral.Ours)
            {
                _referrals.Remove(referral);
                SendNotify(referral, "terminated;reason=timeout", now);
                continue;
            }
            if (referral.Status < 200)
            {
                (referral.Status, referral.Reason) = (SipStatus.RequestTimeout, "nothing was heard of it");
            }
            Finish(referral);
        }
    }

    /// <summary>Our referrals outlive the session only as long as a NOTIFY may be on its way.</summary>
    private void ShortenReferrals(TimeSpan now)
    {
        foreach (var referral in _referrals.Where(r => r.Ours && r.Deadline > now + _options.Timers.Timeout))
        {
            referral.Deadline = now + _options.Timers.Timeout;
        }
    }

    private void RefuseReferral(ServerRequest open, int status, string? cause, TimeSpan now)
    {
        Respond(open.Key, Refusal(open.Request, status, cause));
        Settle(now);
    }

    private void Finish(Referral referral)
    {
        _referrals.Remove(referral);
        Push(new SipSessionEvent.ReferralProgress(referral.Id, referral.Status, referral.Reason, Final: true));
    }

    private void SendNotify(Referral referral, string state, TimeSpan now)
    {
        var notify = _dialog!.CreateRequest(SipMethod.Notify);
        notify.Headers.Add(SipHeaderId.Event, referral.Event);
        notify.Headers.Add(SipHeaderId.SubscriptionState, state);
        notify.SetBody(SipFragment.Create(referral.Status), $"{SipFragment.ContentType};version=2.0");
        Send(RequestPurpose.Notify, _dialog, notify, now, referral.Id);
    }

    private static string ActiveState(Referral referral, TimeSpan now) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"active;expires={(int)Math.Max(0, (referral.Deadline - now).TotalSeconds)}"
        );

    private SipResponse BadEvent(SipRequest request)
    {
        var response = Refusal(request, SipStatus.BadEvent, null);
        response.Headers.Add(SipHeaderId.AllowEvents, "refer");
        return response;
    }

    private ServerRequest? TakeReferral(string id) =>
        TakeUnanswered(r =>
            r.Purpose == RequestPurpose.Refer && r.Request.CSeq.Number.ToString(CultureInfo.InvariantCulture) == id
        );
}

using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using OCPlatform.CallActors.Signalling;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Sip;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.CallActors;

public sealed partial class CallActor
{
    // ---- another party takes the peer's place ----

    private void TakeOver(CallLeg next)
    {
        var former = _leg;
        _leg = next;
        _next = null;
        PauseForNewParty();
        StartOrUpdate(next.Negotiation!.Current!);
        Record(
            new CallEvents.PeerReplaced(
                _id,
                Now,
                next.Session.Dialog?.RemoteAddress ?? "",
                next.Path?.Remote ?? "",
                next.Session.Dialog?.CallId ?? "",
                next.Negotiation.Current!.CodecName,
                JsonOf(next),
                MediaOf(next),
                next.Negotiation.Current.Security?.ToString()
            )
        );
        Tell(CallVerb.Replace, CallVerbResult.Done);
        if (former is null)
        {
            return;
        }
        if (!former.Connected)
        {
            // A call of ours that still rang was picked up by somebody else.
            RecordAnswered(next);
            Attach();
            Record(new CallEvents.Confirmed(_id, Now));
            Tell(CallVerb.Place, CallVerbResult.Done);
            StartTalking();
        }
        ForgetVerbsOfFormerLeg();
        if (_referral is { } referral)
        {
            former.Session.ReportReferral(referral, SipStatus.Ok, Elapsed);
            _referral = null;
        }
        HangUpLeg(former, "another party took the call over");
        AskNewParty();
    }

    /// <summary>The peer asks us to go on with somebody else (RFC 3515), in the place of one of its dialogs when attended.</summary>
    private void OnReferral(CallLeg leg, SipSessionEvent.ReferralRequested referral)
    {
        if (leg != _leg || _next is not null || !leg.Connected)
        {
            leg.Session.RejectReferral(referral.Id, SipStatus.RequestPending, "another party is being called", Elapsed);
            return;
        }
        if (!leg.AllowReferrals)
        {
            leg.Session.RejectReferral(
                referral.Id,
                SipStatus.Forbidden,
                $"trunk '{leg.Trunk}' does not allow referrals",
                Elapsed
            );
            return;
        }
        leg.Session.AcceptReferral(referral.Id, Elapsed);
        Drain(leg);
        _referral = referral.Id;
        _log.Info("Call {CallId} is referred to {Target}", _id, referral.Target);
        _next = CallLegTo(
            referral.Target,
            NameAddress.Parse(leg.Session.Dialog!.LocalAddress).Uri,
            trunk: null,
            referral.Replaces,
            referral.ReferredBy,
            TimeSpan.FromSeconds(_options.PlacedRingSeconds)
        );
        Drain(_next);
        // Whoever takes the call up can tell the peer that nothing came of it.
        RecordSession(leg);
    }

    private void OnNextFailed(EndCause cause)
    {
        _next = null;
        if (_referral is { } referral)
        {
            _referral = null;
            _leg!.Session.ReportReferral(referral, cause.SipStatus ?? SipStatus.ServiceUnavailable, Elapsed);
            Drain(_leg);
        }
        Tell(
            CallVerb.Replace,
            cause.Reason == EndReason.NoAnswer ? CallVerbResult.TimedOut : CallVerbResult.Refused,
            cause.SipStatus,
            cause.Detail
        );
        if (_leg!.Session.End is { } end)
        {
            // The peer had gone already, as those do who transfer blindly.
            End(CauseOf(_leg, end));
        }
    }

    // ---- to somebody else ----

    private void Transfer(CallCommands.Transfer transfer)
    {
        if (_leg is not { Connected: true } || _next is not null || !Take(CallVerb.Transfer))
        {
            NotPossible(CallVerb.Transfer, "the call is not connected, or is being transferred");
            return;
        }
        if (transfer.Consultation is not { } consultation)
        {
            Refer(transfer.Target, replaces: null);
            return;
        }
        if (!ActorRegistry.For(Context.System).TryGet<CallRegion>(out var calls))
        {
            Tell(CallVerb.Transfer, CallVerbResult.NotPossible, null, "this node has no way to calls");
            return;
        }
        _consulting = transfer;
        calls.Tell(new CallCommands.GetDialog(consultation));
        Timers.StartSingleTimer(nameof(DialogOverdue), DialogOverdue.Instance, DialogDeadline);
    }

    private void OnConsultation(DialogOfCall dialog)
    {
        if (_consulting is not { } transfer)
        {
            return;
        }
        _consulting = null;
        Timers.Cancel(nameof(DialogOverdue));
        if (dialog.Replaces is null || !SipReplaces.TryParse(dialog.Replaces, out var replaces))
        {
            Tell(
                CallVerb.Transfer,
                CallVerbResult.NotPossible,
                null,
                $"call {transfer.Consultation} has no dialog to take over"
            );
            return;
        }
        Refer(transfer.Target.Length > 0 ? transfer.Target : dialog.Peer!, replaces);
    }

    private void Refer(string target, SipReplaces? replaces)
    {
        if (_leg is not { } leg || !TryReadTarget(target, out var uri) || uri.Host == SipSession.PlaceholderHost)
        {
            Tell(
                CallVerb.Transfer,
                CallVerbResult.NotPossible,
                null,
                $"'{target}' is no URI that the other side could call"
            );
            return;
        }
        var result = leg.Session.Refer(
            uri,
            replaces,
            NameAddress.Parse(leg.Session.Dialog!.LocalAddress),
            Elapsed,
            out var id
        );
        _transfer = id;
        if (result != SipSessionResult.Done)
        {
            Tell(CallVerb.Transfer, result);
        }
        Drain(leg);
        if (result == SipSessionResult.Done)
        {
            RecordSession(leg);
        }
    }

    private void OnTransferDone(string id, int status, string cause)
    {
        if (id != _transfer)
        {
            return;
        }
        _transfer = null;
        if (status is >= 200 and < 300)
        {
            Tell(CallVerb.Transfer, CallVerbResult.Done);
            HangUp(new EndCause(EndedBy.Platform, EndReason.Transferred, null, "the other side reached the target"));
            return;
        }
        var result = status == SipStatus.RequestTimeout ? CallVerbResult.TimedOut : CallVerbResult.Refused;
        Tell(CallVerb.Transfer, result, status, cause);
    }

    private void Replace(CallCommands.Replace replace)
    {
        SipReplaces? replaces = null;
        if (
            !TryReadTarget(replace.Target, out var target)
            || (replace.Replaces is { } text && !SipReplaces.TryParse(text, out replaces))
        )
        {
            NotPossible(CallVerb.Replace, $"'{replace.Target}' or its Replaces value cannot be read");
            return;
        }
        if (_leg is not { Connected: true } leg || _next is not null || !Take(CallVerb.Replace))
        {
            NotPossible(CallVerb.Replace, "the call is not connected, or another party is being called");
            return;
        }
        var from = NameAddress.Parse(leg.Session.Dialog!.LocalAddress).Uri;
        var ring = TimeSpan.FromSeconds(_options.PlacedRingSeconds);
        _next = CallLegTo(target, from, replace.Trunk, replaces, referredBy: null, ring);
        Drain(_next);
    }

    private DialogOfCall Dialog() =>
        _leg is { Session: { Phase: SipSessionPhase.Established or SipSessionPhase.Inviting, Dialog: { } dialog } }
            ? new DialogOfCall(_id, dialog.RemoteTarget, SipReplaces.For(dialog).ToString())
            : new DialogOfCall(_id, null, null);
}

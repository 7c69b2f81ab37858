using System.Text;
using OCPlatform.CallActors.Signalling;
using OCPlatform.Contracts.Calls;
using OCPlatform.Sip;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.CallActors;

public sealed partial class CallActor
{
    // ---- what a session tells ----

    private void OnSession(CallLeg leg, SipSessionEvent told)
    {
        if (leg != _leg && leg != _next)
        {
            return; // It was refused, or has been replaced: its session ends by itself.
        }
        switch (told)
        {
            case SipSessionEvent.OfferReceived or SipSessionEvent.OfferWanted when leg.Session.End is not null:
                break;
            case SipSessionEvent.OfferReceived offer:
                OnOffer(leg, offer);
                break;
            case SipSessionEvent.OfferWanted wanted:
                if (wanted.Carrier == SipOfferCarrier.Invite)
                {
                    leg.Description = leg.Negotiation!.Offer();
                    Ring(leg);
                }
                else
                {
                    leg.Session.AcceptOffer(leg.Negotiation!.Offer(), Elapsed);
                }
                break;
            case SipSessionEvent.AnswerReceived answer:
                OnAnswer(leg, answer);
                break;
            case SipSessionEvent.OfferRejected rejected:
                leg.Negotiation!.Withdraw();
                if (_takeUp is not null && leg == _leg)
                {
                    OnTakeUpRefused(
                        leg,
                        rejected.Status,
                        rejected.Response?.ReasonPhrase ?? leg.GatewayCause,
                        byPeer: rejected.Response is not null
                    );
                    break;
                }
                OnReofferDone(leg, rejected.Status, rejected.Response?.ReasonPhrase);
                break;
            case SipSessionEvent.OfferWithdrawn:
                break;
            case SipSessionEvent.Progress progress:
                OnProgress(leg, progress);
                break;
            case SipSessionEvent.Established:
                leg.Answered = true;
                break;
            case SipSessionEvent.SessionChanged:
                OnRefreshed(leg);
                if (leg == _leg && leg.Connected)
                {
                    RecordSession(leg);
                }
                break;
            case SipSessionEvent.RefreshFailed failed:
                OnMoveFailed(leg, failed);
                break;
            case SipSessionEvent.DigitReceived digit:
                OnDigit(digit.Digit.Key, digit.Digit.DurationMs ?? 0, Now);
                break;
            case SipSessionEvent.MessageReceived message:
                OnUserWrote(Encoding.UTF8.GetString(message.Body.Span));
                break;
            case SipSessionEvent.InfoAnswered info:
                OnInfoAnswered(info.Status);
                break;
            case SipSessionEvent.ReferralRequested referral:
                OnReferral(leg, referral);
                break;
            case SipSessionEvent.ReferralProgress { Final: true } transfer:
                OnTransferDone(transfer.Id, transfer.Status, transfer.Reason);
                break;
            case SipSessionEvent.Ended ended:
                OnEnded(leg, ended.End);
                break;
        }
    }

    private void OnOffer(CallLeg leg, SipSessionEvent.OfferReceived offer)
    {
        var negotiated = leg.Negotiation!.Answer(offer.Body.Span);
        if (offer.Carrier == SipOfferCarrier.Invite)
        {
            if (negotiated.Accepted)
            {
                leg.Description = negotiated.Sdp!;
                Ring(leg);
            }
            else
            {
                leg.Session.Reject(negotiated.RefusalStatus, negotiated.Cause, null, Elapsed);
            }
            return;
        }
        if (!negotiated.Accepted)
        {
            leg.Session.RejectOffer(negotiated.RefusalStatus, negotiated.Cause, Elapsed);
            return;
        }
        leg.Session.AcceptOffer(negotiated.Sdp!, Elapsed);
        Use(leg);
    }

    private void OnAnswer(CallLeg leg, SipSessionEvent.AnswerReceived answer)
    {
        var isFirst = leg.Negotiation!.Current is null;
        // A peer that gave its description in an unreliable 183 may take the answer for given.
        var negotiated = leg.Negotiation.Accept(answer.Body.IsEmpty ? leg.Foretold.Span : answer.Body.Span);
        if (negotiated.Accepted)
        {
            Use(leg);
            OnReofferDone(leg, SipStatus.Ok, null);
            if (leg == _leg)
            {
                OnTakenUp();
            }
        }
        else if (isFirst)
        {
            // Nothing was agreed that the call could go on with.
            EndLeg(leg, new EndCause(FarEnd, EndReason.MediaNotAcceptable, negotiated.RefusalStatus, negotiated.Cause));
        }
        else if (_takeUp is not null && leg == _leg)
        {
            OnTakeUpRefused(leg, negotiated.RefusalStatus, negotiated.Cause, byPeer: true);
        }
        else
        {
            OnReofferDone(leg, negotiated.RefusalStatus, negotiated.Cause);
        }
    }

    /// <summary>The leg's agreement becomes the media's, once the leg is the one that is talked on.</summary>
    private void Use(CallLeg leg)
    {
        if (leg != _leg || leg.Negotiation!.Current is not { } media)
        {
            return;
        }
        StartOrUpdate(media);
        if (leg.Connected && !ReferenceEquals(media, leg.Journaled))
        {
            RecordSession(leg);
        }
    }

    private void OnProgress(CallLeg leg, SipSessionEvent.Progress progress)
    {
        if (progress.Status <= SipStatus.Trying)
        {
            return;
        }
        if (leg == _next && _referral is { } referral)
        {
            _leg!.Session.ReportReferral(referral, progress.Status, Elapsed);
            Drain(_leg);
        }
        if (leg != _leg)
        {
            return;
        }
        if (!_rang)
        {
            _rang = true;
            Record(new CallEvents.Ringing(_id, Now, JsonOf(leg)));
        }
        if (!progress.Reliable && leg.Negotiation!.Foretold(progress.Body.Span) is { } early)
        {
            leg.Foretold = progress.Body;
            StartOrUpdate(early);
        }
    }

    // ---- records ----

    private void RecordAnswered(CallLeg leg)
    {
        leg.Journaled = leg.Negotiation!.Current;
        var media = leg.Journaled;
        Record(
            new CallEvents.Answered(
                _id,
                Now,
                media?.CodecName ?? "",
                JsonOf(leg),
                MediaOf(leg),
                media?.Security?.ToString()
            )
        );
    }

    private void RecordSession(CallLeg leg)
    {
        var media = leg.Negotiation!.Current!;
        leg.Journaled = media;
        Record(
            new CallEvents.SessionChanged(
                _id,
                Now,
                media.CodecName,
                media.OnHold,
                JsonOf(leg),
                MediaOf(leg),
                media.Security?.ToString()
            )
        );
    }
}

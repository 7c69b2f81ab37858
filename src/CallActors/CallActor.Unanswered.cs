using OCPlatform.CallActors.Signalling;
using OCPlatform.Contracts.Calls;
using OCPlatform.Sip.Dialogs;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.CallActors;

/// <remarks>
/// A call whose process went away before it was answered. One that came in goes on ringing: its INVITE is answered by the
/// gateway that holds it, or, when that is gone, by any other where its Via points. One that we placed ends: its INVITE is
/// cancelled by the gateway that sent it, or died with it.
/// </remarks>
public sealed partial class CallActor
{
    /// <summary>The peer was told a description of the former process, and must be told ours as soon as the call is answered.</summary>
    private bool _offersOnceAnswered;

    private void TakeUpUnanswered(CallLegState kept, SipSessionState session)
    {
        if (session is not { Role: SipDialogRole.Uas, Phase: SipSessionPhase.Inviting, Invite: { } invite })
        {
            Lose("it was not answered yet");
            return;
        }
        var negotiation = TryOpenMedia(_state.Called) ? Negotiate(PeerOf(kept), kept.Path, kept.Terms) : null;
        var leg = RestoreLeg(kept, session, negotiation);
        if (IsSameGateway(kept.Gateway))
        {
            _transactions[invite.Key] = _gateway!;
        }
        if (negotiation is null)
        {
            Lose("no RTP port is free");
            return;
        }
        // Keys of the peer's are in no journal: what can only be answered encrypted cannot be answered any more.
        var offer = leg.Session.Invite!.Body;
        var answer = offer.IsEmpty ? null : negotiation.Answer(offer.Span);
        if (answer is { Accepted: false })
        {
            Lose($"its offer cannot be answered by what the journal holds of it: {answer.Cause}");
            return;
        }
        leg.Description = answer?.Sdp ?? negotiation.Offer();
        (_leg, _rang) = (leg, true);
        var rung = Now - (_state.Record!.RingingAt ?? Now);
        var left = TimeSpan.FromMilliseconds(_options.RingMs) - rung;
        // The former process may have sent its 200, and gone before that was durable: the peer takes ours for the same one.
        var mayBeAnswered = _options.AutoAnswer && left <= TimeSpan.Zero && !_takeUp!.IsMigrated;
        _offersOnceAnswered = session.Offer == SipOfferState.Stable || mayBeAnswered;
        _services.Metrics.TakenUp("ringing", _takeUp!.IsMigrated, Elapsed);
        ForgetTakeUp();
        Attach();
        if (_options.AutoAnswer)
        {
            Timers.StartSingleTimer(
                nameof(AnswerDue),
                AnswerDue.Instance,
                left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1)
            );
        }
        Drain(leg);
    }

    private void OfferOnceAnswered(CallLeg leg)
    {
        if (_offersOnceAnswered)
        {
            _offersOnceAnswered = false;
            leg.Session.Reoffer(leg.Negotiation!.OfferAgain(codecInUseOnly: false), Elapsed);
            Drain(leg);
        }
    }
}

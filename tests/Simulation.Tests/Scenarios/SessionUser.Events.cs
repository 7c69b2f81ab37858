using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.Simulation.Tests.Scenarios;

/// <summary>What the session tells, and what is made of it.</summary>
internal sealed partial class SessionUser
{
    /// <summary>From then on everyone is reasonable: answers at once and refuses nothing, so that both sides must come to agree.</summary>
    public static readonly TimeSpan Settles = TimeSpan.FromSeconds(100);

    private bool IsSettled => World.Now >= Settles;

    private void OnEvent(SipSessionEvent happened)
    {
        World.Ladder.Core(Host, "!", World.Ladder.IsRecording ? Describe(happened) : null);
        World.Checkers.SessionEvent(Host, happened);
        World.Count(happened.GetType().Name);
        switch (happened)
        {
            case SipSessionEvent.OfferReceived { Carrier: SipOfferCarrier.Invite } offer:
                state.RemoteOffer = TextOf(offer.Body);
                DecideOnCall();
                break;
            case SipSessionEvent.OfferWanted { Carrier: SipOfferCarrier.Invite }:
                DecideOnCall();
                break;
            case SipSessionEvent.OfferReceived offer:
                state.RemoteOffer = TextOf(offer.Body);
                // An offer in a 2xx or reliable 1xx can only be answered; there is no message to refuse it with.
                DecideOnOffer(offer.Carrier is SipOfferCarrier.Reinvite or SipOfferCarrier.Update);
                break;
            case SipSessionEvent.OfferWanted:
                state.OfferWanted = true;
                DecideOnOffer(mayRefuse: true);
                break;
            case SipSessionEvent.Established:
                Host.After(TimeSpan.Zero, TellNewAddress);
                break;
            case SipSessionEvent.OfferWithdrawn:
                state.RemoteOffer = null;
                state.OfferWanted = false;
                break;
            case SipSessionEvent.OfferRejected { Response: null } when IsSettled:
                // The peer cannot be reached any more, and no timer may tell: a call without media is hung up.
                Plan(TimeSpan.Zero, SessionVerb.HangUp);
                break;
            case SipSessionEvent.ReferralRequested referral:
                DecideOnReferral(referral.Id);
                break;
            case SipSessionEvent.Ended ended:
                World.Count($"ended by {ended.End.By}: {ended.End.Cause}");
                break;
            case SipSessionEvent.Closed:
                state.IsClosed = true;
                break;
        }
    }

    private void DecideOnCall()
    {
        var rings = Dice.Below(4);
        for (var i = 0; i < rings; i++)
        {
            Plan(Dice.Ms(5_000), SessionVerb.Ring, Dice.Pick(180, 180, 183, 183, 181, 182));
        }
        switch (Dice.Below(10))
        {
            case 0:
                Plan(Dice.Ms(8_000), SessionVerb.Reject, Dice.Pick(486, 603, 404, 500));
                break;
            case 1:
                break; // Nobody is at home.
            default:
                Plan(Dice.Ms(Dice.Pick(300, 8_000)), SessionVerb.Answer);
                break;
        }
    }

    private void DecideOnOffer(bool mayRefuse)
    {
        var after = IsSettled || Dice.Chance(0.7) ? TimeSpan.Zero : Dice.Ms(3_000);
        var refuse = mayRefuse && !IsSettled && Dice.Chance(0.15);
        Plan(after, refuse ? SessionVerb.RejectOffer : SessionVerb.AcceptOffer, refuse ? Dice.Pick(488, 606) : 0);
    }

    private void DecideOnReferral(string id)
    {
        if (Dice.Chance(0.2))
        {
            Verb("reject referral", Session!.RejectReferral(id, SipStatus.Decline, null, World.Now));
            return;
        }
        if (Verb("accept referral", Session!.AcceptReferral(id, World.Now)))
        {
            for (var i = Dice.Below(3); i > 0; i--)
            {
                Plan(Dice.Ms(3_000), SessionVerb.ReportReferral, Dice.Pick(100, 180, 183), id);
            }
            if (Dice.Chance(0.9))
            {
                Plan(Dice.Ms(6_000), SessionVerb.ReportReferral, Dice.Pick(200, 486, 503), id);
            }
        }
    }

    /// <summary>After a restore: what was decided is still planned, but what came in while we were down was not decided on.</summary>
    private void Reconsider()
    {
        var (phase, isPlanned) = (
            Session!.Phase,
            state.Plans.Any(p => p.Verb is SessionVerb.Answer or SessionVerb.Reject)
        );
        if (phase == SipSessionPhase.Inviting && state.Session!.Role == Sip.Dialogs.SipDialogRole.Uas && !isPlanned)
        {
            Plan(Dice.Ms(2_000), SessionVerb.Answer);
        }
        // Whether the address is still the one that the peer knows must be looked at: the word of it may have been lost.
        state.HasMoved |= Session.Dialog?.LocalTarget?.Contains(Host.KnownAs.ToString()) == false;
        TellNewAddress();
    }

    private static string Describe(SipSessionEvent happened) =>
        happened switch
        {
            SipSessionEvent.OfferReceived e => $"offer in {e.Carrier}: {TextOf(e.Body)}",
            SipSessionEvent.AnswerReceived e => $"answer in {e.Carrier}: {TextOf(e.Body)}",
            SipSessionEvent.OfferRejected e => $"offer rejected with {e.Status}",
            SipSessionEvent.Progress e => $"progress {e.Status}",
            SipSessionEvent.Established => "established",
            SipSessionEvent.ReferralProgress e => $"referral {e.Id}: {e.Status}{(e.Final ? ", final" : "")}",
            SipSessionEvent.ReferralRequested e => $"referral {e.Id} requested",
            SipSessionEvent.InfoAnswered e => $"{e.Key}: {e.Status}",
            SipSessionEvent.Ended e => $"ended by {e.End.By}: {e.End.Cause} {e.End.Status} {e.End.Detail}",
            _ => happened.GetType().Name,
        };
}

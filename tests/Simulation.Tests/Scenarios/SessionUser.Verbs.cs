using System.Text;
using OCPlatform.Sip.Sessions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Scenarios;

/// <summary>What the user wants of the session.</summary>
internal sealed partial class SessionUser
{
    private void Plan(TimeSpan after, SessionVerb verb, int status = 0, string? id = null)
    {
        var plan = new SessionPlan(World.Now + after, verb, status, id);
        state.Plans.Add(plan);
        Schedule(plan);
    }

    private void Schedule(SessionPlan plan) =>
        Host.After(
            plan.At > World.Now ? plan.At - World.Now : TimeSpan.Zero,
            () =>
            {
                state.Plans.Remove(plan);
                Do(plan);
            }
        );

    private void Do(SessionPlan plan)
    {
        if (plan.Verb == SessionVerb.Call)
        {
            Call();
        }
        else if (Session is not null && !state.IsClosed)
        {
            Perform(plan, World.Now);
        }
        if (Session is not null)
        {
            Drain();
        }
    }

    private void Perform(SessionPlan plan, TimeSpan now)
    {
        var session = Session!;
        switch (plan.Verb)
        {
            case SessionVerb.Ring:
                Ring(plan.Status);
                break;
            case SessionVerb.Answer:
                Answer();
                break;
            case SessionVerb.Reject:
                Verb("reject", session.Reject(plan.Status, null, null, now));
                break;
            case SessionVerb.HangUp:
                Verb("hang up", session.HangUp(null, now));
                break;
            case SessionVerb.Reoffer or SessionVerb.ReofferByUpdate:
                var offer = NextOffer();
                var done = session.Reoffer(Bytes(offer), now, plan.Verb == SessionVerb.ReofferByUpdate);
                Verb($"reoffer {offer}", done);
                if (done == SipSessionResult.Pending && IsSettled && session.Phase == SipSessionPhase.Established)
                {
                    Plan(TimeSpan.FromSeconds(10), plan.Verb);
                }
                break;
            case SessionVerb.AskForOffer:
                Verb("ask for offer", session.Reoffer(default, now));
                break;
            case SessionVerb.AcceptOffer:
                AcceptOffer();
                break;
            case SessionVerb.RejectOffer:
                if (Verb("reject offer", session.RejectOffer(plan.Status, null, now)))
                {
                    state.RemoteOffer = null;
                    state.OfferWanted = false;
                }
                break;
            case SessionVerb.Refresh:
                Verb("refresh", session.Refresh(now));
                break;
            case SessionVerb.Move:
                var contact = Host.Contact(SipDestination.Parse(state.PeerDestination).Transport);
                session.MoveTo(contact with { User = $"{contact.User}-{World.NewTag()}" });
                Verb("move", session.Refresh(now));
                break;
            case SessionVerb.Info:
                Verb("info", session.SendInfo("application/dtmf-relay", Bytes("Signal=5\r\nDuration=100\r\n"), now));
                break;
            case SessionVerb.Refer:
                var result = session.Refer(SipUri.Parse("sip:carol@example.com"), null, null, now, out var id);
                if (Verb("refer", result))
                {
                    World.Checkers.Referred(Host, id);
                }
                break;
            case SessionVerb.ReportReferral:
                Verb("report referral", session.ReportReferral(plan.Id!, plan.Status, now));
                break;
        }
    }

    private void Call()
    {
        var transport = SipDestination.Parse(state.PeerDestination).Transport.ToLowerInvariant();
        var peer = SipDestination.Parse(state.PeerDestination).EndPoint;
        var offer = state.DelaysOffer ? null : NextOffer();
        state.CallId = "call";
        state.LocalTag = World.NewTag();
        var plan = new SipInvitePlan
        {
            Target = SipUri.Parse($"sip:{state.Peer}@{peer};transport={transport}"),
            From = NameAddress.Parse($"<sip:{Host.Name}@example.com>"),
            LocalTag = state.LocalTag,
            CallId = state.CallId,
            Contact = SipUri.Parse($"sip:{Host.Name}@{SipSession.PlaceholderHost}"),
            Offer = offer is null ? default : Bytes(offer),
            AnswerWithin = state.AnswerWithin,
        };
        Session = SipSession.Outgoing(plan, options, World.Now);
        World.Checkers.SessionBegan(Host);
    }

    private void Ring(int status)
    {
        var body = status == SipStatus.SessionProgress && Dice.Chance(0.7) ? EarlyBody() : null;
        if (Verb($"ring {status} {body}", Session!.Ring(status, Bytes(body), World.Now)))
        {
            Given(body);
        }
    }

    private void Answer()
    {
        var body = EarlyBody();
        if (Verb($"answer {body}", Session!.Answer(Bytes(body), World.Now)))
        {
            Given(body);
            state.RemoteOffer = null;
        }
    }

    /// <summary>
    /// The answer, or our offer when the caller had none; null when a reliable provisional response has brought it already.
    /// </summary>
    private string? EarlyBody() =>
        Session!.Offer switch
        {
            SipOfferState.RemoteOffer => AnswerTo(state.RemoteOffer!),
            SipOfferState.None => NextOffer(),
            _ => null,
        };

    private void Given(string? body)
    {
        if (body is not null && state.RemoteOffer is { } offer)
        {
            World.Checkers.Answered(Host, offer, body);
        }
    }

    private void AcceptOffer()
    {
        if (state.RemoteOffer is { } offer)
        {
            var answer = AnswerTo(offer);
            if (Verb($"accept offer: {answer}", Session!.AcceptOffer(Bytes(answer), World.Now)))
            {
                state.RemoteOffer = null;
                World.Checkers.Answered(Host, offer, answer);
            }
        }
        else if (state.OfferWanted)
        {
            var own = NextOffer();
            if (Verb($"give wanted offer {own}", Session!.AcceptOffer(Bytes(own), World.Now)))
            {
                state.OfferWanted = false;
            }
        }
    }

    private bool Verb(string what, SipSessionResult result)
    {
        World.Ladder.Core(Host, "?", World.Ladder.IsRecording ? $"{what}: {result}" : null);
        World.Checkers.SessionVerb(Host, what, result);
        return result == SipSessionResult.Done;
    }

    private string NextOffer()
    {
        var offer = $"offer {Host.Name}-{++state.OffersMade}";
        World.Checkers.Offered(Host, offer);
        return offer;
    }

    private string AnswerTo(string offer) => $"{Host.Name} answers {offer}";

    private static byte[] Bytes(string? text) => text is null ? [] : Encoding.UTF8.GetBytes(text);
}

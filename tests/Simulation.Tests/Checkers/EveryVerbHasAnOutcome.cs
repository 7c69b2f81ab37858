using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>
/// What a session has taken on is heard of again, once: an offer with its answer or refusal, an INFO with its status, a REFER with its last
/// progress, unless the session ended over it. Nothing is heard of what was never asked.
/// </summary>
internal sealed class EveryVerbHasAnOutcome : Checker
{
    private readonly Dictionary<Host, Asked> _asked = [];

    private sealed class Asked
    {
        public bool OfferIsOpen { get; set; }
        public int Infos { get; set; }
        public HashSet<string> Referrals { get; } = [];
        public bool HasEnded { get; set; }
    }

    public override void SessionBegan(Host host) => _asked.Add(host, new Asked());

    public override void Referred(Host host, string id) =>
        Require(_asked[host].Referrals.Add(id), $"{host.Name}: two referrals are called {id}");

    public override void SessionVerb(Host host, string verb, SipSessionResult result)
    {
        if (result == SipSessionResult.Done)
        {
            _asked[host].Infos += verb == "info" ? 1 : 0;
            _asked[host].OfferIsOpen |= verb.StartsWith("reoffer", StringComparison.Ordinal);
        }
    }

    public override void SessionEvent(Host host, SipSessionEvent happened)
    {
        var asked = _asked[host];
        switch (happened)
        {
            case SipSessionEvent.AnswerReceived or SipSessionEvent.OfferRejected:
                asked.OfferIsOpen = false;
                break;
            case SipSessionEvent.InfoAnswered:
                Require(--asked.Infos >= 0, $"{host.Name}: an INFO was answered that was not sent");
                break;
            case SipSessionEvent.ReferralProgress progress:
                Require(asked.Referrals.Contains(progress.Id), $"{host.Name}: {progress} of no open referral");
                if (progress.Final)
                {
                    asked.Referrals.Remove(progress.Id);
                }
                break;
            case SipSessionEvent.Ended:
                asked.HasEnded = true;
                break;
        }
    }

    public override void AtRest()
    {
        foreach (var (host, asked) in _asked.Where(a => !a.Key.IsUnplugged))
        {
            Require(!asked.OfferIsOpen || asked.HasEnded, $"{host.Name}: an offer was never answered nor refused");
            Require(asked.Infos == 0, $"{host.Name}: an INFO was never answered");
            Require(asked.Referrals.Count == 0, $"{host.Name}: a referral has no outcome");
        }
    }
}

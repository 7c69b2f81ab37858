using System.Text;
using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Sessions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>
/// Offer and answer (RFC 3264): an offer that is received was made, and an answer that is received was given to the offer that is open. So there is
/// no audio before there is an answer, and no mix of two exchanges. Each side's last finished pair is kept for <see cref="SessionsAgree"/>.
/// </summary>
internal sealed class OffersMatchAnswers : Checker
{
    private readonly HashSet<string> _written = [];
    private readonly HashSet<string> _offers = [];
    private readonly HashSet<(Host, string Branch, int Status, string Body)> _sent = [];
    private readonly HashSet<(string Offer, string Answer)> _answers = [];
    private readonly Dictionary<Host, string> _open = [];
    private readonly Dictionary<Host, string> _forked = [];
    private readonly Dictionary<Host, (string Offer, string Answer)> _pairs = [];

    public (string Offer, string Answer)? PairOf(Host host) => _pairs.TryGetValue(host, out var pair) ? pair : null;

    public override void Offered(Host host, string offer) => _written.Add(offer);

    /// <summary>
    /// It is open when it leaves, which may be later than it was written. A refresh offers again what is in force, unasked; a response has an
    /// answer or what was written as an offer.
    /// </summary>
    public override void Sent(Host from, WireMessage message, SipDestination to)
    {
        if (message.Message.Body.IsEmpty)
        {
            return;
        }
        var body = TextOf(message.Message.Body);
        var isOffer = message.IsRequest
            ? message.Method is SipMethod.Invite or SipMethod.Update
            : _written.Contains(body);
        if (isOffer && _sent.Add((from, message.Branch, message.Status, body)))
        {
            _offers.Add(body);
            _open[from] = body;
            if (World.Hosts.Exists(h => h.IsProxy))
            {
                _forked.TryAdd(from, body);
            }
        }
    }

    public override void Answered(Host host, string offer, string answer)
    {
        _answers.Add((offer, answer));
        _pairs[host] = (offer, answer);
    }

    public override void SessionEvent(Host host, SipSessionEvent happened)
    {
        switch (happened)
        {
            case SipSessionEvent.OfferReceived received:
                var offer = TextOf(received.Body);
                Require(_offers.Contains(offer), $"{host.Name} received \"{offer}\", which nobody offered");
                break;
            case SipSessionEvent.AnswerReceived { Body.IsEmpty: true }:
                _open.Remove(host);
                break;
            case SipSessionEvent.AnswerReceived received:
                var answer = TextOf(received.Body);
                Require(
                    _open.TryGetValue(host, out var open),
                    $"{host.Name} received \"{answer}\" without an open offer"
                );
                if (!received.Early)
                {
                    // Before that, each fork may answer.
                    _open.Remove(host);
                }
                if (_forked.GetValueOrDefault(host) is { } first && _answers.Contains((first, answer)))
                {
                    // Each fork has an exchange of its own, and all of them begin with the INVITE's offer.
                    open = first;
                }
                Require(
                    _answers.Contains((open!, answer)),
                    $"{host.Name} received \"{answer}\" as the answer to \"{open}\""
                );
                _pairs[host] = (open!, answer);
                break;
            case SipSessionEvent.OfferRejected:
                _open.Remove(host);
                break;
        }
    }

    private static string TextOf(ReadOnlyMemory<byte> body) => Encoding.UTF8.GetString(body.Span);
}

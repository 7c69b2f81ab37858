using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip;

/// <summary>
/// Stands before the transactions of an endpoint: what it turns away leaves no state behind (RFC 3261 §8.2.7). Retransmissions, ACKs and
/// CANCELs of transactions that are open do not pass it again.
/// </summary>
public interface ISipGatekeeper
{
    /// <summary>
    /// Whether anything is read from there at all. Asked for every message before it is parsed, on the transports' threads: it must be
    /// thread-safe and quick.
    /// </summary>
    /// <param name="flow">The way the message came.</param>
    /// <param name="isResponse">It begins like a response.</param>
    bool TakesFrom(SipFlow flow, bool isResponse);

    /// <summary>What becomes of a request that belongs to no transaction. On the endpoint's loop; must not block.</summary>
    SipGateDecision Judge(SipRequest request, SipFlow flow);
}

/// <summary>A gatekeeper's word on one request.</summary>
public readonly record struct SipGateDecision
{
    private SipGateDecision(bool letsIn, object? ticket, SipResponse? answer)
    {
        LetsIn = letsIn;
        Ticket = ticket;
        Answer = answer;
    }

    /// <summary>The request gets its transaction and goes to the handler.</summary>
    public bool LetsIn { get; }

    /// <summary>For the handler: <see cref="SipServerRequest.Ticket"/>.</summary>
    public object? Ticket { get; }

    /// <summary>Sent without a transaction when the request is not let in; null: silence. Never sent to an ACK.</summary>
    public SipResponse? Answer { get; }

    /// <summary>Neither state nor answer.</summary>
    public static SipGateDecision Silence => default;

    /// <summary>Lets the request in; the handler finds the ticket on it.</summary>
    public static SipGateDecision LetIn(object? ticket) => new(true, ticket, null);

    /// <summary>
    /// Answers without keeping anything. A retransmission is judged anew, so its To tag should come out the same (§8.2.7), and the same
    /// judgement too.
    /// </summary>
    public static SipGateDecision AnswerOnly(SipResponse answer) => new(false, null, answer);
}

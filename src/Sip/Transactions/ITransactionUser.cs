using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Transactions;

/// <summary>What the transaction layer asks of its surroundings; called within a call to the layer.</summary>
public interface ITransactionUser
{
    /// <summary>Puts bytes on the network; false when that failed at once.</summary>
    bool Send(ReadOnlyMemory<byte> message, SipDestination destination);

    /// <summary>
    /// Whether a request that matches no transaction is taken at all. What is not leaves nothing behind; the user answers it
    /// by itself, or not at all.
    /// </summary>
    bool Admits(SipRequest request, SipFlow flow) => true;

    /// <summary>A new request; <paramref name="id"/> is null for the ACK of a 2xx.</summary>
    void OnRequest(SipTransactionId? id, SipRequest request, SipFlow flow);

    /// <summary>CANCEL for a pending INVITE; its 200 has been sent.</summary>
    void OnCancel(SipTransactionId invite, SipRequest cancel);

    /// <summary>A response to a request of ours that the core has to see; retransmissions of a 2xx to INVITE too.</summary>
    void OnResponse(SipTransactionId id, SipResponse response);

    /// <summary>A transaction of either side is over, and why.</summary>
    void OnEnded(SipTransactionId id, SipTransactionEnd end);
}

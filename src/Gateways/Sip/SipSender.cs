using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Akka.Actor;
using OCPlatform.Sip;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip;

/// <summary>
/// The endpoint as the actors below the gateway use it: they answer requests and send their own, and what comes of those
/// returns to them. Thread-safe.
/// </summary>
/// <param name="endpoint">The endpoint in use; the gateway makes a new one when binding failed.</param>
/// <param name="expect">Told where requests go: what comes back is no stranger's.</param>
internal sealed class SipSender(Func<SipEndpoint> endpoint, Action<IPAddress> expect)
{
    // As many as there are open client transactions of these actors, and the endpoint bounds those.
    private readonly ConcurrentDictionary<SipTransactionId, IActorRef> _owners = new();

    /// <summary>A response to a request sent here.</summary>
    public sealed record Answered(SipTransactionId Transaction, SipResponse Response)
        : INoSerializationVerificationNeeded;

    /// <summary>A request sent here got no final response.</summary>
    public sealed record Failed(SipTransactionId Transaction, SipTransactionEnd End)
        : INoSerializationVerificationNeeded;

    public void Respond(AdmittedRequest request, SipResponse response) => Respond(request.Received, response);

    public void Respond(SipServerRequest request, SipResponse response)
    {
        // None of what these actors serve is an ACK, so there is a transaction.
        if (request.TransactionId is { } transaction)
        {
            endpoint().Respond(transaction, response);
        }
    }

    /// <summary>Refuses, and says the cause (RFC 3261 §20.43).</summary>
    /// <param name="retryAfterSeconds">For a refusal that passes.</param>
    /// <param name="minExpiresSeconds">For 423.</param>
    public void Refuse(
        AdmittedRequest request,
        int status,
        string cause,
        int? retryAfterSeconds = null,
        int? minExpiresSeconds = null
    )
    {
        var response = SipRefusal.Create(request.Request, status, cause, retryAfterSeconds);
        if (minExpiresSeconds is { } least)
        {
            response.Headers.Add(SipHeaderId.MinExpires, least.ToString(CultureInfo.InvariantCulture));
        }
        Respond(request, response);
    }

    /// <summary>Our address as a peer there can reach it; null when no transport leads there.</summary>
    public IPEndPoint? AdvertisedFor(SipDestination destination)
    {
        try
        {
            return endpoint().AdvertisedFor(destination);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>
    /// Sends in a client transaction; its final response or failure goes to the owner. Null when it could not be sent: no
    /// transport leads there, or the endpoint is full or stopped.
    /// </summary>
    public SipTransactionId? Send(SipRequest request, SipDestination destination, IActorRef owner)
    {
        try
        {
            var transaction = endpoint().Prepare(request, destination);
            // Known before the first response can come.
            _owners[transaction] = owner;
            expect(destination.EndPoint.Address);
            if (endpoint().SendRequest(request, destination) is not null)
            {
                return transaction;
            }
            _owners.TryRemove(transaction, out _);
            return null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Gives a response to its owner; false when it is none of these actors'.</summary>
    public bool OnResponse(SipTransactionId transaction, SipResponse response)
    {
        if (!_owners.TryGetValue(transaction, out var owner))
        {
            return false;
        }
        if (response.IsFinal)
        {
            owner.Tell(new Answered(transaction, response));
        }
        return true;
    }

    /// <summary>Tells the owner of a failure and forgets the transaction; false when it is none of these actors'.</summary>
    public bool OnTransactionOver(SipTransactionId transaction, SipTransactionEnd end)
    {
        if (!_owners.TryRemove(transaction, out var owner))
        {
            return false;
        }
        if (end != SipTransactionEnd.Completed)
        {
            owner.Tell(new Failed(transaction, end));
        }
        return true;
    }
}

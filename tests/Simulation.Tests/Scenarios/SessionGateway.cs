using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Authentication;
using OCPlatform.Sip.Sessions;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;
using OCPlatform.Sip.UserAgents;

namespace OCPlatform.Simulation.Tests.Scenarios;

/// <summary>
/// What the gateway does for a session: puts the host's own address for the placeholder, brings requests to their target through challenges, and
/// turns transactions into keys. It outlives a crash of the session.
/// </summary>
internal sealed class SessionGateway(bool challenges)
{
    private static readonly SipCredentials Credentials = new("anyone", "secret");

    private readonly DigestClient _digest = new(Credentials);
    private readonly SipRequestSequence _sequence = new();
    private readonly Dictionary<string, Delivery> _byKey = [];
    private readonly Dictionary<SipTransactionId, Delivery> _byId = [];

    private sealed class Delivery(string key, SipRequestDelivery steps)
    {
        public string Key => key;
        public SipRequestDelivery Steps => steps;
        public SipTransactionId? Current { get; set; }
        public bool IsCancelled { get; set; }
    }

    public void Send(Host host, SipSession session, SipSessionAction.Send send)
    {
        var request = send.Request.Clone();
        var destination = SipDestination.FromUri(send.NextHop)!;
        SetContact(host, request, destination.Transport);
        var delivery = new Delivery(send.Key, new SipRequestDelivery(request, [destination], _digest));
        _byKey[send.Key] = delivery;
        Perform(host, session, delivery, delivery.Steps.Start(), send.OpensDialog);
    }

    public void SendStateless(Host host, SipSessionAction.SendStateless send)
    {
        var request = send.Request.Clone();
        var destination = SipDestination.FromUri(send.NextHop)!;
        request.Headers.Remove(SipHeaderId.Via);
        SetContact(host, request, destination.Transport);
        host.SendStateless(request, destination);
    }

    public void Cancel(Host host, string key)
    {
        if (_byKey.TryGetValue(key, out var delivery))
        {
            delivery.IsCancelled = true;
            delivery.Steps.Stop();
            if (delivery.Current is { } id)
            {
                host.Cancel(id);
            }
        }
    }

    public void OnResponse(Host host, SipSession session, SipTransactionId id, SipResponse response)
    {
        if (_byId.TryGetValue(id, out var delivery) && delivery.Current == id)
        {
            Perform(host, session, delivery, delivery.Steps.OnResponse(response), isNews: true);
        }
    }

    public void OnEnded(Host host, SipSession session, SipTransactionId id, SipTransactionEnd end)
    {
        if (_byId.Remove(id, out var delivery) && delivery.Current == id && end != SipTransactionEnd.Completed)
        {
            var failure =
                end == SipTransactionEnd.Timeout ? SipRequestFailure.Timeout
                : end == SipTransactionEnd.TransportError ? SipRequestFailure.TransportError
                : SipRequestFailure.Refused;
            Perform(host, session, delivery, delivery.Steps.OnFailed(failure), isNews: true);
        }
    }

    /// <summary>Asks for credentials when this world does; the request then never reaches the session.</summary>
    public bool Challenges(Host host, SipTransactionId id, SipRequest request)
    {
        if (
            !challenges
            || request.Headers.Contains(SipHeaderId.Authorization)
            || request.To.Tag is null == false && host.World.Dice.Chance(0.5)
        )
        {
            return false;
        }
        var response = SipResponse.Create(request, SipStatus.Unauthorized, toTag: host.World.NewTag());
        response.Headers.Add(
            SipHeaderId.WwwAuthenticate,
            "Digest realm=\"sim\", nonce=\"n\", algorithm=MD5, qop=\"auth\""
        );
        host.Respond(id, response);
        return true;
    }

    private void Perform(Host host, SipSession session, Delivery delivery, SipDeliveryStep step, bool isNews)
    {
        switch (step)
        {
            case SipDeliveryStep.Next next:
                var request = next.Request.Clone();
                var written = request.CSeq;
                _sequence.Number(request);
                isNews |= request.CSeq != written;
                host.AddVia(request, next.Destination.Transport);
                delivery.Current = TransactionLayer.ClientIdOf(request);
                _byId[delivery.Current.Value] = delivery;
                if (isNews)
                {
                    session.OnRequestSent(delivery.Key, request);
                }
                host.Start(request, next.Destination);
                break;
            case SipDeliveryStep.Provisional provisional:
                session.OnResponse(delivery.Key, provisional.Response, host.World.Now);
                break;
            case SipDeliveryStep.Final final:
                session.OnResponse(delivery.Key, final.Response, host.World.Now);
                break;
            case SipDeliveryStep.Failed failed:
                session.OnRequestFailed(delivery.Key, failed.Failure, host.World.Now);
                break;
        }
    }

    /// <summary>The session does not know its own address; the host does.</summary>
    private static void SetContact(Host host, SipRequest request, string transport)
    {
        if (request.Contact is { } contact && contact.Uri.Host == SipSession.PlaceholderHost)
        {
            request.Contact = contact with { Uri = host.Contact(transport) with { User = contact.Uri.User } };
        }
    }
}

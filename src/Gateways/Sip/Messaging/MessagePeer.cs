using OCPlatform.Gateways.Sip.Registrar;
using OCPlatform.Sip;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip.Messaging;

/// <summary>
/// The sender of a MESSAGE as replies reach it: by the contact that it registered over the same flow, by its best contact,
/// or the way the MESSAGE came (RFC 3428 §8 has no Contact to go by).
/// </summary>
internal sealed class MessagePeer
{
    /// <summary>RFC 3428 §8: a MESSAGE outside a session has at most 1300 bytes.</summary>
    private const int MostRequestBytes = 1_300;

    // Via, Content-Length and line ends, which the endpoint adds; with an IPv6 address written out.
    private const int AddedBytes = 180;

    // However long the headers are, a message takes a line of text.
    private const int LeastBodyBytes = 160;

    private readonly SipFlow _flow;
    private readonly NameAddress _us;
    private readonly NameAddress _them;
    private readonly string? _user;

    public MessagePeer(AdmittedRequest message)
    {
        _flow = message.Received.Flow;
        _us = new NameAddress(message.Request.To.Uri);
        _them = new NameAddress(message.Request.From.Uri, message.Request.From.DisplayName);
        _user = message.Identity.User;
    }

    /// <summary>The next request to it, without a body, and where to send it.</summary>
    public (SipRequest Request, SipDestination Destination) Create(
        IRegistrations registrations,
        string callId,
        string fromTag,
        uint cseq
    )
    {
        var contact = ContactOf(registrations);
        var request = SipRequest.Create(
            SipMethod.Message,
            contact?.Uri ?? _them.Uri,
            _us.WithTag(fromTag),
            _them,
            callId,
            cseq
        );
        foreach (var route in contact?.Route ?? [])
        {
            request.Headers.Add(SipHeaderId.Route, route);
        }
        return (request, DestinationOf(contact));
    }

    /// <summary>Bytes of text that the request has room for.</summary>
    public static int RoomIn(SipRequest request) =>
        Math.Max(LeastBodyBytes, MostRequestBytes - AddedBytes - request.ToBytes().Length);

    /// <summary>Only an authenticated user's own contacts: the From of others is a claim.</summary>
    private RegisteredContact? ContactOf(IRegistrations registrations)
    {
        if (_user is null)
        {
            return null;
        }
        var contacts = registrations.Find(_them.Uri);
        return contacts.FirstOrDefault(contact => _flow.Remote.Equals(contact.Destination))
            ?? contacts.FirstOrDefault();
    }

    private SipDestination DestinationOf(RegisteredContact? contact)
    {
        if (contact is null)
        {
            return _flow.Remote;
        }
        var nextHop =
            contact.Route.Count > 0 && NameAddress.TryParse(contact.Route[0], out var route) ? route.Uri : contact.Uri;
        return contact.Destination ?? SipDestination.FromUri(nextHop) ?? _flow.Remote;
    }
}

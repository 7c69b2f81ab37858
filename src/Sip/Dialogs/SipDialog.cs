using System.Diagnostics.CodeAnalysis;

namespace OCPlatform.Sip.Dialogs;

/// <summary>What an in-dialog request is to the dialog.</summary>
public enum SipDialogCheck
{
    Accepted,

    /// <summary>Not of this dialog: 481.</summary>
    OtherDialog,

    /// <summary>Its CSeq is below one already seen: 500 (RFC 3261 §12.2.2).</summary>
    OutOfOrder,
}

/// <summary>
/// The peer-to-peer relationship of RFC 3261 §12, either side. Sans-IO: it makes and checks messages; <see cref="State"/> is an
/// immutable snapshot from which the dialog can be restored anywhere.
/// </summary>
public sealed class SipDialog(SipDialogState state)
{
    public SipDialogState State { get; private set; } = state;

    /// <summary>
    /// UAS side (RFC 3261 §12.1.1). Null when the request has no usable Contact, which a dialog-forming request must have: 400.
    /// </summary>
    /// <param name="request">The INVITE (or SUBSCRIBE, REFER).</param>
    /// <param name="localTag">The To tag of our responses.</param>
    /// <param name="localTarget">Our Contact URI.</param>
    /// <param name="confirmed">False: early, until <see cref="Confirm"/>.</param>
    public static SipDialog? CreateUas(
        SipRequest request,
        string localTag,
        SipUri? localTarget = null,
        bool confirmed = false
    ) =>
        request.Contact is not { } contact
            ? null
            : new(
                new SipDialogState
                {
                    CallId = request.CallId,
                    LocalTag = localTag,
                    RemoteTag = request.From.Tag ?? "",
                    LocalAddress = WithoutTag(request.To),
                    RemoteAddress = WithoutTag(request.From),
                    RemoteTarget = contact.Uri.ToString(),
                    LocalTarget = localTarget?.ToString(),
                    RouteSet = RouteSetOf(request, reversed: false),
                    RemoteCSeq = request.CSeq.Number,
                    Secure = request.RequestUri.IsSecure && request.TopVia.Transport is "TLS" or "WSS",
                    Role = SipDialogRole.Uas,
                    Confirmed = confirmed,
                }
            );

    /// <summary>
    /// UAC side (RFC 3261 §12.1.2), from a response: 101–199 with a To tag make an early dialog, 2xx a confirmed one, of an old peer
    /// without a tag too. Null when the response makes none.
    /// </summary>
    public static SipDialog? CreateUac(SipRequest request, SipResponse response)
    {
        if (response.StatusCode is <= 100 or >= 300 || (response.To.Tag is null && !response.IsSuccess))
        {
            return null;
        }
        // Without Contact the peer is only reachable where the request went: seen in provisional responses.
        var target = response.Contact?.Uri ?? request.RequestUri;
        return new(
            new SipDialogState
            {
                CallId = request.CallId,
                LocalTag = request.From.Tag ?? "",
                RemoteTag = response.To.Tag ?? "",
                LocalAddress = WithoutTag(request.From),
                RemoteAddress = WithoutTag(request.To),
                RemoteTarget = target.ToString(),
                LocalTarget = request.Contact?.Uri.ToString(),
                RouteSet = RouteSetOf(response, reversed: true),
                LocalCSeq = request.CSeq.Number,
                Secure = request.RequestUri.IsSecure && response.TopVia.Transport is "TLS" or "WSS",
                Role = SipDialogRole.Uac,
                Confirmed = response.IsSuccess,
            }
        );
    }

    /// <summary>UAS: our 2xx was sent.</summary>
    public void Confirm() => State = State with { Confirmed = true };

    /// <summary>
    /// UAC: the 2xx of an early dialog came. Target and, for the last time, route set are taken from it (RFC 3261 §13.2.2.4).
    /// </summary>
    public void Confirm(SipResponse response)
    {
        State = State.Confirmed
            ? State
            : State with
            {
                Confirmed = true,
                RouteSet = RouteSetOf(response, reversed: true),
            };
        RefreshTarget(response);
    }

    /// <summary>The message carries this dialog's Call-ID and tags, as sent by the peer.</summary>
    public bool Matches(SipMessage message)
    {
        var (local, remote) =
            message is SipRequest ? (message.To.Tag, message.From.Tag) : (message.From.Tag, message.To.Tag);
        return message.CallId == State.CallId && local == State.LocalTag && (remote ?? "") == State.RemoteTag;
    }

    /// <summary>
    /// Checks a request of the peer and takes note of its CSeq (RFC 3261 §12.2.2). ACK and CANCEL carry the number of their INVITE
    /// and do not count.
    /// </summary>
    public SipDialogCheck OnRequest(SipRequest request)
    {
        if (!Matches(request))
        {
            return SipDialogCheck.OtherDialog;
        }
        if (request.Method is SipMethod.Ack or SipMethod.Cancel)
        {
            return SipDialogCheck.Accepted;
        }
        if (State.RemoteCSeq is { } last && request.CSeq.Number <= last)
        {
            return SipDialogCheck.OutOfOrder;
        }
        State = State with { RemoteCSeq = request.CSeq.Number };
        return SipDialogCheck.Accepted;
    }

    /// <summary>
    /// Takes the peer's new Contact from a target refresh request that is answered 2xx (INVITE, UPDATE, SUBSCRIBE, NOTIFY, REFER),
    /// or from the 2xx of one of ours. Without Contact nothing changes.
    /// </summary>
    public void RefreshTarget(SipMessage message)
    {
        if (message.Contact is { } contact)
        {
            State = State with { RemoteTarget = contact.Uri.ToString() };
        }
    }

    /// <summary>A new local Contact: the call moved to another address.</summary>
    public void SetLocalTarget(SipUri target) => State = State with { LocalTarget = target.ToString() };

    /// <summary>A request left with this number or a higher one than was known here: after a digest challenge, or in another process.</summary>
    public void AdvanceLocalCSeq(uint cseq)
    {
        if (cseq > State.LocalCSeq)
        {
            State = State with { LocalCSeq = cseq };
        }
    }

    /// <summary>
    /// The next request of ours in this dialog (RFC 3261 §12.2.1.1): CSeq counted up, routed, with Contact when the method refreshes
    /// the target. Via is the endpoint's.
    /// </summary>
    public SipRequest CreateRequest(string method)
    {
        // A UAS has sent no request yet, so its first number is free to choose.
        State = State with
        {
            LocalCSeq = State.LocalCSeq + 1,
        };
        var request = CreateRouted(method, State.LocalCSeq);
        if (
            State.LocalTarget is { } local
            && method
                is SipMethod.Invite
                    or SipMethod.Update
                    or SipMethod.Subscribe
                    or SipMethod.Notify
                    or SipMethod.Refer
        )
        {
            request.Headers.Add(SipHeaderId.Contact, $"<{local}>");
        }
        return request;
    }

    /// <summary>
    /// The ACK of a 2xx (RFC 3261 §13.2.2.4): number and credentials of the INVITE, routed as any request of the dialog. To be kept and
    /// sent again for each retransmission of the 2xx.
    /// </summary>
    public SipRequest CreateAck(SipRequest invite)
    {
        var ack = CreateRouted(SipMethod.Ack, invite.CSeq.Number);
        ack.CopyHeader(invite, SipHeaderId.Authorization);
        ack.CopyHeader(invite, SipHeaderId.ProxyAuthorization);
        return ack;
    }

    /// <summary>Where the next request must be sent: the first route, or the remote target.</summary>
    public SipUri NextHop =>
        State.RouteSet.Count > 0 && NameAddress.TryParse(State.RouteSet[0], out var first)
            ? first.Uri
            : SipUri.Parse(State.RemoteTarget);

    private SipRequest CreateRouted(string method, uint cseq)
    {
        var target = ForRequest(SipUri.Parse(State.RemoteTarget));
        var routes = State.RouteSet;
        if (TryGetStrictRouter(out var strict))
        {
            // A router of RFC 2543 wants to see itself in the Request-URI; the target goes to the end of the route.
            routes = [.. routes.Skip(1), $"<{target}>"];
            target = strict;
        }
        var request = SipRequest.CreateBare(method, target);
        foreach (var route in routes)
        {
            request.Headers.Add(SipHeaderId.Route, route);
        }
        var to = NameAddress.Parse(State.RemoteAddress);
        request
            .Headers.Add(SipHeaderId.MaxForwards, "70")
            .Add(SipHeaderId.From, NameAddress.Parse(State.LocalAddress).WithTag(State.LocalTag).ToString())
            .Add(SipHeaderId.To, (State.RemoteTag.Length == 0 ? to : to.WithTag(State.RemoteTag)).ToString())
            .Add(SipHeaderId.CallId, State.CallId)
            .Add(SipHeaderId.CSeq, new CSeq(cseq, method).ToString());
        return request;
    }

    /// <summary>First route without lr.</summary>
    private bool TryGetStrictRouter([NotNullWhen(true)] out SipUri? router)
    {
        router = null;
        if (
            State.RouteSet.Count == 0
            || !NameAddress.TryParse(State.RouteSet[0], out var first)
            || first.Uri.IsLooseRouter
        )
        {
            return false;
        }
        router = ForRequest(first.Uri);
        return true;
    }

    /// <summary>Less what a Contact or Route may hold but a Request-URI may not (RFC 3261 §19.1.1).</summary>
    private static SipUri ForRequest(SipUri uri) =>
        uri with
        {
            Headers = null,
            Parameters = uri.Parameters.Without("method"),
        };

    private static string[] RouteSetOf(SipMessage message, bool reversed)
    {
        var routes = message.RecordRoutes.Select(r => r.ToString()).ToArray();
        if (reversed)
        {
            Array.Reverse(routes);
        }
        return routes;
    }

    private static string WithoutTag(NameAddress address) =>
        (address with { Parameters = address.Parameters.Without("tag") }).ToString();
}

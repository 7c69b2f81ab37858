namespace OCPlatform.Sip.Transactions;

/// <summary>The two requests that a client transaction makes of its own INVITE: ACK for 3xx–6xx, and CANCEL.</summary>
internal static class InviteFollowUp
{
    /// <summary>
    /// RFC 3261 §17.1.1.3 (ACK; To from the response) and §9.1 (CANCEL; To from the request): same Request-URI, single top Via,
    /// From, Call-ID, CSeq number and Route as the INVITE.
    /// </summary>
    public static SipRequest Create(SipRequest invite, string method, SipResponse? response)
    {
        var request = SipRequest.CreateBare(method, invite.RequestUri);
        request.Headers.Add(SipHeaderId.Via, invite.TopVia.ToString()).Add(SipHeaderId.MaxForwards, "70");
        request.CopyHeader(invite, SipHeaderId.Route);
        request.CopyHeader(invite, SipHeaderId.From);
        request.CopyHeader(response ?? (SipMessage)invite, SipHeaderId.To);
        request.CopyHeader(invite, SipHeaderId.CallId);
        request.Headers.Add(SipHeaderId.CSeq, new CSeq(invite.CSeq.Number, method).ToString());
        return request;
    }
}

using System.Globalization;

namespace OCPlatform.Sip.Transactions;

/// <summary>What a message is matched to its transaction by (RFC 3261 §17.1.3, §17.2.3).</summary>
internal static class TransactionKey
{
    /// <summary>Client: branch and CSeq method.</summary>
    public static string ForClient(string branch, string method) => $"c|{method}|{branch}";

    /// <summary>
    /// Server: method (ACK counts as the INVITE's), branch and sent-by; without magic cookie what RFC 2543 matched by.
    /// Of the To tag the latter takes no notice, because the tag of an ACK is that of our response.
    /// </summary>
    public static string ForServer(SipRequest request, string method)
    {
        if (method == SipMethod.Ack)
        {
            method = SipMethod.Invite;
        }
        var via = request.TopVia;
        return via.HasMagicCookie
            ? $"s|{method}|{via.Branch}|{via.SentBy}"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"o|{method}|{request.CallId}|{request.CSeq.Number}|{request.From.Tag}|{via.SentBy}|{via.Branch}|{request.RequestUri}"
            );
    }
}

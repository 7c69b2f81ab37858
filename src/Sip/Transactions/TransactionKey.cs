using System.Globalization;
using System.Text;

namespace OCPlatform.Sip.Transactions;

/// <summary>What a message is matched to its transaction by (RFC 3261 §17.1.3, §17.2.3).</summary>
internal static class TransactionKey
{
    /// <summary>Client: branch and CSeq method.</summary>
    public static string ForClient(SipMessage message, string method) =>
        string.Concat("c|", method, "|", Encoding.UTF8.GetString(TopViaReader.Of(message).Branch));

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
        var via = TopViaReader.Of(request);
        if (!via.HasMagicCookie)
        {
            return ForOldClient(request, method);
        }
        Span<char> text = stackalloc char[256];
        return string.Create(
            CultureInfo.InvariantCulture,
            text,
            $"s|{method}|{Utf8(via.Branch, stackalloc char[128])}|{Utf8(via.Host, stackalloc char[128])}:{via.Port}"
        );
    }

    private static string ForOldClient(SipRequest request, string method)
    {
        var via = request.TopVia;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"o|{method}|{request.CallId}|{request.CSeq.Number}|{request.From.Tag}|{via.SentBy}|{via.Branch}|{request.RequestUri}"
        );
    }

    /// <summary>In the buffer when it fits; long branches are rare and may cost a string.</summary>
    private static ReadOnlySpan<char> Utf8(ReadOnlySpan<byte> bytes, Span<char> buffer) =>
        bytes.Length <= buffer.Length
            ? buffer[..Encoding.Latin1.GetChars(bytes, buffer)]
            : Encoding.Latin1.GetString(bytes);
}

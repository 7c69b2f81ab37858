using System.Text;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip.Messaging;

/// <summary>What a MESSAGE says, or why it cannot be read.</summary>
/// <param name="Status">0 when Text is good.</param>
internal readonly record struct MessageText(string Text, int Status, string Cause)
{
    /// <summary>The one type taken (RFC 3428 §4).</summary>
    public const string ContentType = "text/plain";

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public bool IsGood => Status == 0;

    /// <summary>Reads the body of a MESSAGE: text/plain in UTF-8, not encoded otherwise, within the cap.</summary>
    public static MessageText Read(SipRequest request, int mostBytes)
    {
        if (request.Body.Length > mostBytes)
        {
            return Refuse(SipStatus.RequestEntityTooLarge, $"a message has {mostBytes} bytes at most");
        }
        if (request.ContentType != ContentType)
        {
            return Refuse(SipStatus.UnsupportedMediaType, $"only {ContentType} is taken");
        }
        if (
            request.Headers[SipHeaderId.ContentEncoding] is { } encoding
            && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase)
        )
        {
            return Refuse(SipStatus.UnsupportedMediaType, "only the encoding 'identity' is taken");
        }
        if (!IsUtf8(request.Headers[SipHeaderId.ContentType]!))
        {
            return Refuse(SipStatus.UnsupportedMediaType, "only the charset UTF-8 is taken");
        }
        try
        {
            var text = Strict.GetString(request.Body.Span).Trim();
            return text.Length > 0
                ? new MessageText(text, 0, "")
                : Refuse(SipStatus.BadRequest, "the message is empty");
        }
        catch (DecoderFallbackException)
        {
            return Refuse(SipStatus.BadRequest, "the message is not UTF-8");
        }
    }

    /// <summary>UTF-8 is what a SIP text has that names none (RFC 3261 §7.4.1); ASCII is a part of it.</summary>
    private static bool IsUtf8(string contentType)
    {
        var semicolon = contentType.IndexOf(';');
        if (semicolon < 0)
        {
            return true;
        }
        foreach (var parameter in contentType[(semicolon + 1)..].Split(';', StringSplitOptions.TrimEntries))
        {
            var equals = parameter.IndexOf('=');
            if (equals > 0 && parameter[..equals].Trim().Equals("charset", StringComparison.OrdinalIgnoreCase))
            {
                var charset = parameter[(equals + 1)..].Trim().Trim('"');
                return charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
                    || charset.Equals("us-ascii", StringComparison.OrdinalIgnoreCase);
            }
        }
        return true;
    }

    private static MessageText Refuse(int status, string cause) => new("", status, cause);
}

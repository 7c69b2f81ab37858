using System.Globalization;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip;

/// <summary>Responses that refuse and say why: Warning 399 with the cause (RFC 3261 §20.43).</summary>
internal static class SipRefusal
{
    /// <param name="cause">For people to read; nothing from the request, and no secret.</param>
    /// <param name="retryAfter">When to try again, in s; null: no matter when.</param>
    /// <param name="toTag">Null: a random one.</param>
    public static SipResponse Create(
        SipRequest request,
        int status,
        string cause,
        int? retryAfter = null,
        string? toTag = null
    )
    {
        var response = SipResponse.Create(request, status, toTag: toTag);
        response.Headers.Add(SipHeaderId.Warning, $"399 {SipProduct.Name} \"{Quotable(cause)}\"");
        if (retryAfter is { } seconds)
        {
            response.Headers.Add(SipHeaderId.RetryAfter, seconds.ToString(CultureInfo.InvariantCulture));
        }
        return response;
    }

    private static string Quotable(string cause) => cause.Replace('"', '\'').Replace('\\', '/');
}

/// <summary>A refusal that the door gives a request as its ticket: it is sent in the request's transaction.</summary>
internal sealed record TransactionRefusal(SipResponse Response);

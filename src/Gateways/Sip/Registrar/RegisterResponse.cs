using System.Collections.Immutable;
using System.Globalization;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip.Registrar;

/// <summary>Writes the answers to REGISTER.</summary>
internal static class RegisterResponse
{
    /// <summary>Extensions of REGISTER that are spoken here.</summary>
    public static readonly string[] Extensions = ["path", "outbound"];

    /// <summary>200 with every current contact and the time it has left (RFC 3261 §10.3 step 8), Date, and Path as it came.</summary>
    public static SipResponse Ok(SipRequest request, RegisterResult result, DateTimeOffset now)
    {
        var response = SipResponse.Create(request, SipStatus.Ok);
        foreach (var binding in result.All)
        {
            response.Headers.Add(SipHeaderId.Contact, ContactOf(binding, now));
        }
        response.Headers.Add(SipHeaderId.Date, now.UtcDateTime.ToString("R", CultureInfo.InvariantCulture));
        response.Headers.Add(SipHeaderId.Supported, string.Join(", ", Extensions));
        if (result.Outbound)
        {
            response.Headers.Add(SipHeaderId.Require, "outbound");
        }
        // RFC 3327 §5.3: the phone learns the way its calls will take.
        foreach (var path in request.Headers.Lines(SipHeaderId.Path))
        {
            response.Headers.Add(SipHeaderId.Path, path);
        }
        return response;
    }

    private static string ContactOf(Binding binding, DateTimeOffset now)
    {
        var parameters = SipParameters.Empty.With(
            "expires",
            Bindings.SecondsLeft(binding, now).ToString(CultureInfo.InvariantCulture)
        );
        if (binding.QThousandths != 1_000)
        {
            var q = (binding.QThousandths / 1000m).ToString("0.###", CultureInfo.InvariantCulture);
            parameters = parameters.With("q", q);
        }
        if (binding.InstanceId is { } instance)
        {
            parameters = parameters.With("+sip.instance", instance);
        }
        if (binding.RegId is { } regId)
        {
            parameters = parameters.With("reg-id", regId.ToString(CultureInfo.InvariantCulture));
        }
        return (new NameAddress(binding.Uri) { Parameters = parameters }).ToString();
    }
}

using System.Globalization;
using System.Net;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Signalling;

/// <summary>Where a response goes by the top Via alone, as who received the request has stamped it.</summary>
internal static class ViaAddress
{
    /// <summary>"ip:port"; null when the Via names a host that nobody has resolved.</summary>
    public static string? Of(Via via)
    {
        if (!IPAddress.TryParse((via.Received ?? via.Host).Trim('[', ']'), out var address))
        {
            return null;
        }
        var port =
            int.TryParse(via.Parameters["rport"], NumberStyles.None, CultureInfo.InvariantCulture, out var rport)
            && rport is > 0 and <= 65535
                ? rport
            : via.Port != 0 ? via.Port
            : via.Transport is "TLS" or "WSS" ? 5061
            : 5060;
        return new IPEndPoint(address, port).ToString();
    }
}

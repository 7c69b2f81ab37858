using System.Globalization;
using System.Text;

namespace OCPlatform.Sip.Sessions;

/// <summary>The status line that a NOTIFY of a referral carries (message/sipfrag of RFC 3420, RFC 3515 §2.4.5).</summary>
internal static class SipFragment
{
    public const string ContentType = "message/sipfrag";

    private const int LongestLine = 256;

    public static byte[] Create(int status) =>
        Encoding.ASCII.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"SIP/2.0 {status} {SipStatus.ReasonOf(status)}\r\n")
        );

    /// <summary>False when it does not start with a status line.</summary>
    public static bool TryParse(ReadOnlySpan<byte> body, out int status, out string reason)
    {
        (status, reason) = (0, "");
        var end = body.IndexOfAny((byte)'\r', (byte)'\n');
        var line = Encoding.UTF8.GetString(body[..Math.Min(end < 0 ? body.Length : end, LongestLine)]);
        var parts = line.Split(' ', 3);
        if (
            parts.Length < 2
            || !parts[0].Equals("SIP/2.0", StringComparison.OrdinalIgnoreCase)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out status)
            || status is < 100 or > 699
        )
        {
            return false;
        }
        reason = parts.Length == 3 ? parts[2].Trim() : SipStatus.ReasonOf(status);
        return true;
    }
}

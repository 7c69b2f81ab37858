using System.Net;
using OCPlatform.Contracts.Sip;
using OCPlatform.Media.Capture;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Captures;

/// <summary>A call's capture, as its actor feeds it with SIP; the media session feeds it with RTP by itself.</summary>
internal sealed class CaptureOfCall(CallCapture file)
{
    public CallCapture File => file;

    public bool Running => file.Ended is null;

    public void End(string reason) => file.End(reason);

    /// <param name="wire">The bytes as they came or left; null: the call's own, before the transport adds its Via.</param>
    /// <param name="path">The way it went; a message that has none yet is left out.</param>
    public void Take(SipMessage message, bool incoming, byte[]? wire, SipPath? path, DateTimeOffset at)
    {
        if (
            path is null
            || !IPEndPoint.TryParse(path.Local, out var local)
            || !IPEndPoint.TryParse(path.Remote, out var remote)
        )
        {
            return;
        }
        var written = wire is null && message is SipRequest ? "Written before the transport added its Via." : null;
        var by = path.Transport == "UDP" ? null : $"Went by {path.Transport}.";
        file.OnSip(
            wire ?? message.ToBytes(),
            at,
            local,
            remote,
            !incoming,
            written is null ? by : $"{written} {by}".TrimEnd()
        );
    }
}

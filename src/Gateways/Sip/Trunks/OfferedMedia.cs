using System.Text;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Gateways.Sip;

/// <summary>
/// The media offer of a call out as the way it goes wants it: a trunk's codecs, and the encryption that fits. Calls write
/// offers that name all they have. Pure.
/// </summary>
internal static class OfferedMedia
{
    /// <param name="trunk">Null for a phone or an address.</param>
    /// <param name="transport">Of the signalling.</param>
    public static ReadOnlyMemory<byte> Over(TrunkSettings? trunk, string transport, ReadOnlyMemory<byte> offer)
    {
        var cut = OfferedCodecs.Only(offer, trunk?.Codecs ?? []);
        var kind = OfferedSecurity.KindFor(trunk?.Options.Srtp ?? SrtpPolicy.Allowed, transport);
        return SessionDescription.TryParse(cut.Span, out var description, out _)
            ? Encoding.UTF8.GetBytes(OfferedSecurity.Only(description, kind).ToString())
            : cut;
    }
}

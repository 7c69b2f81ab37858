using System.Net;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Engine;

/// <summary>
/// The media of one call: an RTP port (and RTCP one above), what is received, what is sent. The port is bound from the
/// moment it is opened, so that it can be offered; packets flow from <see cref="Start"/> on. All members may be called
/// from any thread; they take effect at the call's next tick (20 ms).
/// </summary>
public sealed partial class MediaSession : IDisposable
{
    /// <summary>Audio to the peer.</summary>
    public Playout Playout { get; }

    /// <summary>The bound RTP port.</summary>
    public int LocalPort { get; }

    /// <summary>The bound address and port.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Completes when the sockets are closed and no callback will come any more.</summary>
    public Task Closed => _closed.Task;

    /// <summary>The address to write into SDP for a peer at <paramref name="peer"/> (null: the configured or main one).</summary>
    public string AdvertisedAddress(IPAddress? peer = null) => _engine.AdvertisedAddress(peer);

    /// <summary>Begins to receive and send as agreed. Once only; later changes go through <see cref="Update"/>.</summary>
    public partial void Start(NegotiatedMedia media);

    /// <summary>Takes a new agreement (re-INVITE, UPDATE, hold, another address or codec) without a gap.</summary>
    public partial void Update(NegotiatedMedia media);

    /// <summary>Sends a digit as telephone-event (RFC 4733); the playout waits meanwhile.</summary>
    /// <returns>False when the peer does not take telephone-event, the digit is none, or 32 are waiting.</returns>
    public partial bool SendDtmf(char digit, int durationMs = 160);

    /// <summary>A snapshot of the counters.</summary>
    public partial MediaStats Stats { get; }

    /// <summary>Ends the stream (RTCP BYE), closes the sockets and gives the port back; does not wait, see <see cref="Closed"/>.</summary>
    public partial void Dispose();
}

using System.Net;

namespace OCPlatform.Media.Engine;

/// <summary>
/// All media of one node: the port range and the clock threads, one per core. A clock sweeps the non-blocking sockets of
/// its calls every 20 ms itself; no packet passes a queue, a task or an actor.
/// </summary>
public sealed partial class MediaEngine : IAsyncDisposable
{
    /// <param name="options">Must satisfy its ranges; checked here.</param>
    /// <param name="random">Source of SSRCs, first sequence numbers and timestamps; a seeded one makes them repeatable.</param>
    /// <exception cref="ArgumentException">An option is out of range or the addresses are not numeric.</exception>
    public partial MediaEngine(MediaOptions options, Random? random = null);

    public MediaOptions Options { get; }

    /// <summary>Binds an RTP/RTCP port pair for a call; null when the range is exhausted.</summary>
    public partial MediaSession? TryOpenSession(IMediaSink sink);

    /// <summary>
    /// The numeric address to write into SDP: <see cref="MediaOptions.AdvertisedAddress"/>, else the bound address, else
    /// the interface on the route to <paramref name="peer"/>.
    /// </summary>
    public partial string AdvertisedAddress(IPAddress? peer = null);

    public partial MediaEngineStats Stats { get; }

    /// <summary>Closes every session and stops the clocks.</summary>
    public partial ValueTask DisposeAsync();
}

using System.Net;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Engine;

// The running parts of engine and session; replaced by the clock and the sweep.
public sealed partial class MediaEngine
{
    public partial MediaEngine(MediaOptions options, Random? random) => Options = options;

    public partial MediaSession? TryOpenSession(IMediaSink sink) => null;

    public partial string AdvertisedAddress(IPAddress? peer) => Options.AdvertisedAddress;

    public partial MediaEngineStats Stats => new() { Clocks = [] };

    public partial ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

public sealed partial class MediaSession
{
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MediaEngine _engine;

    internal MediaSession(MediaEngine engine, int port)
    {
        _engine = engine;
        LocalPort = port;
        LocalEndPoint = new IPEndPoint(IPAddress.Any, port);
        Playout = new Playout(engine.Options.PlayoutCapacityMs);
    }

    public partial void Start(NegotiatedMedia media) => Playout.Close();

    public partial void Update(NegotiatedMedia media) => Playout.Close();

    public partial bool SendDtmf(char digit, int durationMs) => false;

    public partial MediaStats Stats => new();

    public partial void Dispose() => _closed.TrySetResult();
}

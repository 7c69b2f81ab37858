using OCPlatform.Media.Capture;

namespace OCPlatform.CallActors.Captures;

/// <summary>What a node captures: the files, and the calls that are waited for.</summary>
public sealed class CallCaptures(CaptureOptions options, TimeProvider time)
{
    public CaptureStore Files { get; } = new(options, time);

    public AwaitedCaptures Awaited { get; } = new();
}

using System.Net;

namespace OCPlatform.Media.Engine;

/// <summary>
/// Both directions of a call side by side, for a recording. Called on the clock thread, as <see cref="IMediaSink"/> is:
/// return at once, never block, never allocate.
/// </summary>
public interface IAudioTap
{
    /// <summary>
    /// Every 20 ms from Start to Dispose: what was heard (after jitter buffer and concealment) and what was sent in the same
    /// 20 ms (silence on hold); of the same length, at the session's rate, valid during the call only.
    /// </summary>
    void OnFrames(ReadOnlySpan<short> received, ReadOnlySpan<short> sent, in MediaFrameInfo info);
}

/// <summary>A datagram on the media path, decrypted, as a capture wants it.</summary>
public readonly ref struct TappedPacket
{
    public required ReadOnlySpan<byte> Datagram { get; init; }
    public required bool Outgoing { get; init; }

    /// <summary>UTC, ns since 1970.</summary>
    public required long WallNs { get; init; }
    public required IPEndPoint Local { get; init; }
    public required IPEndPoint Remote { get; init; }
}

/// <summary>The datagrams of a session as they come and go. On the clock thread; may allocate, since captures are rare.</summary>
public interface IPacketTap
{
    void OnPacket(in TappedPacket packet);
}

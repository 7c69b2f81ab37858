using System.Net;

namespace OCPlatform.Media.Engine;

/// <summary>What a frame handed to <see cref="IMediaSink.OnAudio"/> is made of.</summary>
public enum FrameKind : byte
{
    /// <summary>Received speech.</summary>
    Received,

    /// <summary>Made up, because a packet was lost or late.</summary>
    Concealed,

    /// <summary>Nothing was sent: before the first packet, on hold, in a sender's silence, during a DTMF digit.</summary>
    Silence,
}

/// <summary>About one 20 ms frame of received audio.</summary>
public readonly record struct MediaFrameInfo
{
    /// <summary>Samples since <see cref="MediaSession.Start"/> at the frame's first sample, at the session's rate; grows by a frame.</summary>
    public long MediaTime { get; init; }
    public FrameKind Kind { get; init; }

    /// <summary>RTP timestamp of the frame's first sample; 0 for <see cref="FrameKind.Silence"/>.</summary>
    public uint RtpTimestamp { get; init; }

    /// <summary>
    /// When the packet with the frame's first sample arrived, in <see cref="System.Diagnostics.Stopwatch"/> ticks (the
    /// kernel's receive time where it gives one); 0 unless <see cref="FrameKind.Received"/>.
    /// </summary>
    public long ArrivalTicks { get; init; }

    /// <summary>How much later than the call's fastest packet it arrived, in µs; 0 unless received.</summary>
    public int LatenessMicros { get; init; }

    public bool Concealed => Kind == FrameKind.Concealed;
}

/// <summary>Tones of ITU-T T.30 that tell a fax machine.</summary>
public enum FaxTone : byte
{
    /// <summary>Calling tone: 1100 Hz for 0.5 s every 3.5 s.</summary>
    Cng,

    /// <summary>Called station: 2100 Hz for 2.6 s or more.</summary>
    Ced,
}

/// <summary>An RTP packet as it came, before any buffer.</summary>
/// <param name="ArrivalTicks">In <see cref="System.Diagnostics.Stopwatch"/> ticks, see <see cref="MediaFrameInfo.ArrivalTicks"/>.</param>
public readonly record struct RtpArrival(
    uint Ssrc,
    ushort SequenceNumber,
    uint Timestamp,
    byte PayloadType,
    long ArrivalTicks
);

/// <summary>
/// Receives a session's audio and events on the clock thread, which carries thousands of calls: return at once, never
/// block, never throw (a fault is counted and the call goes on without that callback). Callbacks of one session never
/// overlap. None comes after <see cref="MediaSession.Closed"/> has completed.
/// </summary>
public interface IMediaSink
{
    /// <summary>Every 20 ms from Start to Dispose: PCM at the session's rate (160 samples of 8 kHz, or 320 of 16), valid during the call only.</summary>
    void OnAudio(ReadOnlySpan<short> frame, in MediaFrameInfo info) { }

    /// <summary>A telephone-event has ended (RFC 4733): '0'–'9', '*', '#', 'A'–'D'.</summary>
    void OnDtmf(char digit, int durationMs) { }

    /// <summary>Asked once, at the start: whether tones are listened for in the audio (see <see cref="OnFaxTone"/>).</summary>
    bool ListensForTones => false;

    /// <summary>A fax machine is calling (CNG, 1100 Hz) or answering (CED, 2100 Hz): heard for long enough to be sure.</summary>
    void OnFaxTone(FaxTone tone) { }

    /// <summary>All audio enqueued before <see cref="Playout.Mark"/> has been sent.</summary>
    void OnMark(long id) { }

    /// <summary>The first packet with enqueued audio after silence has been sent.</summary>
    void OnPlayoutStarted() { }

    /// <summary>The last enqueued sample has been sent, or cleared a tick ago; silence follows.</summary>
    void OnPlayoutDrained() { }

    /// <summary><see cref="Playout.Clear"/> has taken effect: nothing of the cleared audio will be sent any more.</summary>
    void OnPlayoutCleared(PlayoutCleared cleared) { }

    /// <summary>
    /// Each packet of the peer in the order of arrival, duplicates and events included: for those who measure the line.
    /// </summary>
    void OnPacket(in RtpArrival packet) { }

    /// <summary>
    /// Asked once, at the start: whether <see cref="OnStranger"/> is wanted. The socket then stays open to every source, which
    /// costs a quarter of a µs a packet.
    /// </summary>
    bool WatchesStrangers => false;

    /// <summary>
    /// An RTP packet of the agreed codec from a source that is not the session's: not heard, for those who measure who else speaks.
    /// </summary>
    /// <param name="packet">As it came.</param>
    /// <param name="payload">Valid during the call only.</param>
    void OnStranger(in RtpArrival packet, ReadOnlySpan<byte> payload) { }

    /// <summary>The first valid RTP packet has come, from this address.</summary>
    void OnFirstPacket(IPEndPoint source) { }

    /// <summary>No packet for <see cref="MediaOptions.MediaTimeoutSeconds"/> while the peer should send; once per silence.</summary>
    void OnMediaTimeout() { }

    /// <summary>Encryption was agreed, and the handshake for its keys failed: nothing will be heard or sent.</summary>
    void OnNotSecured(string cause) { }

    /// <summary>The peer ended its stream with an RTCP BYE.</summary>
    void OnBye() { }

    /// <summary>
    /// A fault of ours ended the session's media: once, as the last callback; the session closes by itself.
    /// </summary>
    void OnBroken(Exception cause) { }
}

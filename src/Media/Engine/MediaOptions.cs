using System.ComponentModel.DataAnnotations;
using OCPlatform.Media.Dtls;
using OCPlatform.Media.Jitter;
using OCPlatform.Media.Rtp;

namespace OCPlatform.Media.Engine;

/// <summary>Where and how this node sends and receives RTP.</summary>
public sealed class MediaOptions
{
    /// <summary>Address the RTP sockets are bound to; 0.0.0.0 means every IPv4 interface.</summary>
    [Required]
    public string BindAddress { get; set; } = "0.0.0.0";

    /// <summary>
    /// Numeric address written into SDP when it differs from the bound one (public address behind a NAT). Empty: the
    /// bound address, or for 0.0.0.0 the interface that the route to the peer uses.
    /// </summary>
    public string AdvertisedAddress { get; set; } = "";

    /// <summary>First port of the range; RTP takes the even ports, RTCP the odd one above.</summary>
    [Range(1024, 65534)]
    public int PortRangeStart { get; set; } = 10000;

    /// <summary>Last port of the range (inclusive).</summary>
    [Range(1025, 65535)]
    public int PortRangeEnd { get; set; } = 20000;

    /// <summary>How long a released port rests before it is handed out again, so that a late packet meets nobody, in s.</summary>
    [Range(0, 600)]
    public int PortRestSeconds { get; set; } = 10;

    /// <summary>Threads that carry the calls' media; 0: one per core.</summary>
    [Range(0, 256)]
    public int ClockThreads { get; set; }

    /// <summary>Groups into which a clock spreads its calls over the 20 ms tick (1, 2, 4, 5, 10 or 20).</summary>
    [Range(1, 20)]
    public int ClockSlots { get; set; } = 10;

    /// <summary>
    /// Run the clock threads under the system's real-time scheduling (SCHED_RR) where it is allowed (CAP_SYS_NICE or an
    /// rtprio limit), so that speech engines on the same cores do not delay packets. Otherwise ClockNiceness counts.
    /// </summary>
    public bool ClockRealtime { get; set; } = true;

    /// <summary>Niceness of the clock threads where the system allows it (−20 most favoured, 0 unchanged).</summary>
    [Range(-20, 0)]
    public int ClockNiceness { get; set; } = -15;

    /// <summary>Audio that <see cref="Playout"/> holds before the producer must wait, in ms.</summary>
    [Range(100, 60_000)]
    public int PlayoutCapacityMs { get; set; } = 1000;

    /// <summary>Least delay of the jitter buffer, in ms.</summary>
    [Range(0, 500)]
    public int JitterMinDelayMs { get; set; } = 10;

    /// <summary>Greatest delay of the jitter buffer, in ms; packets later than that are lost.</summary>
    [Range(20, AudioReceiver.MaxDelayMs)]
    public int JitterMaxDelayMs { get; set; } = 400;

    /// <summary>
    /// Silence on the wire (no packet at all) after which <see cref="IMediaSink.OnMediaTimeout"/> comes, in s; 0: never.
    /// Phones with silence suppression stop sending while their user listens, so it is long.
    /// </summary>
    [Range(0, 86_400)]
    public int MediaTimeoutSeconds { get; set; } = 300;

    /// <summary>
    /// While nothing is played: noise of this level instead of digital silence, in dB below full scale (0: silence).
    /// </summary>
    [Range(0, 100)]
    public int ComfortNoiseDb { get; set; } = 70;

    /// <summary>Packets after the first one during which the SDP's own address may still win over another source.</summary>
    [Range(0, 1000)]
    public int LatchPackets { get; set; } = 50;

    /// <summary>Mean time between RTCP reports, in s (RFC 3550 §6.2 recommends at least 5); 0: none.</summary>
    [Range(0, 600)]
    public int RtcpIntervalSeconds { get; set; } = 5;

    /// <summary>Handshakes for media keys with browsers (DTLS-SRTP).</summary>
    public DtlsOptions Dtls { get; set; } = new();

    /// <summary>
    /// Extended reports with VoIP metrics (RFC 3611) to the peer: `never`, `matched` (once it agreed to them or sends them
    /// itself), `always`. Its own are read in any case.
    /// </summary>
    public ExtendedReports RtcpExtendedReports { get; set; } = ExtendedReports.Matched;
}

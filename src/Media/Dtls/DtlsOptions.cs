using System.ComponentModel.DataAnnotations;

namespace OCPlatform.Media.Dtls;

/// <summary>Handshakes that agree on media keys with browsers and other DTLS-SRTP peers (RFC 5764).</summary>
public sealed class DtlsOptions
{
    /// <summary>How long a handshake may take before the call's media counts as failed, in s.</summary>
    [Range(1, 120)]
    public int TimeoutSeconds { get; set; } = 15;

    /// <summary>
    /// How long the first answer is waited for before a flight is sent again, in ms; it doubles each time. A lost packet
    /// is silence for the caller, so that it is shorter than the 1 s of RFC 6347 §4.2.4.1.
    /// </summary>
    [Range(20, 5000)]
    public int ResendMs { get; set; } = 200;

    /// <summary>
    /// Handshakes at a time; each has a thread while it lasts, and mostly waits for its peer. A waiting one costs some 100 kB.
    /// </summary>
    [Range(1, 1024)]
    public int MaxConcurrent { get; set; } = 128;

    /// <summary>How old a handshake may get while others wait for its thread, in ms; those of silent peers go first.</summary>
    [Range(100, 120_000)]
    public int PatienceMs { get; set; } = 2000;

    /// <summary>Handshakes that wait for a thread; one more is refused.</summary>
    [Range(0, 65_536)]
    public int MaxQueued { get; set; } = 256;

    /// <summary>
    /// How long after a handshake its keys are kept to repeat the last flight, in s. RFC 6347 §4.2.4 has 4 minutes, but a
    /// call without media has ended long before.
    /// </summary>
    [Range(1, 600)]
    public int LingerSeconds { get; set; } = 30;
}

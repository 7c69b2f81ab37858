namespace OCPlatform.Media.Srtp;

/// <summary>What became of a protected packet. Only an accepted one has changed anything.</summary>
public enum SrtpVerdict
{
    /// <summary>Not a whole packet, or too short for its trailer.</summary>
    Malformed,

    /// <summary>Received before, or older than the replay window (RFC 3711 §3.3.2).</summary>
    Replayed,

    /// <summary>The tag is wrong: another key, another roll-over count, or a changed packet.</summary>
    Forged,

    /// <summary>Past the last index that a key may be used for (RFC 3711 §9.2): new keys are due.</summary>
    Exhausted,

    /// <summary>Authentic, and plain now.</summary>
    Accepted,
}

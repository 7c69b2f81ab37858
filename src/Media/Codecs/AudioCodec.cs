namespace OCPlatform.Media.Codecs;

/// <summary>Audio codecs, each with one set of RTP parameters.</summary>
public enum AudioCodec
{
    /// <summary>G.711 µ-law (RFC 3551 §4.5.14).</summary>
    Pcmu,

    /// <summary>G.711 A-law (RFC 3551 §4.5.14).</summary>
    Pcma,

    /// <summary>G.722 at 64 kbit/s: 16 kHz audio under an 8 kHz RTP clock (RFC 3551 §4.5.2).</summary>
    G722,

    /// <summary>Opus (RFC 7587): a 48 kHz RTP clock and "2 channels" whatever is in it; sent as mono.</summary>
    Opus,

    /// <summary>16 bit PCM at 16 kHz, network byte order (RFC 3551 §4.5.11).</summary>
    L16,

    /// <summary>16 bit PCM at 8 kHz.</summary>
    L16Narrow,
}

/// <summary>What RTP and SDP need to know of a codec.</summary>
public static class AudioCodecs
{
    /// <summary>The name in a=rtpmap.</summary>
    public static string EncodingName(this AudioCodec codec) =>
        codec switch
        {
            AudioCodec.Pcmu => "PCMU",
            AudioCodec.Pcma => "PCMA",
            AudioCodec.G722 => "G722",
            AudioCodec.Opus => "opus",
            AudioCodec.L16 or AudioCodec.L16Narrow => "L16",
            _ => throw new ArgumentOutOfRangeException(nameof(codec)),
        };

    /// <summary>The rate of RTP timestamps.</summary>
    public static int ClockRateHz(this AudioCodec codec) =>
        codec switch
        {
            AudioCodec.Opus => 48_000,
            AudioCodec.L16 => 16_000,
            _ => 8_000,
        };

    /// <summary>The rate of the PCM that the codec carries and that a session with it works at.</summary>
    public static int SampleRateHz(this AudioCodec codec) =>
        codec is AudioCodec.G722 or AudioCodec.Opus or AudioCodec.L16 ? 16_000 : 8_000;

    /// <summary>Channels as a=rtpmap names them.</summary>
    public static int SdpChannels(this AudioCodec codec) => codec == AudioCodec.Opus ? 2 : 1;

    /// <summary>RFC 3551 §6, table 4; null for codecs with dynamic numbers.</summary>
    public static int? StaticPayloadType(this AudioCodec codec) =>
        codec switch
        {
            AudioCodec.Pcmu => 0,
            AudioCodec.Pcma => 8,
            AudioCodec.G722 => 9,
            _ => null,
        };
}

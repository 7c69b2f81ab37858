using OCPlatform.Media.Codecs;

namespace OCPlatform.Media.Quality;

/// <summary>What a codec does to speech (ITU-T G.113): by itself, and where packets are missing.</summary>
/// <param name="Ie">Equipment impairment factor, on the narrowband scale of G.107 or the wideband one of G.107.1.</param>
/// <param name="Bpl">Packet-loss robustness factor: the greater, the less a missing packet is heard.</param>
/// <param name="Wideband">Which scale: R reaches 93.2 on the narrowband one, 129 on the wideband one.</param>
public readonly record struct CodecImpairment(double Ie, double Bpl, bool Wideband)
{
    /// <summary>G.711 where missing packets are silence (G.113 Appendix I).</summary>
    public static readonly CodecImpairment G711WithoutConcealment = new(0, 4.3, false);

    /// <summary>G.711 with the concealment of its Appendix I (G.113 Appendix I).</summary>
    public static readonly CodecImpairment G711 = new(0, 25.1, false);

    /// <summary>
    /// G.722 at 64 kbit/s: Ie,WB 13 (G.113 Appendix IV). There is no planning value of Bpl for the concealment used here; as
    /// it is the same waveform substitution, G.711's is taken.
    /// </summary>
    public static readonly CodecImpairment G722 = new(13, 25.1, true);

    /// <summary>
    /// Opus from 24 kbit/s on. ITU-T gives no planning values; these follow listening tests (Alahmadi, Pocta, Melvin 2021:
    /// Ie 11 at 40 kbit/s and 20 at 25 kbit/s; Bpl 11 under random loss).
    /// </summary>
    public static readonly CodecImpairment Opus = new(13, 11, true);

    /// <summary>Unencoded wideband speech under waveform substitution.</summary>
    public static readonly CodecImpairment LinearWideband = new(0, 25.1, true);

    public static CodecImpairment Of(AudioCodec codec) =>
        codec switch
        {
            AudioCodec.G722 => G722,
            AudioCodec.Opus => Opus,
            AudioCodec.L16 => LinearWideband,
            _ => G711,
        };
}

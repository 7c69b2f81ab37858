namespace OCPlatform.Media.Quality;

/// <summary>What the E-model is told of one direction of a call.</summary>
/// <param name="Codec">The codec's impairments.</param>
/// <param name="MissingShare">Ppl as a share (0–1): packets that could not be played, lost or too late.</param>
/// <param name="BurstRatio">BurstR: 1 for random loss, more for bursty loss.</param>
/// <param name="OneWayDelayMs">Ta, mouth to ear. Echo comes back after twice that.</param>
public readonly record struct EModelInput(
    CodecImpairment Codec,
    double MissingShare,
    double BurstRatio,
    double OneWayDelayMs
);

/// <summary>
/// The E-model (ITU-T G.107, wideband: G.107.1): how good a connection sounds to the average user, from what was measured.
/// Everything that is not measured, such as levels, noise and echo loss, has its default value of G.107 Table 2; with all
/// defaults R is 93.2 and the MOS 4.41.
/// </summary>
/// <remarks>
/// Wideband codecs are rated on the wideband scale (R up to 129), and their MOS is read after R/1.29 (G.107.1 Annex A). The
/// two scales are different questions put to listeners: undisturbed G.711 has 4.41 among narrowband telephones, and would
/// have some 3.7 beside wideband ones. A MOS is therefore only to be compared with others of its own scale.
/// </remarks>
public static class EModel
{
    /// <summary>R of an undisturbed wideband connection (G.107.1 §7).</summary>
    public const double WidebandCeiling = 129;
    private const double WidebandToMos = 1.29;

    // G.107 Table 2.
    private const double SendLoudness = 8; // SLR, dB
    private const double ReceiveLoudness = 2; // RLR, dB
    private const double OverallLoudness = SendLoudness + ReceiveLoudness; // OLR, dB
    private const double ListenerSidetone = 18; // LSTR, dB
    private const double Sidetone = 15; // STMR, dB
    private const double TelephoneD = 3; // Ds, Dr
    private const double EchoLoudness = 65; // TELR, dB
    private const double EchoPathLoss = 110; // WEPL, dB
    private const double CircuitNoise = -70; // Nc, dBm0p
    private const double NoiseFloor = -64; // Nfor, dBmp
    private const double RoomNoise = 35; // Ps and Pr, dB(A)
    private const double QuantizingUnits = 1; // qdu

    private static readonly double Noise = NoiseSum();
    private static readonly double SignalToNoise = 15 - 1.5 * (SendLoudness + Noise); // Ro
    private static readonly double Simultaneous = SimultaneousImpairment(); // Is
    private static readonly double IdWithoutDelay = Id(0);

    /// <summary>R without delay (0 to 93.2, or 129 for wideband): how good it is to listen to.</summary>
    public static double ListeningR(in EModelInput input) =>
        Math.Max(0, Ceiling(input.Codec) - EffectiveImpairment(input));

    /// <summary>R with delay and echo: how good it is to talk over.</summary>
    public static double ConversationalR(in EModelInput input) =>
        Math.Max(0, Ceiling(input.Codec) - DelayImpairment(input.OneWayDelayMs) - EffectiveImpairment(input));

    /// <summary>MOS-LQE, 1–4.5.</summary>
    public static double ListeningMos(in EModelInput input) => MosOf(ListeningR(input), input.Codec.Wideband);

    /// <summary>MOS-CQE, 1–4.5.</summary>
    public static double ConversationalMos(in EModelInput input) => MosOf(ConversationalR(input), input.Codec.Wideband);

    /// <summary>From R to MOS (G.107 Annex B), 1–4.5.</summary>
    public static double MosOf(double r, bool wideband = false)
    {
        var rx = wideband ? r / WidebandToMos : r;
        return rx switch
        {
            <= 0 => 1,
            >= 100 => 4.5,
            // Below 6.5 the polynomial dips under 1.
            _ => Math.Max(1, 1 + 0.035 * rx + rx * (rx - 60) * (100 - rx) * 7e-6),
        };
    }

    /// <summary>Ie-eff (G.107 §7.4; the same in G.107.1 §7.4).</summary>
    public static double EffectiveImpairment(in EModelInput input)
    {
        var ppl = 100 * Math.Clamp(input.MissingShare, 0, 1);
        var ie = input.Codec.Ie;
        return ppl == 0 ? ie : ie + (95 - ie) * ppl / (ppl / Math.Max(1, input.BurstRatio) + input.Codec.Bpl);
    }

    /// <summary>
    /// What delay takes off R: Id (G.107 §7.3) for talker echo, listener echo, and delay that is too long in itself, without
    /// the 0.15 that it has already at no delay.
    /// </summary>
    public static double DelayImpairment(double oneWayMs) => Id(Math.Max(0, oneWayMs)) - IdWithoutDelay;

    private static double Id(double ta) => TalkerEcho(ta) + ListenerEcho(2 * ta) + TooLong(ta);

    private static double Ceiling(CodecImpairment codec) =>
        codec.Wideband ? WidebandCeiling : SignalToNoise - Simultaneous - IdWithoutDelay;

    /// <summary>No (§7.1): noise of the circuit, of both rooms and of the set, in dBm0p.</summary>
    private static double NoiseSum()
    {
        var sendRoom =
            RoomNoise
            - SendLoudness
            - TelephoneD
            - 100
            + 0.004 * Math.Pow(RoomNoise - OverallLoudness - TelephoneD - 14, 2);
        var heardRoom = RoomNoise + Decibels(1 + Math.Pow(10, (10 - ListenerSidetone) / 10));
        var receiveRoom = ReceiveLoudness - 121 + heardRoom + 0.008 * Math.Pow(heardRoom - 35, 2);
        var floor = NoiseFloor + ReceiveLoudness;
        return Decibels(Power(CircuitNoise) + Power(sendRoom) + Power(receiveRoom) + Power(floor));
    }

    /// <summary>Is (§7.2): too loud, sidetone, quantizing.</summary>
    private static double SimultaneousImpairment()
    {
        var xolr = OverallLoudness + 0.2 * (64 + Noise - ReceiveLoudness);
        var tooLoud = 20 * (Math.Pow(1 + Math.Pow(xolr / 8, 8), 1.0 / 8) - xolr / 8);
        // With no delay the talker's echo adds to the sidetone.
        var sidetone = -Decibels(Power(-Sidetone) + Power(-EchoLoudness));
        var offSidetone =
            12 * Math.Pow(1 + Math.Pow((sidetone - 13) / 6, 8), 1.0 / 8)
            - 28 * Math.Pow(1 + Math.Pow((sidetone + 1) / 19.4, 35), 1.0 / 35)
            - 13 * Math.Pow(1 + Math.Pow((sidetone - 3) / 33, 13), 1.0 / 13)
            + 29;
        var q = 37 - 15 * Math.Log10(QuantizingUnits);
        var g = 1.07 + 0.258 * q + 0.0602 * q * q;
        var y = (SignalToNoise - 100) / 15 + 46 / 8.4 - g / 9;
        var z = 46.0 / 30 - g / 40;
        var quantizing = 15 * Math.Log10(1 + Math.Pow(10, y) + Math.Pow(10, z));
        return tooLoud + offSidetone + quantizing;
    }

    private static double TalkerEcho(double t)
    {
        var terv = EchoLoudness - 40 * Math.Log10((1 + t / 10) / (1 + t / 150)) + 6 * Math.Exp(-0.3 * t * t);
        var re = 80 + 2.5 * (terv - 14);
        var roe = -1.5 * (Noise - ReceiveLoudness);
        var half = (roe - re) / 2;
        return (half + Math.Sqrt(half * half + 100) - 1) * (1 - Math.Exp(-t));
    }

    private static double ListenerEcho(double roundTripMs)
    {
        var rle = 10.5 * (EchoPathLoss + 7) * Math.Pow(roundTripMs + 1, -0.25);
        var half = (SignalToNoise - rle) / 2;
        return half + Math.Sqrt(half * half + 169);
    }

    /// <summary>Idd: nothing up to 100 ms.</summary>
    private static double TooLong(double ta)
    {
        if (ta <= 100)
            return 0;
        var x = Math.Log2(ta / 100);
        return 25 * (Math.Pow(1 + Math.Pow(x, 6), 1.0 / 6) - 3 * Math.Pow(1 + Math.Pow(x / 3, 6), 1.0 / 6) + 2);
    }

    private static double Decibels(double power) => 10 * Math.Log10(power);

    private static double Power(double decibels) => Math.Pow(10, decibels / 10);
}

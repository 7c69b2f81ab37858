using OCPlatform.Media.Codecs;

namespace OCPlatform.Media.Sdp;

/// <summary>Which of the offered payload formats are used.</summary>
internal static class CodecChoice
{
    public const string TelephoneEvent = "telephone-event";

    public static bool Carries(PayloadFormat format, AudioCodec codec) =>
        format.Is(codec.EncodingName(), codec.ClockRateHz(), codec.SdpChannels());

    /// <summary>The first of their formats that is one of our codecs, or our first codec that is among their formats.</summary>
    public static (PayloadFormat Format, AudioCodec Codec)? Choose(
        IReadOnlyList<PayloadFormat> theirs,
        IReadOnlyList<AudioCodec> codecs,
        bool ourOrder
    )
    {
        (PayloadFormat Format, AudioCodec Codec)? chosen = null;
        var best = int.MaxValue;
        foreach (var format in theirs)
        {
            for (var place = 0; place < codecs.Count && place < best; place++)
            {
                if (!Carries(format, codecs[place]))
                    continue;
                if (!ourOrder)
                    return (format, codecs[place]);
                (chosen, best) = ((format, codecs[place]), place);
            }
        }

        return chosen;
    }

    /// <summary>
    /// The telephone-event format that goes with a codec: of the same clock rate, as one stream should have one (RFC 4733
    /// §2.5.1.2); else the one of 8 kHz, which phones offer beside every codec.
    /// </summary>
    public static PayloadFormat? EventsFor(IReadOnlyList<PayloadFormat> formats, int clockRateHz) =>
        formats.FirstOrDefault(f => f.Is(TelephoneEvent, clockRateHz))
        ?? formats.FirstOrDefault(f => f.Is(TelephoneEvent, 8000));

    /// <summary>What we offered besides what is used.</summary>
    /// <param name="used">Numbers of those.</param>
    public static IReadOnlyList<ReceivedFormat> Others(
        IReadOnlyList<PayloadFormat> offered,
        IReadOnlyList<AudioCodec> codecs,
        IReadOnlyList<int?> used
    )
    {
        var others = new List<ReceivedFormat>();
        foreach (var format in offered)
        {
            if (used.Contains(format.PayloadType))
                continue;
            if (format.Is(TelephoneEvent, format.ClockRateHz))
                others.Add(new ReceivedFormat(format.PayloadType, null, format.ClockRateHz));
            foreach (var codec in codecs)
            {
                if (Carries(format, codec))
                    others.Add(new ReceivedFormat(format.PayloadType, codec));
            }
        }

        return others;
    }

    /// <summary>A packet time that the codec has: Opus frames are of 10, 20, 40 or 60 ms (RFC 6716 §2.1.4).</summary>
    public static int Ptime(AudioCodec codec, int wantedMs)
    {
        var ptimeMs = Math.Clamp(wantedMs / 10 * 10, 10, 60);
        return codec == AudioCodec.Opus && ptimeMs is 30 or 50 ? ptimeMs - 10 : ptimeMs;
    }

    /// <summary>a=fmtp of our side; null for codecs without.</summary>
    public static string? ParametersOf(AudioCodec codec) =>
        // RFC 7587 §6.1: mono speech, with redundancy against loss, of no use to us above 16 kHz.
        codec == AudioCodec.Opus
            ? "maxplaybackrate=16000;stereo=0;useinbandfec=1"
            : null;

    /// <summary>The number that we give a codec in an offer: its static one, or one of the dynamic range.</summary>
    public static int OfferedType(AudioCodec codec) =>
        codec.StaticPayloadType()
        ?? codec switch
        {
            AudioCodec.Opus => 111,
            AudioCodec.L16 => 98,
            _ => 97,
        };

    public static int OfferedEventType(int clockRateHz) =>
        clockRateHz switch
        {
            48_000 => 110,
            16_000 => 102,
            _ => 101,
        };
}

using OCPlatform.Media.Codecs;

namespace OCPlatform.Media.Sdp;

/// <summary>
/// The payload type numbers of an offer of ours: a format that was agreed on keeps its own, for the life of the session
/// (RFC 3264 §8.3.2); the others get the usual one, or a free one where that is taken.
/// </summary>
internal sealed class PayloadNumbers
{
    private const int FirstDynamic = 96;

    private readonly List<ReceivedFormat> _kept = [];
    private readonly HashSet<int> _taken = [];

    public PayloadNumbers(NegotiatedMedia? current)
    {
        if (current is null)
            return;
        _kept.Add(new ReceivedFormat(current.ReceivePayloadType, current.Codec));
        if (current.ReceiveTelephoneEventType is { } events)
            _kept.Add(new ReceivedFormat(events, null, current.TelephoneEventRateHz));
        _kept.AddRange(current.OtherFormats);
        _taken.UnionWith(_kept.Select(static format => format.PayloadType));
    }

    public int For(AudioCodec codec) => Kept(codec, 0) ?? Free(CodecChoice.OfferedType(codec));

    public int ForEvents(int rateHz) => Kept(null, rateHz) ?? Free(CodecChoice.OfferedEventType(rateHz));

    private int? Kept(AudioCodec? codec, int eventRateHz)
    {
        foreach (var format in _kept)
        {
            if (format.Codec == codec && format.TelephoneEventRateHz == eventRateHz)
                return format.PayloadType;
        }

        return null;
    }

    private int Free(int usual)
    {
        var number = usual;
        for (var next = FirstDynamic; !_taken.Add(number); next++)
            number = next;
        return number;
    }
}

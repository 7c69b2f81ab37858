namespace OCPlatform.Media.Codecs;

/// <summary>
/// What an Opus packet says of itself without decoding (RFC 6716 §3).
/// <code>
///  0 1 2 3 4 5 6 7
/// +-+-+-+-+-+-+-+-+
/// | config  |s| c |   config: mode, bandwidth, frame duration; s: stereo; c: how many frames
/// +-+-+-+-+-+-+-+-+
/// </code>
/// </summary>
internal readonly struct OpusPacket
{
    private const int MaxFrameBytes = 1275;

    // 120 ms at 48 kHz (requirement R5).
    private const int MaxSamples = 5760;
    private const int FirstHybrid = 12;
    private const int FirstCelt = 16;

    private readonly byte _toc;
    private readonly byte _firstFrameHead;
    private readonly bool _firstFrameEmpty;

    private OpusPacket(byte toc, int frames, ReadOnlySpan<byte> firstFrame)
    {
        _toc = toc;
        Frames = frames;
        _firstFrameEmpty = firstFrame.IsEmpty;
        _firstFrameHead = firstFrame.IsEmpty ? (byte)0 : firstFrame[0];
    }

    public int Frames { get; }

    /// <summary>Length of a frame, in samples of 48 kHz.</summary>
    public int FrameSamples48k => FrameSamplesOf(_toc);

    /// <summary>Length of the packet at the decoder's rate.</summary>
    public int Samples(int sampleRateHz) => Frames * FrameSamples48k / (48_000 / sampleRateHz);

    /// <summary>
    /// Whether the first frame repeats the one before it at a lower rate (LBRR, §4.2.4): the flag stands behind the voice
    /// activity flags, of which there is one for each 20 ms, at the beginning of the frame (§4.2.3).
    /// </summary>
    public bool HasRedundancy
    {
        get
        {
            if (_toc >> 3 >= FirstCelt || _firstFrameEmpty)
                return false;
            var silkFrames = Math.Max(1, FrameSamples48k / 960);
            var flag = 0x80 >> silkFrames;
            var stereo = (_toc & 4) != 0;
            return (_firstFrameHead & flag) != 0 || (stereo && (_firstFrameHead & (flag >> (silkFrames + 1))) != 0);
        }
    }

    /// <summary>False for what breaks the requirements R1–R7 of §3.4.</summary>
    public static bool TryParse(ReadOnlySpan<byte> payload, out OpusPacket packet)
    {
        packet = default;
        if (payload.IsEmpty)
            return false;
        var toc = payload[0];
        var rest = payload[1..];
        var frames = 1;
        int first;
        switch (toc & 3)
        {
            case 0:
                first = rest.Length;
                break;
            case 1:
                if ((rest.Length & 1) != 0)
                    return false;
                frames = 2;
                first = rest.Length / 2;
                break;
            case 2:
                frames = 2;
                if (!TryLength(ref rest, out first) || first > rest.Length || rest.Length - first > MaxFrameBytes)
                    return false;
                break;
            default:
                if (!TryManyFrames(ref rest, FrameSamplesOf(toc), out frames, out first))
                    return false;
                break;
        }

        if (first > MaxFrameBytes)
            return false;
        packet = new OpusPacket(toc, frames, rest[..first]);
        return true;
    }

    /// <summary>Code 3 (§3.2.5): a byte of flags and count, padding, lengths, frames.</summary>
    private static bool TryManyFrames(ref ReadOnlySpan<byte> rest, int frameSamples, out int frames, out int first)
    {
        first = 0;
        frames = rest.IsEmpty ? 0 : rest[0] & 0x3F;
        if (frames == 0 || frames * frameSamples > MaxSamples)
            return false;
        var variable = (rest[0] & 0x80) != 0;
        var padded = (rest[0] & 0x40) != 0;
        rest = rest[1..];
        if (padded)
        {
            var padding = 0;
            byte part;
            do
            {
                if (rest.IsEmpty)
                    return false;
                part = rest[0];
                rest = rest[1..];
                // 255 means 254 and a further byte of the length.
                padding += part == 255 ? 254 : part;
            } while (part == 255);
            if (padding > rest.Length)
                return false;
            rest = rest[..^padding];
        }

        if (!variable)
        {
            first = rest.Length / frames;
            return first * frames == rest.Length;
        }

        var total = 0;
        for (var i = 0; i < frames - 1; i++)
        {
            if (!TryLength(ref rest, out var length))
                return false;
            total += length;
            if (i == 0)
                first = length;
        }

        var last = rest.Length - total;
        if (frames == 1)
            first = last;
        return last is >= 0 and <= MaxFrameBytes;
    }

    /// <summary>A frame's length in one or two bytes (§3.2.1).</summary>
    private static bool TryLength(ref ReadOnlySpan<byte> rest, out int length)
    {
        length = rest.IsEmpty ? 0 : rest[0];
        var bytes = length < 252 ? 1 : 2;
        if (rest.Length < bytes)
            return false;
        if (bytes == 2)
            length += rest[1] * 4;
        rest = rest[bytes..];
        return true;
    }

    /// <summary>Table 2 of §3.1.</summary>
    private static int FrameSamplesOf(byte toc)
    {
        var config = toc >> 3;
        return config switch
        {
            < FirstHybrid when (config & 3) == 3 => 2880,
            < FirstHybrid => 480 << (config & 3),
            < FirstCelt => 480 << (config & 1),
            _ => 120 << (config & 3),
        };
    }
}

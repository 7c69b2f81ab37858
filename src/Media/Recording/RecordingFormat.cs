namespace OCPlatform.Media.Recording;

/// <summary>What a recording is written as. Always two channels: the caller left, the agent right.</summary>
public enum RecordingFormat
{
    /// <summary>
    /// WAV with G.711 µ-law (format tag 7): 16 kB/s of a narrowband call. What came as PCMU stands in it bit by bit, since
    /// decoding and encoding again gives the same codes.
    /// </summary>
    WavUlaw,

    /// <summary>WAV with 16-bit PCM (format tag 1): 32 kB/s of a narrowband call, 64 kB/s of a wideband one.</summary>
    WavPcm,

    /// <summary>Opus in Ogg (RFC 7845), some 3 kB/s; needs libopus, and processor time on the writer's thread.</summary>
    OggOpus,
}

/// <summary>What files and HTTP need to know of a format.</summary>
public static class RecordingFormats
{
    internal const int Channels = 2;

    public static string FileExtension(this RecordingFormat format) =>
        format == RecordingFormat.OggOpus ? ".opus" : ".wav";

    public static string ContentType(this RecordingFormat format) =>
        format == RecordingFormat.OggOpus ? "audio/ogg" : "audio/wav";

    /// <summary>
    /// Bytes of both channels' sample of one instant, as the clock hands them to the writer: µ-law codes, or PCM, which the
    /// writer encodes for Opus.
    /// </summary>
    internal static int BytesPerInstant(this RecordingFormat format) =>
        format == RecordingFormat.WavUlaw ? Channels : Channels * sizeof(short);

    /// <summary>The byte that silence is made of.</summary>
    internal static byte SilentByte(this RecordingFormat format) =>
        format == RecordingFormat.WavUlaw ? (byte)0xFF : (byte)0;
}

/// <summary>A recording whose file is complete and closed.</summary>
/// <param name="Path">The file, still under the name it was written under.</param>
/// <param name="Duration">From the first frame to the last, pauses and gaps included.</param>
/// <param name="Bytes">Length of the file.</param>
/// <param name="LostMs">Silence that stands for audio which the disk was too slow to take, or refused.</param>
/// <param name="GapMs">Silence that stands for ticks which the media clock had to give up.</param>
/// <param name="Fault">The first error of the file, in the system's words; null when all went well.</param>
public sealed record FinishedRecording(
    string Path,
    RecordingFormat Format,
    int SampleRateHz,
    TimeSpan Duration,
    long Bytes,
    long LostMs,
    long GapMs,
    string? Fault
);

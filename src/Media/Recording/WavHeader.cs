using System.Buffers.Binary;

namespace OCPlatform.Media.Recording;

/// <summary>
/// The head of a stereo WAV file, 58 bytes for both formats:
/// <code>
///  0 "RIFF" size   8 "WAVE"
/// 12 "fmt " 18     20 tag  22 channels  24 rate  28 bytes/s  32 block  34 bits  36 extension (0)
/// 38 "fact" 4      46 instants
/// 50 "data" size
/// </code>
/// A format other than PCM needs the extension's length and the fact chunk (Microsoft, "New Multimedia Data Types", 1994).
/// Sizes beyond 4 GiB stand as 0xFFFFFFFF, which readers take for "to the end".
/// </summary>
internal static class WavHeader
{
    public const int Bytes = 58;
    private const ushort PcmTag = 1;
    private const ushort UlawTag = 7;

    public static void Write(Span<byte> header, RecordingFormat format, int sampleRateHz, long dataBytes)
    {
        var bytesPerInstant = format.BytesPerInstant();
        "RIFF"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], Size(dataBytes + Bytes - 8));
        "WAVEfmt "u8.CopyTo(header[8..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], 18);
        BinaryPrimitives.WriteUInt16LittleEndian(header[20..], format == RecordingFormat.WavUlaw ? UlawTag : PcmTag);
        BinaryPrimitives.WriteUInt16LittleEndian(header[22..], RecordingFormats.Channels);
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], sampleRateHz);
        BinaryPrimitives.WriteInt32LittleEndian(header[28..], sampleRateHz * bytesPerInstant);
        BinaryPrimitives.WriteUInt16LittleEndian(header[32..], (ushort)bytesPerInstant);
        BinaryPrimitives.WriteUInt16LittleEndian(
            header[34..],
            (ushort)(bytesPerInstant * 8 / RecordingFormats.Channels)
        );
        BinaryPrimitives.WriteUInt16LittleEndian(header[36..], 0);
        "fact"u8.CopyTo(header[38..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[42..], 4);
        BinaryPrimitives.WriteUInt32LittleEndian(header[46..], Size(dataBytes / bytesPerInstant));
        "data"u8.CopyTo(header[50..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[54..], Size(dataBytes));
    }

    /// <summary>Reads what <see cref="Write"/> wrote; false when it is something else.</summary>
    public static bool TryRead(ReadOnlySpan<byte> header, out RecordingFormat format, out int sampleRateHz)
    {
        (format, sampleRateHz) = (default, 0);
        if (
            header.Length < Bytes
            || !header[..4].SequenceEqual("RIFF"u8)
            || !header[8..16].SequenceEqual("WAVEfmt "u8)
            || !header[50..54].SequenceEqual("data"u8)
        )
        {
            return false;
        }

        var tag = BinaryPrimitives.ReadUInt16LittleEndian(header[20..]);
        format = tag == UlawTag ? RecordingFormat.WavUlaw : RecordingFormat.WavPcm;
        sampleRateHz = BinaryPrimitives.ReadInt32LittleEndian(header[24..]);
        return tag is UlawTag or PcmTag && sampleRateHz > 0;
    }

    private static uint Size(long bytes) => bytes < uint.MaxValue ? (uint)bytes : uint.MaxValue;
}

using System.Buffers.Binary;

namespace OCPlatform.Media.Recording;

/// <summary>
/// Completes the file that a killed process left behind: a WAV file's head gets the true length, an Ogg file ends behind
/// its last whole page, which is marked as the last.
/// </summary>
public static class RecordingRepair
{
    private const int LookBackBytes = 1 << 20;

    /// <summary>Somebody has the file open; the lock tells, and where a file system has none, nobody does.</summary>
    public static bool IsBeingWritten(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (IOException)
        {
            return File.Exists(path);
        }
    }

    /// <summary>
    /// The recording as far as it was written; null when nothing was, or when somebody is writing it at this moment (the
    /// lock on the file tells, which ends with its process).
    /// </summary>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public static FinishedRecording? TryComplete(string path)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }

        using (file)
        {
            var head = new byte[WavHeader.Bytes];
            var read = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            return WavHeader.TryRead(head.AsSpan(0, read), out var format, out var rateHz)
                ? CompleteWav(file, format, rateHz)
                : CompleteOgg(file);
        }
    }

    private static FinishedRecording? CompleteWav(FileStream file, RecordingFormat format, int sampleRateHz)
    {
        var instants = (file.Length - WavHeader.Bytes) / format.BytesPerInstant();
        if (instants <= 0)
            return null;
        file.SetLength(WavHeader.Bytes + instants * format.BytesPerInstant());
        Span<byte> header = stackalloc byte[WavHeader.Bytes];
        WavHeader.Write(header, format, sampleRateHz, instants * format.BytesPerInstant());
        file.Position = 0;
        file.Write(header);
        return Completed(file, format, sampleRateHz, instants * 1000.0 / sampleRateHz);
    }

    private static FinishedRecording? CompleteOgg(FileStream file)
    {
        var head = new byte[OggPage.HeaderBytes + 1 + 19];
        file.Position = 0;
        var read = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        if (OggPage.LengthOf(head.AsSpan(0, read)) != head.Length || !head.AsSpan(28, 8).SequenceEqual("OpusHead"u8))
            return null;
        var preSkip = BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(38));
        var sampleRateHz = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(40));

        var start = Math.Max(0, file.Length - LookBackBytes);
        var tail = new byte[file.Length - start];
        file.Position = start;
        file.ReadExactly(tail);
        var (at, length) = LastPage(tail);
        var page = tail.AsSpan(at, length);
        var granule = length == 0 ? 0 : BinaryPrimitives.ReadInt64LittleEndian(page[6..]);
        if (granule <= preSkip)
            return null;
        page[5] |= OggPage.Last;
        OggPage.Seal(page);
        file.SetLength(start + at + length);
        file.Position = start + at;
        file.Write(page);
        return Completed(file, RecordingFormat.OggOpus, sampleRateHz, (granule - preSkip) / 48.0);
    }

    private static (int At, int Length) LastPage(ReadOnlySpan<byte> data)
    {
        for (var end = data.Length; end > 0; )
        {
            var at = data[..end].LastIndexOf("OggS\0"u8);
            if (at < 0)
                break;
            if (OggPage.LengthOf(data[at..]) is var length and > 0)
                return (at, length);
            end = at + 4;
        }

        return (0, 0);
    }

    private static FinishedRecording Completed(FileStream file, RecordingFormat format, int rateHz, double ms) =>
        new(
            file.Name,
            format,
            rateHz,
            TimeSpan.FromMilliseconds(Math.Round(ms)),
            file.Length,
            LostMs: 0,
            GapMs: 0,
            "the process ended before the recording did"
        );
}

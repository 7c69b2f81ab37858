using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OCPlatform.AiAdapters.TextToSpeech.Cache;

/// <summary>
/// A phrase on disk, little-endian:
/// <code>
///  0        4        8                16
/// +--------+--------+----------------+---------------------+
/// | "OCP1" | count  | SHA-256 of the | count 16-bit samples |
/// |        |        | samples, 8 B   |                      |
/// +--------+--------+----------------+---------------------+
/// </code>
/// </summary>
internal static class PhraseFile
{
    private const int HeaderBytes = 16;
    private static ReadOnlySpan<byte> Magic => "OCP1"u8;

    /// <returns>null when the file is cut short, damaged or of another format.</returns>
    public static short[]? Parse(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeaderBytes || !file[..4].SequenceEqual(Magic))
            return null;
        var count = BinaryPrimitives.ReadInt32LittleEndian(file[4..]);
        var samples = file[HeaderBytes..];
        if (count < 0 || samples.Length != (long)count * 2)
            return null;
        return Digest(samples).SequenceEqual(file[8..16]) ? MemoryMarshal.Cast<byte, short>(samples).ToArray() : null;
    }

    /// <summary>
    /// Writes under another name, then renames: whoever reads, and whatever crashes, sees the whole file or none.
    /// </summary>
    public static void Write(string path, ReadOnlySpan<short> samples)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            using (var file = new FileStream(partial, FileMode.CreateNew, FileAccess.Write))
            {
                var bytes = MemoryMarshal.AsBytes(samples);
                Span<byte> header = stackalloc byte[HeaderBytes];
                Magic.CopyTo(header);
                BinaryPrimitives.WriteInt32LittleEndian(header[4..], samples.Length);
                Digest(bytes).CopyTo(header[8..]);
                file.Write(header);
                file.Write(bytes);
            }

            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    private static ReadOnlySpan<byte> Digest(ReadOnlySpan<byte> samples) => SHA256.HashData(samples).AsSpan(0, 8);
}

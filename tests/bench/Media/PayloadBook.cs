using OCPlatform.Media.Codecs;
using OCPlatform.Media.Dsp;

namespace OCPlatform.Bench.Media;

/// <summary>
/// Twenty seconds of something like speech, as packets that are all different: whoever sends one back, or plays the file,
/// can be checked packet by packet.
/// </summary>
internal sealed class PayloadBook
{
    public const int PacketBytes = 160;
    private const int Packets = 1000;

    private readonly byte[] _payloads = new byte[Packets * PacketBytes];
    private readonly Dictionary<ulong, int> _byHash = new(Packets);

    private PayloadBook(short[] pcm)
    {
        G711.Encode(AudioCodec.Pcmu, pcm, _payloads);
        for (var i = 0; i < Packets; i++)
        {
            _byHash.Add(HashOf(this[i]), i);
        }
        Pcm = pcm;
    }

    public short[] Pcm { get; }

    public int Count => Packets;

    public ReadOnlySpan<byte> this[int index] => _payloads.AsSpan(index * PacketBytes, PacketBytes);

    /// <summary>Which packet this is; −1: none.</summary>
    public int IndexOf(ReadOnlySpan<byte> payload) => _byHash.GetValueOrDefault(HashOf(payload), -1);

    public void WriteWav(string path) => new WavFile(8000, 1, Pcm).Write(path);

    public static PayloadBook Make()
    {
        var random = new Random(4);
        var pcm = new short[Packets * PacketBytes];
        for (var i = 0; i < pcm.Length; i++)
        {
            var seconds = i / 8000.0;
            // Syllables four times a second over a voice that rises and falls, with some noise.
            var syllable = Math.Pow(Math.Sin(Math.PI * 4 * seconds), 2);
            var phase = 2 * Math.PI * (120 * seconds + 6 * Math.Sin(2 * Math.PI * 0.7 * seconds));
            var voice = Math.Sin(phase) + 0.6 * Math.Sin(2 * phase) + 0.3 * Math.Sin(5 * phase);
            pcm[i] = (short)(syllable * 5000 * voice + 300 * (random.NextDouble() - 0.5));
        }
        return new PayloadBook(pcm);
    }

    private static ulong HashOf(ReadOnlySpan<byte> payload)
    {
        var hash = 0xCBF29CE484222325;
        foreach (var word in System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(payload))
        {
            hash = (hash ^ word) * 0x9E3779B97F4A7C15;
            hash ^= hash >> 29;
        }
        return hash;
    }
}

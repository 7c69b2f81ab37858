using System.Buffers.Binary;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Dsp;

namespace OCPlatform.Bench.Media;

/// <summary>
/// Twenty seconds of something like speech, in which every stretch tells where it is: whoever sends it back, or plays the
/// file over and over, can be checked packet by packet, wherever its packets are cut.
/// </summary>
internal sealed class PayloadBook
{
    public const int PacketBytes = 160;
    private const int Samples = 1000 * PacketBytes;

    // The beginning again behind the end, so that a packet may lie across it.
    private readonly byte[] _codes = new byte[Samples + PacketBytes];
    private readonly Dictionary<ulong, int> _places = new(Samples);
    private readonly short[] _pcm;

    private PayloadBook(short[] pcm)
    {
        _pcm = pcm;
        // Decoded and encoded again, so that −0, which no encoder gives, does not occur.
        var codes = _codes.AsSpan(0, Samples);
        G711.Encode(AudioCodec.Pcmu, pcm, codes);
        G711.Decode(AudioCodec.Pcmu, codes, pcm);
        G711.Encode(AudioCodec.Pcmu, pcm, codes);
        _codes.AsSpan(0, PacketBytes).CopyTo(_codes.AsSpan(Samples));
        for (var i = 0; i < Samples; i++)
        {
            _places.TryAdd(BinaryPrimitives.ReadUInt64LittleEndian(_codes.AsSpan(i)), i);
        }
    }

    /// <summary>20 ms from a place on.</summary>
    public ReadOnlySpan<byte> From(int place) => _codes.AsSpan(place, PacketBytes);

    /// <summary>The place so much further on.</summary>
    public static int Next(int place, int packets) => (place + packets * PacketBytes) % Samples;

    /// <summary>Where in the audio a packet is from; −1: nowhere.</summary>
    public int Find(ReadOnlySpan<byte> payload)
    {
        var place = _places.GetValueOrDefault(BinaryPrimitives.ReadUInt64LittleEndian(payload), -1);
        return place >= 0 && From(place).SequenceEqual(payload) ? place : -1;
    }

    public void WriteWav(string path) => new WavFile(8000, 1, _pcm).Write(path);

    public static PayloadBook Make()
    {
        var random = new Random(4);
        var pcm = new short[Samples];
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
}

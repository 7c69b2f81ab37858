using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace OCPlatform.Media.Tests.Recording;

/// <summary>
/// Ogg Opus read independently of what wrote it: pages by RFC 3533 with a bitwise CRC, packets decoded by libopus, pre-skip
/// and end cut as RFC 7845 §4 says.
/// </summary>
internal sealed class OggOpusReader
{
    private readonly List<(byte Flags, long Granule, List<byte[]> Packets)> _pages = [];

    public OggOpusReader(byte[] file)
    {
        uint number = 0;
        for (var at = 0; at < file.Length; number++)
        {
            var page = file.AsSpan(at);
            page[..5].SequenceEqual("OggS\0"u8).Should().BeTrue($"page {number} begins at {at}");
            BinaryPrimitives.ReadUInt32LittleEndian(page[18..]).Should().Be(number);
            var segments = page.Slice(27, page[26]).ToArray();
            var length = 27 + segments.Length + segments.Sum(segment => segment);
            BinaryPrimitives.ReadUInt32LittleEndian(page[22..]).Should().Be(Crc(page[..length].ToArray()));
            var packets = new List<byte[]>();
            var body = at + 27 + segments.Length;
            var start = body;
            foreach (var segment in segments)
            {
                body += segment;
                if (segment < 255)
                {
                    packets.Add(file[start..body]);
                    start = body;
                }
            }

            _pages.Add((page[5], BinaryPrimitives.ReadInt64LittleEndian(page[6..]), packets));
            at += length;
        }

        _pages[0].Flags.Should().Be(2, "the first page says so");
        Head = _pages[0].Packets.Should().ContainSingle().Subject;
        Head.AsSpan(0, 8).SequenceEqual("OpusHead"u8).Should().BeTrue();
        _pages[1].Packets.Should().ContainSingle().Which.AsSpan(0, 8).SequenceEqual("OpusTags"u8).Should().BeTrue();
        EndIsMarked = _pages[^1].Flags == 4;
    }

    public byte[] Head { get; }

    public bool EndIsMarked { get; }

    public int PreSkip => BinaryPrimitives.ReadUInt16LittleEndian(Head.AsSpan(10));

    /// <summary>Length by the last granule position, at 48 kHz.</summary>
    public long Samples48 => _pages[^1].Granule - PreSkip;

    public RecordedAudio Decode()
    {
        var decoder = CreateDecoder(48_000, 2, out var error);
        error.Should().Be(0);
        var all = new List<short>();
        var pcm = new short[5760 * 2];
        foreach (var (_, granule, packets) in _pages.Skip(2))
        {
            foreach (var packet in packets)
            {
                var decoded = Decode(decoder, packet, packet.Length, pcm, 5760, 0);
                decoded.Should().Be(960, "every packet is 20 ms");
                all.AddRange(pcm.AsSpan(0, decoded * 2));
            }

            // The last page alone may end before its last packet does.
            (all.Count / 2L)
                .Should()
                .BeInRange(granule, granule + 960);
        }

        DestroyDecoder(decoder);
        var interleaved = CollectionsMarshal.AsSpan(all).Slice(PreSkip * 2, (int)Samples48 * 2);
        return RecordedAudio.Split(interleaved, 48_000);
    }

    private static uint Crc(byte[] page)
    {
        page.AsSpan(22, 4).Clear();
        uint crc = 0;
        foreach (var octet in page)
        {
            crc ^= (uint)octet << 24;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 0x8000_0000) != 0 ? (crc << 1) ^ 0x04C1_1DB7 : crc << 1;
        }

        return crc;
    }

    [DllImport("libopus.so.0", EntryPoint = "opus_decoder_create")]
    private static extern nint CreateDecoder(int rateHz, int channels, out int error);

    [DllImport("libopus.so.0", EntryPoint = "opus_decode")]
    private static extern int Decode(nint decoder, byte[] packet, int bytes, short[] pcm, int samples, int fec);

    [DllImport("libopus.so.0", EntryPoint = "opus_decoder_destroy")]
    private static extern void DestroyDecoder(nint decoder);
}

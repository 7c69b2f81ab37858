using CsCheck;
using OCPlatform.Media.Dsp;

namespace OCPlatform.Media.Tests.Dsp;

public class WavFileTests
{
    private static byte[] Bytes(int channels, params short[] samples)
    {
        var stream = new MemoryStream();
        using (var writer = new WavWriter(new Unclosed(stream), 8000, channels))
            writer.Write(samples);
        return stream.ToArray();
    }

    [Fact]
    public void What_is_written_in_pieces_is_read_back()
    {
        var path = Path.GetTempFileName();
        try
        {
            using (var writer = new WavWriter(path, 16000, 2))
            {
                for (short i = 0; i < 100; i++)
                    writer.Write([i, (short)-i]);
            }

            var file = WavFile.Read(path);
            (file.SampleRateHz, file.Channels, file.Frames).Should().Be((16000, 2, 100));
            file.DurationMs.Should().Be(6.25);
            file.Mono(0)[99].Should().Be(99);
            file.Mono(1)[99].Should().Be(-99);
            file.Mono().Should().OnlyContain(s => s == 0);
            new FileInfo(path).Length.Should().Be(44 + 400);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_file_that_was_never_completed_is_playable()
    {
        var stream = new MemoryStream();
        var writer = new WavWriter(stream, 8000, 1);
        writer.Write([1, 2, 3]);

        WavFile.Read(new MemoryStream(stream.ToArray())).Samples.Should().Equal((short)1, (short)2, (short)3);
    }

    [Fact]
    public void Chunks_that_nobody_asked_for_are_skipped()
    {
        var plain = Bytes(1, 5, 6);
        byte[] extended =
        [
            .. plain[..36],
            .. "LIST"u8,
            3,
            0,
            0,
            0,
            1,
            2,
            3,
            0,
            .. plain[36..],
            .. "junk"u8,
            0,
            0,
            0,
            0,
        ];

        WavFile.Read(new MemoryStream(extended)).Samples.Should().Equal((short)5, (short)6);
    }

    [Fact]
    public void Every_truncation_of_the_header_is_an_error_that_says_so()
    {
        var bytes = Bytes(1, 5, 6);
        for (var length = 0; length < 44; length++)
        {
            var read = () => WavFile.Read(new MemoryStream(bytes, 0, length));
            read.Should().Throw<InvalidDataException>();
        }

        WavFile.Read(new MemoryStream(bytes, 0, 46)).Samples.Should().Equal((short)5);
    }

    [Fact]
    public void Mutated_files_are_read_or_refused()
    {
        var bytes = Bytes(2, 1, 2, 3, 4);
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte)
            .Array[1, 6]
            .Sample(
                changes =>
                {
                    var mutated = (byte[])bytes.Clone();
                    foreach (var (at, value) in changes)
                        mutated[at] = value;
                    try
                    {
                        WavFile.Read(new MemoryStream(mutated)).Mono();
                    }
                    catch (InvalidDataException) { }
                },
                iter: 5000
            );
    }

    private sealed class Unclosed(Stream inner) : MemoryStream
    {
        protected override void Dispose(bool disposing) => inner.Write(ToArray());
    }
}

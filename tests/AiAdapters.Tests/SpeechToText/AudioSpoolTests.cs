using System.Runtime.InteropServices;
using CsCheck;
using OCPlatform.AiAdapters.SpeechToText;

namespace OCPlatform.AiAdapters.Tests.SpeechToText;

public sealed class AudioSpoolTests
{
    [Fact]
    public void What_is_written_in_any_pieces_is_read_back_in_order() =>
        Gen.Int[1, 700]
            .List[1, 200]
            .Sample(
                sizes =>
                {
                    var spool = new AudioSpool(sizes.Sum() * 2);
                    short next = 0;
                    foreach (var size in sizes)
                        spool.TryWrite([.. Enumerable.Range(0, size).Select(_ => next++)]).Should().BeTrue();
                    var read = new List<byte>();
                    while (spool.Peek(read.Count) is { IsEmpty: false } piece)
                        read.AddRange(piece.Span);
                    MemoryMarshal
                        .Cast<byte, short>(read.ToArray())
                        .ToArray()
                        .Should()
                        .Equal(Enumerable.Range(0, sizes.Sum()).Select(i => (short)i));
                },
                iter: 30
            );

    [Fact]
    public void Full_refuses_all_of_a_write_until_some_is_released()
    {
        var spool = new AudioSpool(32_000);
        spool.TryWrite(new short[15_900]).Should().BeTrue();
        spool.TryWrite(new short[160]).Should().BeFalse();
        spool.Written.Should().Be(31_800);
        spool.Release(400);
        spool.TryWrite(new short[160]).Should().BeTrue();
        spool.Floor.Should().Be(400);
    }

    [Fact]
    public void A_stream_of_any_length_goes_through_while_it_is_released()
    {
        var spool = new AudioSpool(48_000);
        var read = 0L;
        for (var second = 0; second < 100; second++)
        {
            spool.TryWrite([.. Enumerable.Repeat((short)second, 8000)]).Should().BeTrue();
            while (spool.Peek(read) is { IsEmpty: false } piece)
            {
                MemoryMarshal.Cast<byte, short>(piece.Span).ToArray().Should().OnlyContain(s => s == second);
                read += piece.Length;
            }

            spool.Release(read);
        }

        read.Should().Be(100 * 16_000);
    }

    [Fact]
    public void Nothing_is_released_that_was_not_written()
    {
        var spool = new AudioSpool(32_000);
        spool.TryWrite(new short[100]);
        spool.Release(5000);
        spool.Floor.Should().Be(200);
    }
}

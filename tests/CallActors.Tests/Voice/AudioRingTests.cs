using CsCheck;
using OCPlatform.CallActors.Voice;

namespace OCPlatform.CallActors.Tests.Voice;

public class AudioRingTests
{
    /// <summary>A ring whose reader has taken over, at sample 0.</summary>
    private static AudioRing Ring(int history, int ahead, int maxAhead)
    {
        var ring = new AudioRing(history, ahead, maxAhead);
        ring.TryRead(new short[1]).Should().BeFalse();
        ring.Write([]);
        return ring;
    }

    [Fact]
    public void Samples_come_out_as_they_went_in_whatever_the_piece_sizes() =>
        Gen.Select(Gen.Int[1, 200].Array[1, 60], Gen.Int[1, 300], Gen.Int[0, 250])
            .Sample(
                (writes, readSize, history) =>
                {
                    var ring = Ring(history, 400, 1000);
                    short next = 0;
                    short expected = 0;
                    var buffer = new short[readSize];
                    foreach (var count in writes)
                    {
                        ring.Write([.. Enumerable.Range(0, count).Select(_ => next++)]);
                        while (ring.TryRead(buffer))
                        {
                            foreach (var sample in buffer)
                            {
                                if (sample != expected++)
                                {
                                    return false;
                                }
                            }
                            var again = new short[Math.Min(history, (int)expected)];
                            if (ring.History != again.Length)
                            {
                                return false;
                            }
                            ring.ReadAgain(again.Length, again);
                            if (!again.SequenceEqual(Counting(expected - again.Length, again.Length)))
                            {
                                return false;
                            }
                        }
                    }
                    return ring.Dropped == 0;
                }
            );

    [Fact]
    public void When_the_reader_is_late_it_grows_and_loses_nothing_then_drops_the_newest_and_counts_it()
    {
        var ring = Ring(history: 100, ahead: 320, maxAhead: 1000);
        ring.Write(Counting(0, 250));
        var buffer = new short[200];
        ring.TryRead(buffer).Should().BeTrue();
        ring.Write(Counting(250, 700));
        ring.Write(Counting(950, 300));
        ring.Dropped.Should().Be(300);
        ring.Available.Should().Be(750);

        var rest = new short[750];
        ring.ReadAgain(100, buffer.AsSpan(0, 100));
        buffer[..100].Should().Equal(Counting(100, 100));
        ring.TryRead(rest).Should().BeTrue();
        rest.Should().Equal(Counting(200, 750));
    }

    [Fact]
    public void Before_the_first_read_the_newest_is_kept()
    {
        var ring = new AudioRing(history: 100, ahead: 320, maxAhead: 1000);
        for (var i = 0; i < 50; i++)
        {
            ring.Write(Counting(i * 160, 160));
        }
        ring.Available.Should().Be(0, "nobody has asked yet");
        var buffer = new short[320];
        ring.TryRead(buffer).Should().BeFalse();
        ring.Write(Counting(8000, 160));

        ring.TryRead(buffer).Should().BeTrue();
        buffer.Should().Equal(Counting(7840, 320));
        ring.Dropped.Should().Be(0);
        ring.ReadAgain(420, buffer);
        buffer[..100].Should().Equal(Counting(7740, 100));
    }

    [Fact]
    public async Task Writer_and_reader_on_two_threads_agree()
    {
        var ring = new AudioRing(64, 160, 100_000);
        const int total = 200_000;
        var writer = Task.Run(() =>
        {
            for (var position = 0; position < total; position += 20)
            {
                ring.Write(Counting(position, 20));
            }
        });
        var deadline = TimeProvider.System.GetTimestamp();
        var block = new short[32];
        var next = -1;
        while (!writer.IsCompleted || ring.Available >= block.Length)
        {
            TimeProvider.System.GetElapsedTime(deadline).TotalSeconds.Should().BeLessThan(20);
            if (!ring.TryRead(block))
            {
                continue;
            }
            // The first block may begin anywhere; what was dropped leaves a gap at the very end only.
            if (next >= 0 && ring.Dropped == 0)
            {
                block.SequenceEqual(Counting(next, block.Length)).Should().BeTrue($"at {next}");
            }
            next = (ushort)block[^1] + 1;
        }
        await writer;
    }

    private static short[] Counting(int from, int count) => [.. Enumerable.Range(from, count).Select(i => (short)i)];
}

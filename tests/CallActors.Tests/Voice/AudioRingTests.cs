using CsCheck;
using OCPlatform.CallActors.Voice;

namespace OCPlatform.CallActors.Tests.Voice;

public class AudioRingTests
{
    [Fact]
    public void Samples_come_out_as_they_went_in_whatever_the_piece_sizes() =>
        Gen.Select(Gen.Int[1, 200].Array[1, 60], Gen.Int[1, 300])
            .Sample(
                (writes, readSize) =>
                {
                    var ring = new AudioRing(1000);
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
                        }
                    }
                    return ring.Dropped == 0;
                }
            );

    [Fact]
    public void When_nobody_reads_new_audio_is_dropped_and_counted()
    {
        var ring = new AudioRing(320);
        ring.Write(new short[320]);
        ring.Write(new short[160]);
        ring.Dropped.Should().Be(160);
        ring.Available.Should().Be(320);
    }
}

using OCPlatform.Media.Rtp;

namespace OCPlatform.Media.Tests.Rtp;

public class RtpSourceTests
{
    private static RtpSource Fed(params ushort[] sequences)
    {
        var source = new RtpSource(1, sequences[0], 8000);
        foreach (var sequence in sequences)
            source.Update(sequence, out _);
        return source;
    }

    [Fact]
    public void Sequence_numbers_are_extended_over_the_wrap_also_out_of_order()
    {
        var source = new RtpSource(1, 65534, 8000);
        var extended = new List<long>();
        foreach (ushort sequence in new ushort[] { 65534, 65535, 1, 0, 2 })
        {
            source.Update(sequence, out var e).Should().Be(SequenceVerdict.Valid);
            extended.Add(e);
        }

        extended.Should().Equal(65534, 65535, 65537, 65536, 65538);
        source.Lost.Should().Be(0);
        source.Expected.Should().Be(5);
    }

    [Fact]
    public void Loss_is_what_was_expected_and_never_came()
    {
        Fed(10, 11, 14, 13, 20).Lost.Should().Be(6);
        Fed(0).Lost.Should().Be(0);
        Fed(0, 65535).Lost.Should().Be(0, "the first packet was overtaken by the second");
    }

    [Fact]
    public void Duplicates_are_told_apart_and_do_not_make_up_for_loss()
    {
        var source = Fed(1, 2, 5);

        source.Update(5, out _).Should().Be(SequenceVerdict.Duplicate);
        source.Update(2, out _).Should().Be(SequenceVerdict.Duplicate);
        source.Update(3, out _).Should().Be(SequenceVerdict.Valid);
        source.Update(3, out _).Should().Be(SequenceVerdict.Duplicate);

        source.Lost.Should().Be(1);
        source.Duplicates.Should().Be(3);
    }

    [Fact]
    public void A_single_jump_is_ignored_and_two_in_a_row_are_a_restart()
    {
        var source = Fed(100, 101, 103);

        source.Update(30000, out _).Should().Be(SequenceVerdict.Jump);
        source.Update(104, out _).Should().Be(SequenceVerdict.Valid);
        source.Update(40000, out _).Should().Be(SequenceVerdict.Jump);
        source.Update(40001, out _).Should().Be(SequenceVerdict.Restarted);
        source.Update(40002, out _).Should().Be(SequenceVerdict.Valid);

        source.Lost.Should().Be(1, "the loss before the restart is not forgotten");
    }

    [Fact]
    public void Jitter_follows_the_algorithm_of_the_appendix()
    {
        var source = new RtpSource(1, 0, 8000);
        double expected = 0;
        long last = 0;
        var random = new Random(3);
        for (var i = 0; i < 200; i++)
        {
            var transit = random.Next(0, 200);
            source.UpdateJitter(i * 160 + transit, i * 160);
            if (i > 0)
                expected += (Math.Abs(transit - last) - expected) / 16;
            last = transit;
        }

        source.Jitter.Should().BeApproximately(expected, 1e-9);
        source.JitterMs.Should().BeApproximately(expected / 8, 1e-9);
    }

    [Fact]
    public void The_fraction_lost_covers_the_time_since_the_last_report()
    {
        var source = Fed(0, 1, 2, 3, 8);
        source.TakeFractionLost().Should().Be(4 * 256 / 9);
        source.Update(9, out _);
        source.TakeFractionLost().Should().Be(0);
    }
}

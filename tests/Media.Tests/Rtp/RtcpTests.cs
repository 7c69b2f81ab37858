using CsCheck;
using OCPlatform.Media.Rtp;

namespace OCPlatform.Media.Tests.Rtp;

public class RtcpTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void A_report_is_a_valid_compound_with_cname_and_bye()
    {
        var source = new RtpSource(0xABCD, 7, 8000);
        source.Update(7, out _);
        source.Update(9, out _);
        var exchange = new RtcpExchange(0x1234, 5, new Random(1));
        var buffer = new byte[RtcpWriter.MaxBytes];
        var writer = new RtcpWriter(buffer);
        exchange.Write(ref writer, ref source, true, 100 * Second, 10 * Second, 800, 50, 8000, bye: true);

        ReadOnlySpan<byte> compound = writer.Written;
        RtcpPacket.TryRead(ref compound, out var report).Should().BeTrue();
        report.Type.Should().Be(RtcpType.SenderReport);
        report.Ssrc.Should().Be(0x1234);
        (report.NtpTime >> 32).Should().Be(2_208_988_900UL);
        report.Report(0).Should().Be(new RtcpReportBlock(0xABCD, 85, 1, 9, 0, 0, 0));
        RtcpPacket.TryRead(ref compound, out var description).Should().BeTrue();
        description.Type.Should().Be(RtcpType.SourceDescription);
        RtcpPacket.TryRead(ref compound, out var bye).Should().BeTrue();
        bye.Type.Should().Be(RtcpType.Bye);
        bye.Ssrc.Should().Be(0x1234);
        compound.Length.Should().Be(0);
    }

    [Fact]
    public void The_round_trip_comes_from_the_echoed_sender_report()
    {
        var none = default(RtpSource);
        var a = new RtcpExchange(1, 5, new Random(1));
        var b = new RtcpExchange(2, 5, new Random(2));
        var buffer = new byte[RtcpWriter.MaxBytes];
        var fromA = new RtcpWriter(buffer);
        a.Write(ref fromA, ref none, false, 1000 * Second, 5 * Second, 0, 1, 160, bye: false);

        // 40 ms on the way, 2 s of thinking, 40 ms back. B's clocks have other epochs.
        b.Read(fromA.Written, 70 * Second, 3 * Second);
        var sourceOfA = new RtpSource(1, 0, 8000);
        sourceOfA.Update(0, out _);
        var fromB = new RtcpWriter(new byte[RtcpWriter.MaxBytes]);
        b.Write(ref fromB, ref sourceOfA, true, 5 * Second, 72 * Second, 0, 0, 0, bye: false);
        a.Read(fromB.Written, 0, 1002 * Second + 80_000_000);

        a.RoundTripMs.Should().BeApproximately(80, 0.1);
        a.RemoteLossFraction.Should().Be(0);
    }

    [Fact]
    public void Reports_come_every_five_seconds_on_the_average_and_the_first_one_after_half_of_that()
    {
        var first = new List<double>();
        var gaps = new List<double>();
        for (var seed = 1; seed <= 100; seed++)
        {
            var due = Due(new RtcpExchange(1, 5, new Random(seed)), seconds: 120);
            first.Add(due[0]);
            gaps.AddRange(due.Zip(due.Skip(1), (a, b) => b - a));
        }

        gaps.Should().OnlyContain(gap => gap >= 2.05 && gap <= 6.2);
        gaps.Average().Should().BeApproximately(5, 0.35);
        first.Should().OnlyContain(s => s >= 1.02 && s <= 3.1);
        first.Average().Should().BeApproximately(2.5, 0.3);
    }

    [Fact]
    public void Without_an_interval_no_report_is_due() =>
        Due(new RtcpExchange(1, 0, new Random(1)), 60).Should().BeEmpty();

    [Fact]
    public void Calls_that_begin_together_do_not_report_together()
    {
        var second = Due(new RtcpExchange(1, 5, new Random(1)), 30);
        var other = Due(new RtcpExchange(2, 5, new Random(2)), 30);

        second[0].Should().NotBe(other[0]);
        second[1].Should().NotBe(other[1]);
    }

    private static List<double> Due(RtcpExchange exchange, int seconds)
    {
        var due = new List<double>();
        for (var ms = 0; ms < seconds * 1000; ms += 20)
        {
            if (exchange.IsDue(Second + ms * 1_000_000L))
                due.Add(ms / 1000.0);
        }

        return due;
    }

    [Fact]
    public void Random_compounds_never_throw()
    {
        Gen.Byte.Array[0, 200]
            .Sample(
                bytes =>
                {
                    if (bytes.Length > 1)
                    {
                        bytes[0] = (byte)(0x80 | (bytes[0] & 0x1F));
                        bytes[1] = (byte)(200 + bytes[1] % 5);
                        if (bytes.Length > 3)
                            (bytes[2], bytes[3]) = (0, (byte)(bytes[3] % 40));
                    }

                    new RtcpExchange(1, 5, new Random(1)).Read(bytes, 0, 0);
                },
                iter: 50_000
            );
    }
}

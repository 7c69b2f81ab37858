using OCPlatform.Bench.Fuzz;
using Xunit.Abstractions;

namespace OCPlatform.Media.Tests.Rtp;

/// <summary>A slice of the fuzzing of RTP and RTCP in every run; see its counterpart of the SIP library.</summary>
public class RtpFuzzSliceTests(ITestOutputHelper output)
{
    [Fact]
    public void No_packet_breaks_what_must_hold() => Run(new RtpFuzzTarget());

    [Fact]
    public void No_report_breaks_what_must_hold() => Run(new RtcpFuzzTarget());

    private void Run(FuzzTarget target)
    {
        var report = new FuzzRun(target, Random.Shared.NextInt64(1, 1_000_000_000)) { WatchesMemory = false }.Run(
            long.MaxValue,
            TimeSpan.FromSeconds(2)
        );
        output.WriteLine(report.ToString());
        report.Failure?.ToString().Should().BeNull();
        report.Accepted.Should().BeGreaterThan(0);
        report.Errors.Should().NotBeEmpty();
    }
}

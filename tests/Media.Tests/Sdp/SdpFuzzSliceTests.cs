using OCPlatform.Bench.Fuzz;
using Xunit.Abstractions;

namespace OCPlatform.Media.Tests.Sdp;

/// <summary>A slice of the fuzzing of session descriptions in every run; see its counterpart of the SIP library.</summary>
public class SdpFuzzSliceTests(ITestOutputHelper output)
{
    [Fact]
    public void No_description_breaks_what_must_hold()
    {
        var report = new FuzzRun(new SdpFuzzTarget(), Random.Shared.NextInt64(1, 1_000_000_000))
        {
            WatchesMemory = false,
        }.Run(long.MaxValue, TimeSpan.FromSeconds(13));
        output.WriteLine(report.ToString());
        report.Failure?.ToString().Should().BeNull();
        report.Accepted.Should().BeGreaterThan(0);
        report.Errors.Should().NotBeEmpty();
    }
}

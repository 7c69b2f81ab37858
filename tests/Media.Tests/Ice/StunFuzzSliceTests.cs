using OCPlatform.Bench.Fuzz;
using Xunit.Abstractions;

namespace OCPlatform.Media.Tests.Ice;

/// <summary>A slice of the fuzzing of STUN in every run.</summary>
public class StunFuzzSliceTests(ITestOutputHelper output)
{
    [Fact]
    public void No_message_breaks_what_must_hold()
    {
        var report = new FuzzRun(new StunFuzzTarget(), Random.Shared.NextInt64(1, 1_000_000_000))
        {
            WatchesMemory = false,
        }.Run(long.MaxValue, TimeSpan.FromSeconds(3));
        output.WriteLine(report.ToString());
        report.Failure?.ToString().Should().BeNull();
        report.Accepted.Should().BeGreaterThan(0);
        report.Errors.Should().NotBeEmpty();
    }
}

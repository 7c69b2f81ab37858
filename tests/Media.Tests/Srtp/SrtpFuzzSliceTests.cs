using OCPlatform.Bench.Fuzz;
using Xunit.Abstractions;

namespace OCPlatform.Media.Tests.Srtp;

/// <summary>A slice of the fuzzing of protected packets and of their keys in descriptions in every run.</summary>
public class SrtpFuzzSliceTests(ITestOutputHelper output)
{
    [Fact]
    public void No_packet_breaks_what_must_hold() => Run(new SrtpFuzzTarget(), TimeSpan.FromSeconds(3));

    [Fact]
    public void No_crypto_attribute_breaks_what_must_hold() => Run(new SdesFuzzTarget(), TimeSpan.FromSeconds(1));

    private void Run(FuzzTarget target, TimeSpan time)
    {
        var report = new FuzzRun(target, Random.Shared.NextInt64(1, 1_000_000_000)) { WatchesMemory = false }.Run(
            long.MaxValue,
            time
        );
        output.WriteLine(report.ToString());
        report.Failure?.ToString().Should().BeNull();
        report.Accepted.Should().BeGreaterThan(0);
        report.Errors.Should().NotBeEmpty();
    }
}

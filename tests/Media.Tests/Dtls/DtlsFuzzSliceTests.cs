using OCPlatform.Bench.Fuzz;
using Xunit.Abstractions;

namespace OCPlatform.Media.Tests.Dtls;

/// <summary>A slice of the fuzzing of DTLS in every run: of the input filter, and of what lies behind it.</summary>
public class DtlsFuzzSliceTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void No_datagram_breaks_what_must_hold(bool inHandshake)
    {
        FuzzTarget target = inHandshake ? new DtlsHandshakeFuzzTarget() : new DtlsFuzzTarget();
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

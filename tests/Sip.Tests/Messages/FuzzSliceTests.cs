using OCPlatform.Bench.Fuzz;
using Xunit.Abstractions;

namespace OCPlatform.Sip.Tests.Messages;

/// <summary>
/// A slice of the fuzzing in every run, with seeds that no run had before; the long runs are <c>./ocp bench fuzz</c>. A failure prints target, seed and
/// input, which make the same bytes again; what it found becomes a test of its own.
/// </summary>
public class FuzzSliceTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("sip", 25)]
    [InlineData("uri", 4)]
    [InlineData("address", 4)]
    [InlineData("via", 4)]
    [InlineData("headers", 6)]
    [InlineData("digest", 4)]
    public void No_input_breaks_what_must_hold(string name, int seconds)
    {
        var target = SipFuzz.Targets.Single(t => t.Name == name);
        var report = new FuzzRun(target, Random.Shared.NextInt64(1, 1_000_000_000)) { WatchesMemory = false }.Run(
            long.MaxValue,
            TimeSpan.FromSeconds(seconds)
        );
        output.WriteLine(report.ToString());
        report.Failure?.ToString().Should().BeNull();
        report.Inputs.Should().BeGreaterThan(100);
        report.Accepted.Should().BeGreaterThan(0);
        report.Errors.Should().NotBeEmpty();
    }

    [Fact]
    public void The_same_seed_makes_the_same_inputs()
    {
        var target = SipFuzz.Targets[0];
        for (var input = 0; input < 200; input++)
        {
            new FuzzRun(target, 7).Make(input).Should().Equal(new FuzzRun(SipFuzz.Targets[0], 7).Make(input));
        }
        new FuzzRun(target, 7).Make(3).Should().NotEqual(new FuzzRun(target, 8).Make(3));
    }
}

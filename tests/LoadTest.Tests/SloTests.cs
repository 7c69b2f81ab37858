namespace OCPlatform.LoadTest.Tests;

public sealed class SloTests
{
    [Fact]
    public void A_list_is_read_with_units()
    {
        var slos = Slo.ParseList("setup.p99<50ms, v2v.p50 <= 1.2s,failed=0,late.p99<20ms,lost.percent<0.5%,calls>=20");

        slos.Select(s => (s.Metric.Name, s.Statistic, s.Comparison, s.Limit))
            .Should()
            .Equal(
                ("setup", "p99", SloComparison.Less, 50),
                ("v2v", "p50", SloComparison.AtMost, 1200),
                ("failed", null, SloComparison.Equal, 0),
                ("late", "p99", SloComparison.Less, 20),
                ("lost.percent", null, SloComparison.Less, 0.5),
                ("calls", null, SloComparison.AtLeast, 20)
            );
    }

    [Theory]
    [InlineData("v2v.p50", "*no comparison*")]
    [InlineData("v2v<1s", "*say which*v2v.p99*")]
    [InlineData("v2v.p42<1s", "*no statistic “p42”*p50*")]
    [InlineData("speed.p50<1s", "*no figure “speed.p50”*setup*")]
    [InlineData("v2v.p50<1200", "*with its unit*")]
    [InlineData("v2v.p50<", "*with its unit*")]
    [InlineData("failed=0ms", "*plain number*")]
    [InlineData("lost.percent<x%", "*share*")]
    [InlineData("failed=0,,calls>1", "*Empty objective*")]
    [InlineData("", "*Empty objective*")]
    public void What_is_wrong_is_named_with_what_would_be_right(string text, string complaint) =>
        FluentActions.Invoking(() => Slo.ParseList(text)).Should().Throw<FormatException>().WithMessage(complaint);

    [Theory]
    [InlineData("v2v.p50<1.2s", 1199.9, true)]
    [InlineData("v2v.p50<1.2s", 1200, false)]
    [InlineData("v2v.p50<=1.2s", 1200, true)]
    [InlineData("calls>=20", 19, false)]
    [InlineData("calls>20", 21, true)]
    [InlineData("failed=0", 0, true)]
    [InlineData("failed=0", 1, false)]
    public void The_comparison_is_the_written_one(string slo, double figure, bool met) =>
        Slo.Parse(slo).IsMetBy(figure).Should().Be(met);

    [Fact]
    public void A_figure_that_was_never_measured_misses_its_objective() =>
        Slo.Parse("v2v.p50<1.2s").IsMetBy(null).Should().BeFalse();
}

using OCPlatform.AiAdapters.TextToSpeech.Service;

namespace OCPlatform.AiAdapters.Tests.TextToSpeech;

public sealed class SynthesisPaceTests
{
    private readonly SynthesisPace _pace = new();

    [Fact]
    public void One_late_clause_makes_the_next_one_expected_late()
    {
        _pace.Estimate(30, 0).Should().BeLessThan(Ms(1000));
        _pace.Late(30, Ms(1000));
        _pace.Estimate(30, 0).Should().BeGreaterThan(Ms(1000));
    }

    [Fact]
    public void A_few_quick_clauses_bring_it_back()
    {
        _pace.Late(30, Ms(1000));
        for (var i = 0; i < 5; i++)
            _pace.Finished(30, Ms(300));
        _pace.Estimate(30, 0).Should().BeLessThan(Ms(600));
    }

    [Fact]
    public void Longer_clauses_and_longer_queues_take_longer()
    {
        _pace.Estimate(60, 0).Should().BeGreaterThan(_pace.Estimate(30, 0));
        _pace.Estimate(30, 2).Should().BeGreaterThan(_pace.Estimate(30, 1));
    }

    private static TimeSpan Ms(double ms) => TimeSpan.FromMilliseconds(ms);
}

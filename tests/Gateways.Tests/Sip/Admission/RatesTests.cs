using System.Net;
using OCPlatform.Gateways.Sip;

namespace OCPlatform.Gateways.Tests.Sip.Admission;

public sealed class RatesTests
{
    private static readonly SourceKey Here = SourceKey.Of(IPAddress.Parse("192.0.2.1"));
    private static readonly SourceKey There = SourceKey.Of(IPAddress.Parse("192.0.2.2"));

    [Fact]
    public void A_bucket_gives_its_burst_at_once_and_then_one_by_one()
    {
        var rate = new Rate(PerSecond: 10, Burst: 5);
        var bucket = new TokenBucket();
        Enumerable.Range(0, 8).Count(_ => bucket.TryTake(rate, 0)).Should().Be(5);
        bucket.TryTake(rate, 99).Should().BeFalse();
        bucket.TryTake(rate, 100).Should().BeTrue();
        bucket.TryTake(rate, 101).Should().BeFalse();
    }

    [Fact]
    public void A_bucket_fills_up_to_its_burst_and_no_further()
    {
        var rate = new Rate(PerSecond: 10, Burst: 5);
        var bucket = new TokenBucket();
        bucket.TryTake(rate, 0);
        Enumerable.Range(0, 100).Count(_ => bucket.TryTake(rate, 3_600_000)).Should().Be(5);
    }

    [Fact]
    public void Over_an_hour_a_bucket_gives_its_rate()
    {
        var rate = new Rate(PerSecond: 3, Burst: 1);
        var bucket = new TokenBucket();
        var taken = 0;
        for (var ms = 0L; ms < 3_600_000; ms += 3)
        {
            taken += bucket.TryTake(rate, ms) ? 1 : 0;
        }
        taken.Should().BeInRange(10_700, 10_801);
    }

    [Fact]
    public void One_source_that_is_too_fast_slows_no_other()
    {
        var rates = new SourceRates(new SipRateOptions { MessagesPerSecond = 10 });
        Enumerable.Range(0, 100).Count(_ => rates.TakesMessage(Here, 0)).Should().Be(40);
        rates.TakesMessage(There, 0).Should().BeTrue();
    }

    [Fact]
    public void Passwords_can_be_tried_until_too_many_were_wrong_and_again_later()
    {
        var rates = new SourceRates(new SipRateOptions { FailedLoginsPerMinute = 3 });
        for (var i = 0; i < 3; i++)
        {
            rates.TakesPassword(Here, 0).Should().BeTrue();
            rates.CountFailure(Here, 0);
        }
        rates.TakesPassword(Here, 0).Should().BeFalse();
        rates.TakesPassword(There, 0).Should().BeTrue();
        rates.TakesPassword(Here, 20_001).Should().BeTrue();
    }

    [Fact]
    public void Requests_for_unknown_calls_share_one_bucket()
    {
        var rates = new SourceRates(new SipRateOptions { StrayDialogRequestsPerSecond = 4 });
        Enumerable.Range(0, 50).Count(_ => rates.TakesStrayDialogRequest(0)).Should().Be(4);
    }

    [Fact]
    public void A_source_stays_known_for_two_hours_after_it_was_last_seen_to_be()
    {
        var known = new KnownSources(64);
        known.Has(Here, 0).Should().BeFalse();
        known.Add(Here, 0);
        known.Has(Here, 2 * 3_600_000 - 1).Should().BeTrue();
        known.Has(Here, 2 * 3_600_000).Should().BeFalse();
        known.Has(There, 0).Should().BeFalse();
    }

    [Fact]
    public void Hostile_traffic_writes_a_line_a_second_and_says_how_many_it_did_not()
    {
        var lines = new LogBudget();
        var written = Enumerable.Range(0, 1_000).Count(_ => lines.TryTake(0, out var none));
        written.Should().Be(20);
        lines.TryTake(1_000, out var withheld).Should().BeTrue();
        withheld.Should().Be(980);
    }
}

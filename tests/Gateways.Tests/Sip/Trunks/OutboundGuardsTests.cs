using OCPlatform.Gateways.Sip;

namespace OCPlatform.Gateways.Tests.Sip.Outbound;

public sealed class OutboundGuardsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly OutboundGuards _guards = new(new RatedSpendGuard());

    [Theory]
    [InlineData("+4930123456", true)]
    [InlineData("4930123456", true)]
    [InlineData("+49 (30) 123-456", true)]
    [InlineData("+49900123", false)]
    [InlineData("+499001", false)]
    [InlineData("+4912", true)]
    [InlineData("+1900555", false)]
    [InlineData("004930123456", false)]
    [InlineData("alice", false)]
    public void The_longest_prefix_decides_and_no_prefix_means_no(string number, bool allowed)
    {
        var trunk = Trunk(g =>
        {
            g.Allow = ["+49", "+49900", "+4990012"];
            g.Deny = ["+49900", "+4990012"];
        });

        (Enter("a", trunk, number) is null).Should().Be(allowed);
    }

    [Fact]
    public void A_trunk_allows_no_number_until_told_so_and_says_it()
    {
        var refusal = Enter("a", Trunk(_ => { }), "+4930123456");

        refusal!.Reason.Should().Be(GuardReason.NumberNotAllowed);
        refusal.Cause.Should().Contain("guards.allow is empty");
    }

    [Fact]
    public void A_star_allows_names_too_and_deny_still_holds()
    {
        var trunk = Trunk(g =>
        {
            g.Allow = ["*"];
            g.Deny = ["+1900"];
            g.MaxCallsPerSecond = 0;
        });

        Enter("a", trunk, "alice").Should().BeNull();
        Enter("b", trunk, "+1555").Should().BeNull();
        Enter("c", trunk, "+1900555")!.Reason.Should().Be(GuardReason.NumberDenied);
    }

    [Fact]
    public void Calls_at_once_are_limited_until_one_is_over()
    {
        var trunk = Open(g => g.MaxCalls = 2);
        Enter("a", trunk).Should().BeNull();
        Enter("b", trunk).Should().BeNull();

        Enter("c", trunk)!.Reason.Should().Be(GuardReason.TooManyCalls);
        _guards.End("a", Noon);
        Enter("c", trunk).Should().BeNull();
        _guards.CallsOver(trunk).Should().Be(2);
    }

    [Fact]
    public void Calls_a_second_are_limited_and_a_redirected_call_is_no_new_one()
    {
        var trunk = Open(g => g.MaxCallsPerSecond = 1);
        Enter("a", trunk).Should().BeNull();

        Enter("b", trunk)!.Reason.Should().Be(GuardReason.TooManyCallsPerSecond);
        Enter("a", trunk, "+4930999").Should().BeNull();
        Enter("b", trunk, at: Noon.AddSeconds(1)).Should().BeNull();
    }

    [Fact]
    public void One_caller_cannot_take_all_lines()
    {
        var trunk = Open(g => g.MaxCallsPerCaller = 1);
        Enter("a", trunk, caller: "+111").Should().BeNull();

        Enter("b", trunk, caller: "+111")!.Reason.Should().Be(GuardReason.TooManyCallsOfCaller);
        Enter("c", trunk, caller: "+222").Should().BeNull();
    }

    [Fact]
    public void A_refused_call_leaves_no_place_taken()
    {
        var trunk = Open(g => g.MaxCalls = 1);
        Enter("a", trunk).Should().BeNull();
        for (var i = 0; i < 10; i++)
        {
            Enter($"refused-{i}", trunk);
        }

        _guards.CallsOver(trunk).Should().Be(1);
    }

    [Fact]
    public void Money_is_counted_by_the_minute_begun_and_the_cap_of_the_hour_ends_with_the_hour()
    {
        var trunk = Open(g =>
        {
            g.Rates = [new CallRateOptions { Prefix = "+49", PerMinute = 1 }];
            g.MaxSpendPerHour = 3;
        });
        Enter("a", trunk).Should().BeNull();
        _guards.Answered("a", Noon);
        _guards.End("a", Noon.AddSeconds(61));

        Enter("b", trunk, at: Noon.AddMinutes(2)).Should().BeNull("two minutes are spent, one is left");
        _guards.Answered("b", Noon.AddMinutes(2));
        Enter("c", trunk, at: Noon.AddMinutes(2.5))!.Cause.Should().Contain("spend cap of 3 an hour");
        Enter("c", trunk, at: Noon.AddMinutes(60.5))!
            .Reason.Should()
            .Be(GuardReason.SpendLimit, "the call that still runs costs on");
        _guards.End("b", Noon.AddMinutes(61));
        Enter("c", trunk, at: Noon.AddMinutes(121)).Should().BeNull();
    }

    [Fact]
    public void A_number_without_a_price_is_refused_when_there_is_a_cap()
    {
        var trunk = Trunk(g =>
        {
            g.Allow = ["*"];
            g.Rates = [new CallRateOptions { Prefix = "+49", PerMinute = 1 }];
            g.MaxSpendPerDay = 3;
        });

        Enter("a", trunk, "+88212345")!.Cause.Should().Contain("no rate for +88212345");
    }

    [Fact]
    public void An_unanswered_call_costs_nothing()
    {
        var trunk = Open(g =>
        {
            g.Rates = [new CallRateOptions { Prefix = "+49", PerMinute = 1 }];
            g.MaxSpendPerDay = 1;
        });
        Enter("a", trunk).Should().BeNull();
        _guards.End("a", Noon.AddMinutes(1));

        Enter("b", trunk, at: Noon.AddMinutes(2)).Should().BeNull();
    }

    private GuardRefusal? Enter(
        string id,
        TrunkSettings trunk,
        string number = "+4930123456",
        string caller = "+1",
        DateTimeOffset? at = null
    ) => _guards.Enter(id, trunk, DialledNumber.Read(number), number, caller, at ?? Noon);

    private static TrunkSettings Open(Action<TrunkGuardOptions> change) =>
        Trunk(g =>
        {
            g.Allow = ["+49"];
            g.MaxCalls = 0;
            g.MaxCallsPerSecond = 0;
            change(g);
        });

    private static TrunkSettings Trunk(Action<TrunkGuardOptions> change)
    {
        var options = new TrunkOptions
        {
            Name = "carrier",
            Domain = "sip.example.com",
            Direction = TrunkDirection.Outbound,
        };
        change(options.Guards);
        return TrunkSettings.From(options);
    }
}

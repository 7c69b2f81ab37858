using OCPlatform.Gateways.Sip;
using OCPlatform.Gateways.Sip.Registrar;
using OCPlatform.Sip;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Tests.Sip.Outbound;

public sealed class OutboundRoutesTests
{
    private readonly List<TrunkSettings> _trunks = [];
    private readonly OutboundOptions _options = new();
    private readonly Phones _phones = new();
    private readonly Random _random = new(7);
    private readonly Dictionary<string, string> _down = [];

    [Fact]
    public void A_named_trunk_is_the_only_one()
    {
        Add("a", "+49");
        Add("b", "+49");

        NamesOf(Plan("sip:+4930@gateway.invalid", "b")).Should().Equal("b");
    }

    [Fact]
    public void The_longest_prefix_goes_first_then_the_priority()
    {
        Add("general", "*", priority: 1);
        Add("second", "+49", priority: 20);
        Add("first", "+49", priority: 10);
        Add("berlin", "+4930", priority: 99);

        NamesOf(Plan("sip:+493012345@gateway.invalid")).Should().Equal("berlin", "first", "second", "general");
    }

    [Fact]
    public void Equal_trunks_share_by_weight_and_one_of_weight_0_is_hardly_used()
    {
        Add("heavy", "*", weight: 90);
        Add("light", "*", weight: 10);
        Add("spare", "*", weight: 0);
        var first = Enumerable.Range(0, 2_000).Select(_ => Plan("sip:+49@x").Routes[0].Trunk!.Name).ToList();

        first.Count(name => name == "heavy").Should().BeInRange(1_650, 1_950);
        first.Count(name => name == "spare").Should().BeLessThan(100);
        NamesOf(Plan("sip:+49@x")).Should().BeEquivalentTo("heavy", "light", "spare");
    }

    [Fact]
    public void Targets_of_a_trunk_go_by_their_own_priority()
    {
        _trunks.Add(
            TrunkSettings.From(
                new TrunkOptions
                {
                    Name = "a",
                    Direction = TrunkDirection.Outbound,
                    Domain = "sip.example.com",
                    Targets =
                    [
                        new TrunkTargetOptions { Uri = "backup.example.com", Priority = 20 },
                        new TrunkTargetOptions { Uri = "main.example.com", Priority = 10 },
                    ],
                    Guards = new TrunkGuardOptions { Allow = ["*"] },
                }
            )
        );

        Plan("sip:+49@x")
            .Routes.Select(route => route.NextHop.Host)
            .Should()
            .Equal("main.example.com", "backup.example.com");
    }

    [Fact]
    public void A_registered_phone_is_called_where_it_is()
    {
        Add("a", "*");
        var flow = SipDestination.Parse("UDP:192.0.2.9:40000");
        _phones.Contacts["alice"] =
        [
            new RegisteredContact(SipUri.Parse("sip:alice@10.0.0.5"), flow, [], 1, null, DateTimeOffset.MaxValue),
        ];

        var route = Plan("sip:alice@gateway.invalid").Routes.Single();

        route.Trunk.Should().BeNull();
        route.Destination.Should().Be(flow);
        route.RequestUri.ToString().Should().Be("sip:alice@10.0.0.5");
    }

    [Fact]
    public void A_trunk_that_is_down_is_left_out()
    {
        Add("a", "+49", priority: 1);
        Add("b", "+49", priority: 2);
        _down["a"] = "is down since noon (timeout)";

        NamesOf(Plan("sip:+49@x")).Should().Equal("b");
    }

    [Fact]
    public void Without_a_route_every_trunk_says_why()
    {
        Add("us", "+1");
        Add("de", "+49");
        Add("closed");
        _down["de"] = "is down since noon (timeout)";

        var plan = Plan("sip:+4930@gateway.invalid");

        plan.NoRoute.Should()
            .Contain("trunk 'us' does not allow +4930")
            .And.Contain("trunk 'de' is down since noon")
            .And.Contain("trunk 'closed' allows no number at all");
        plan.Refusals.Should().Equal(("us", GuardReason.NumberNotAllowed), ("closed", GuardReason.NumberNotAllowed));
    }

    [Fact]
    public void A_trunk_that_does_not_exist_or_is_for_calls_in_is_told()
    {
        _trunks.Add(TrunkSettings.From(new TrunkOptions { Name = "in", Addresses = ["10.0.0.1"] }));

        Plan("sip:+49@x", "nowhere").NoRoute.Should().Be("there is no trunk 'nowhere'");
        Plan("sip:+49@x", "in").NoRoute.Should().Contain("for calls in alone");
        Plan("sip:+49@x").NoRoute.Should().Contain("no trunk is for calls out");
    }

    [Fact]
    public void An_address_is_called_directly_only_when_that_is_allowed()
    {
        Plan("sip:bob@example.org").NoRoute.Should().NotBeNull();
        _options.AllowDirect = true;

        Plan("sip:bob@example.org").Routes.Single().NextHop.Host.Should().Be("example.org");
        Plan("sip:bob@gateway.invalid").NoRoute.Should().NotBeNull();
    }

    [Fact]
    public void The_ways_are_bounded()
    {
        for (var i = 0; i < 30; i++)
        {
            Add($"t{i}", "*");
        }

        Plan("sip:+49@x").Routes.Should().HaveCount(_options.MaxAttempts);
    }

    private RoutePlan Plan(string target, string? trunk = null) =>
        new OutboundRoutes(_trunks, _options, _phones, t => _down.GetValueOrDefault(t.Name), _random).Plan(
            SipUri.Parse(target),
            trunk
        );

    private static IEnumerable<string> NamesOf(RoutePlan plan) => plan.Routes.Select(route => route.Trunk!.Name);

    private void Add(string name, string? prefix = null, int priority = 10, int weight = 10) =>
        _trunks.Add(
            TrunkSettings.From(
                new TrunkOptions
                {
                    Name = name,
                    Domain = $"{name}.example.com",
                    Direction = TrunkDirection.Outbound,
                    Priority = priority,
                    Weight = weight,
                    Guards = new TrunkGuardOptions { Allow = prefix is null ? [] : [prefix] },
                }
            )
        );

    private sealed class Phones : IRegistrations
    {
        public Dictionary<string, IReadOnlyList<RegisteredContact>> Contacts { get; } = [];

        public IReadOnlyList<RegisteredContact> Find(SipUri aor) => Contacts.GetValueOrDefault(aor.User ?? "") ?? [];
    }
}

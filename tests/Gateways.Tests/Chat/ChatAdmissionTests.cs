using System.Net;
using Microsoft.Extensions.Time.Testing;
using OCPlatform.Gateways.Chat;

namespace OCPlatform.Gateways.Tests.Chat;

public sealed class ChatAdmissionTests
{
    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    public void A_source_is_an_IPv4_address_or_an_IPv6_network(string first, string second, bool same)
    {
        var sameSource = ChatAdmission
            .SourceOf(IPAddress.Parse(first))
            .Equals(ChatAdmission.SourceOf(IPAddress.Parse(second)));

        sameSource.Should().Be(same);
    }

    [Fact]
    public void A_place_given_back_twice_counts_once()
    {
        var admission = new ChatAdmission(new ChatOptions());
        admission.TryEnter(IPAddress.Loopback, out var first).Should().BeNull();
        admission.TryEnter(IPAddress.Loopback, out _).Should().BeNull();

        first!.Dispose();
        first.Dispose();

        admission.Total.Should().Be(1);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("http://pbx.example:8080", true)]
    [InlineData("https://PBX.example:8080", true)]
    [InlineData("http://pbx.example", false)]
    [InlineData("http://evil.example", false)]
    [InlineData("null", false)]
    public void Without_a_list_only_the_platforms_own_pages_are_let_in(string? origin, bool allowed) =>
        ChatOrigin.IsAllowed(origin, "pbx.example:8080", []).Should().Be(allowed);

    [Fact]
    public void A_star_lets_every_page_in() =>
        ChatOrigin.IsAllowed("http://evil.example", "pbx.example", ["*"]).Should().BeTrue();

    [Theory]
    [InlineData("https://shop.example", true)]
    [InlineData("https://shop.example:8443", true)]
    [InlineData("https://shop.example/", false)]
    [InlineData("shop.example", false)]
    public void An_origin_is_scheme_and_host_and_no_more(string origin, bool wellFormed) =>
        ChatOrigin.IsWellFormed(origin).Should().Be(wellFormed);

    [Fact]
    public void The_rate_lets_a_burst_through_and_then_as_many_as_time_brings()
    {
        var time = new FakeTimeProvider();
        var rate = new MessageRate(perSecond: 2, burst: 3, time);
        Enumerable.Range(0, 3).Should().AllSatisfy(_ => rate.TryTake(out TimeSpan _).Should().BeTrue());

        rate.TryTake(out var retryAfter).Should().BeFalse();
        retryAfter.Should().Be(TimeSpan.FromMilliseconds(500));

        time.Advance(retryAfter);
        rate.TryTake(out _).Should().BeTrue();
        rate.TryTake(out _).Should().BeFalse();
    }
}

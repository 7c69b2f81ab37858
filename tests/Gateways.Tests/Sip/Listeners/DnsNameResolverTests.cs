using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using OCPlatform.Gateways.Sip;
using OCPlatform.Gateways.Sip.Listeners;
using OCPlatform.Sip;
using OCPlatform.Sip.Location;

namespace OCPlatform.Gateways.Tests.Sip.Listeners;

/// <summary>Against a real name server.</summary>
public sealed class DnsNameResolverTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly NameServer _server = new(
        "--naptr-record=example.test,10,50,s,SIP+D2T,,_sip._tcp.example.test",
        "--naptr-record=example.test,20,50,s,SIP+D2U,,_sip._udp.example.test",
        "--srv-host=_sip._tcp.example.test,a.example.test,5070,0,1",
        "--srv-host=_sip._tcp.example.test,b.example.test,5071,1,1",
        "--srv-host=_sip._udp.example.test,a.example.test,5060,0,1",
        "--host-record=a.example.test,192.0.2.1,2001:db8::1,600",
        "--host-record=b.example.test,192.0.2.2,60",
        "--cname=alias.example.test,a.example.test"
    );

    public void Dispose() => _server.Dispose();

    private DnsNameResolver Resolver(int queryTimeoutMs = 2_000) =>
        new(new() { Servers = [_server.Address.ToString()], QueryTimeoutMs = queryTimeoutMs }, _time);

    [Fact]
    public async Task The_servers_of_a_domain_are_found_by_its_records()
    {
        var options = new SipGatewayOptions
        {
            Listeners =
            [
                new() { Transport = SipListenerTransport.Udp },
                new() { Transport = SipListenerTransport.Tcp },
                new() { Transport = SipListenerTransport.Tcp, Address = "::" },
            ],
            Dns = new() { Servers = [_server.Address.ToString()] },
        };
        var locator = new SipListeners(options).CreateLocator();
        string.Join(' ', (await locator.LocateAsync(SipUri.Parse("sip:bob@example.test"))).Destinations)
            .Should()
            .Be(
                "TCP:192.0.2.1:5070 TCP:[2001:db8::1]:5070 TCP:192.0.2.2:5071 UDP:192.0.2.1:5060 UDP:[2001:db8::1]:5060"
            );
        string.Join(' ', (await locator.LocateAsync(SipUri.Parse("sip:alias.example.test:5066"))).Destinations)
            .Should()
            .Be("UDP:192.0.2.1:5066 UDP:[2001:db8::1]:5066");
        (await locator.LocateAsync(SipUri.Parse("sip:nobody.example.test")))
            .Problem.Should()
            .Be("no address for nobody.example.test");
        (await locator.LocateAsync(SipUri.Parse("sip:elsewhere.test:5060")))
            .Problem.Should()
            .StartWith("the name server failed for elsewhere.test");
    }

    [Fact]
    public async Task An_answer_is_kept_for_its_time_and_not_longer()
    {
        var resolver = Resolver();
        var family = AddressFamily.InterNetwork;
        for (var i = 0; i < 3; i++)
        {
            (await resolver.AddressesAsync("a.example.test", family, default))
                .Should()
                .Equal(IPAddress.Parse("192.0.2.1"));
            (await resolver.AddressesAsync("b.example.test", family, default))
                .Should()
                .Equal(IPAddress.Parse("192.0.2.2"));
            (await resolver.SrvAsync("_sip._none.example.test", default)).Should().BeEmpty();
        }
        await AllLoggedAsync(resolver, "first");
        Asked("A", "a").Should().Be(1);
        Asked("A", "b").Should().Be(1);
        Asked("SRV", "_sip._none").Should().Be(1, "that there is none is an answer too");
        _time.Advance(TimeSpan.FromSeconds(61));
        await resolver.AddressesAsync("a.example.test", family, default);
        await resolver.AddressesAsync("b.example.test", family, default);
        await resolver.SrvAsync("_sip._none.example.test", default);
        await AllLoggedAsync(resolver, "second");
        (Asked("A", "a"), Asked("A", "b"), Asked("SRV", "_sip._none")).Should().Be((1, 2, 2));
    }

    [Fact]
    public async Task While_the_name_server_is_down_old_answers_do_and_new_names_fail()
    {
        var resolver = Resolver(queryTimeoutMs: 200);
        await resolver.AddressesAsync("a.example.test", AddressFamily.InterNetwork, default);
        _server.Stop();
        _time.Advance(TimeSpan.FromMinutes(30));
        (await resolver.AddressesAsync("a.example.test", AddressFamily.InterNetwork, default)).Should().HaveCount(1);
        var unknown = () => resolver.AddressesAsync("b.example.test", AddressFamily.InterNetwork, default);
        await unknown.Should().ThrowAsync<SipNameException>();
        _time.Advance(TimeSpan.FromHours(2));
        var old = () => resolver.AddressesAsync("a.example.test", AddressFamily.InterNetwork, default);
        await old.Should().ThrowAsync<SipNameException>();
    }

    [Fact]
    public void A_name_server_that_cannot_be_read_is_named()
    {
        var make = () => new DnsNameResolver(new() { Servers = ["dns.example"] });
        make.Should().Throw<ArgumentException>().WithMessage("sip.dns.servers: 'dns.example'*");
    }

    /// <summary>The server logs in order, but its lines come a little later: when this one is here, all before it are.</summary>
    private async Task AllLoggedAsync(DnsNameResolver resolver, string mark)
    {
        await resolver.SrvAsync($"{mark}.example.test", default);
        SpinWait.SpinUntil(() => Asked("SRV", mark) > 0, TimeSpan.FromSeconds(10)).Should().BeTrue();
    }

    private int Asked(string type, string name) => _server.Asked(type, $"{name}.example.test");
}

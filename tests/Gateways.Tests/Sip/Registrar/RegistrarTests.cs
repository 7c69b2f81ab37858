using System.Net;
using Akka.Actor;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Contracts.Sip;
using OCPlatform.Gateways.Sip.Registrar;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Tests.Sip.Registrar;

/// <summary>REGISTER through a whole gateway.</summary>
public sealed class RegistrarTests : SipNode
{
    private static readonly SipUri Alice = SipUri.Parse("sip:alice@127.0.0.1");

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"ocp-registrar-{Guid.NewGuid():N}.db");

    [Fact]
    public void A_user_registers_with_its_password_and_can_be_found()
    {
        Start();
        var phone = Phone("alice");

        var response = phone.Ask(phone.Request(SipMethod.Register, (SipHeaderId.Contact, $"{phone.Contact};q=0.5")));

        response.StatusCode.Should().Be(200);
        response.Headers[SipHeaderId.Contact].Should().Be($"{phone.Contact};expires=3600;q=0.5");
        var found = Registrations.Find(Alice).Single();
        found.Destination!.ToString().Should().Be($"UDP:{phone.Address}");
        found.Q.Should().Be(0.5);
        Registrations.List().Single().Aor.Should().Be("alice@127.0.0.1");
    }

    [Fact]
    public void A_call_on_any_node_can_ask_whether_a_phone_is_registered_here()
    {
        Start();
        IsHere(Alice).Should().BeFalse();

        Phone("alice").Register();

        IsHere(Alice).Should().BeTrue();
        IsHere(SipUri.Parse("sip:bob@127.0.0.1")).Should().BeFalse();
    }

    private bool IsHere(SipUri phone) =>
        Gateway
            .Ask<SipGatewayQueries.PhoneAnswer>(new SipGatewayQueries.FindPhone(phone.ToString()), RemainingOrDefault)
            .Result.IsHere;

    [Fact]
    public void Without_a_password_nothing_is_registered()
    {
        Start();
        var phone = Phone("alice");

        phone.Send(phone.Request(SipMethod.Register, (SipHeaderId.Contact, phone.Contact)));

        phone.ReceiveFinal().StatusCode.Should().Be(401);
        Registrations.List().Should().BeEmpty();
    }

    [Fact]
    public void A_user_may_not_register_another_one()
    {
        Start();
        var phone = Phone("alice");
        var request = phone.Request(SipMethod.Register, (SipHeaderId.Contact, phone.Contact));
        request.To = new NameAddress(SipUri.Parse("sip:bob@127.0.0.1"));

        var response = phone.Ask(request);

        response.StatusCode.Should().Be(403);
        response.Headers[SipHeaderId.Warning].Should().Contain("may not register another user");
        Registrations.List().Should().BeEmpty();
    }

    [Fact]
    public void An_address_of_another_domain_is_404()
    {
        Options.Registrar.Domains.Add("example.com");
        Start();
        var phone = Phone("alice");

        phone.Ask(phone.Request(SipMethod.Register, (SipHeaderId.Contact, phone.Contact))).StatusCode.Should().Be(404);
    }

    [Fact]
    public void A_time_too_brief_is_refused_with_the_least_one()
    {
        Start();
        var phone = Phone("alice");

        var response = phone.Ask(
            phone.Request(SipMethod.Register, (SipHeaderId.Contact, phone.Contact), (SipHeaderId.Expires, "5"))
        );

        response.StatusCode.Should().Be(423);
        response.Headers[SipHeaderId.MinExpires].Should().Be("60");
    }

    [Fact]
    public void Several_phones_of_a_user_are_found_best_first_and_each_leaves_by_itself()
    {
        Start();
        var desk = Phone("alice");
        var mobile = Phone("alice");
        desk.Ask(desk.Request(SipMethod.Register, (SipHeaderId.Contact, $"{desk.Contact};q=0.2")));
        mobile.Ask(mobile.Request(SipMethod.Register, (SipHeaderId.Contact, $"{mobile.Contact};q=0.8")));

        Registrations.Find(Alice).Select(c => c.Destination!.EndPoint).Should().Equal(mobile.Address, desk.Address);

        mobile.Ask(mobile.Request(SipMethod.Register, (SipHeaderId.Contact, $"{mobile.Contact};expires=0")));
        Registrations.Find(Alice).Select(c => c.Destination!.EndPoint).Should().Equal(desk.Address);
        Registrations.Find(SipUri.Parse("sip:Alice@127.0.0.1")).Should().BeEmpty();
    }

    [Fact]
    public async Task A_restart_forgets_no_phone()
    {
        Store = new BindingStore(new Database(new DatabaseOptions { Path = _file }), "node-1");
        Start();
        var phone = Phone("alice");
        phone.Register();
        // Written behind: there when the table says so.
        await AwaitAssertAsync(async () =>
            (await Store.ReadAsync(DateTimeOffset.UtcNow, default)).Should().HaveCount(1)
        );
        var before = Registrations.List();

        Restart();

        AwaitAssert(() => Registrations.List().Should().BeEquivalentTo(before));
        var response = phone.Ask(phone.Request(SipMethod.Register));
        response.Headers[SipHeaderId.Contact].Should().StartWith(phone.Contact);
    }

    [Fact]
    public void Without_its_database_phones_register_all_the_same()
    {
        Store = new BindingStore(
            new Database(
                new DatabaseOptions
                {
                    Provider = DatabaseProvider.Postgres,
                    ConnectionString = "Host=127.0.0.1;Port=1;Username=nobody;Password=nothing;Database=none;Timeout=1",
                }
            ),
            "node-1"
        );
        Start();

        Phone("alice").Register();

        Registrations.Find(Alice).Should().HaveCount(1);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        foreach (var file in Directory.EnumerateFiles(Path.GetTempPath(), Path.GetFileName(_file) + "*"))
        {
            File.Delete(file);
        }
    }
}

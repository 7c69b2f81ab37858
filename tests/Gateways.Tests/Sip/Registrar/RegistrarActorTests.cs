using System.Collections.Immutable;
using System.Net;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Time.Testing;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Gateways.Sip;
using OCPlatform.Gateways.Sip.Registrar;
using OCPlatform.Sip;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Tests.Sip.Registrar;

/// <summary>What a registrar does when connections close and time passes.</summary>
public sealed class RegistrarActorTests : TestKit
{
    private static readonly AddressOfRecord Alice = new("alice", "example.com");
    private static readonly SipUri AliceUri = SipUri.Parse("sip:alice@example.com");

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly RegistrarOptions _options = new();
    private readonly Registrations _registrations;
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"ocp-registrar-{Guid.NewGuid():N}.db");
    private uint _cseq;

    public RegistrarActorTests()
        : base("akka.loglevel = WARNING")
    {
        _registrations = new Registrations(_options, _time);
    }

    [Fact]
    public void When_a_browsers_connection_closes_it_is_not_found_until_it_registers_again()
    {
        var registrar = Start();
        Register(registrar, "192.0.2.7:51334");
        AwaitAssert(() =>
            _registrations.Find(AliceUri).Single().Destination!.ToString().Should().Be("WS:192.0.2.7:51334")
        );

        registrar.Tell(new RegistrarActor.FlowClosed(SipDestination.Parse("WS:192.0.2.7:9")));
        registrar.Tell(new RegistrarActor.FlowClosed(SipDestination.Parse("WS:192.0.2.7:51334")));

        AwaitAssert(() => _registrations.Find(AliceUri).Should().BeEmpty());
        _registrations.List().Single().Reachable.Should().BeFalse();
        Register(registrar, "192.0.2.7:51999");
        AwaitAssert(() =>
            _registrations.Find(AliceUri).Single().Destination!.ToString().Should().Be("WS:192.0.2.7:51999")
        );
        _registrations.List().Should().HaveCount(1);
    }

    [Fact]
    public async Task An_old_connection_that_closes_late_does_not_hurt_the_new_registration()
    {
        var registrar = Start();
        Register(registrar, "192.0.2.7:51334");
        Register(registrar, "192.0.2.7:51999");

        registrar.Tell(new RegistrarActor.FlowClosed(SipDestination.Parse("WS:192.0.2.7:51334")));
        await registrar.Ask<ActorIdentity>(new Identify(null), TimeSpan.FromSeconds(5));

        _registrations.Find(AliceUri).Single().Destination!.ToString().Should().Be("WS:192.0.2.7:51999");
    }

    [Fact]
    public async Task The_end_of_a_connection_reaches_the_gateways_mailbox()
    {
        var transport = new WebSocketStandIn();
        await using var endpoint = new SipEndpoint(new SipEndpointOptions(), [transport], new SipInbox(TestActor));
        endpoint.Start();

        transport.Receiver!.OnTransportFailed(SipDestination.Parse("WS:192.0.2.7:51334"));

        ExpectMsg<SipInbox.FlowClosed>().Flow.ToString().Should().Be("WS:192.0.2.7:51334");
    }

    [Fact]
    public void What_has_expired_is_removed_from_memory()
    {
        var registrar = Start();
        Register(registrar, "192.0.2.7:51334");
        AwaitAssert(() => _registrations.Get(Alice).Should().HaveCount(1));

        _time.Advance(TimeSpan.FromHours(1));

        _registrations.Find(AliceUri).Should().BeEmpty("expired contacts are not found, removed or not");
        AwaitAssert(() => _registrations.All.Should().BeEmpty(), TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task After_a_restart_a_browser_is_known_but_not_reachable()
    {
        var database = new Database(new DatabaseOptions { Path = _file });
        var store = new BindingStore(database, "node-1");
        var registrar = Start(store);
        Register(registrar, "192.0.2.7:51334");
        await AwaitAssertAsync(async () => (await store.ReadAsync(_time.GetUtcNow(), default)).Should().HaveCount(1));
        Sys.Stop(registrar);
        _registrations.Set(Alice, ImmutableArray<Binding>.Empty);

        Start(store);

        AwaitAssert(() => _registrations.List().Single().Reachable.Should().BeFalse());
        _registrations.Find(AliceUri).Should().BeEmpty();
    }

    private IActorRef Start(BindingStore? store = null)
    {
        var endpoint = new SipEndpoint(new SipEndpointOptions(), [], new SipInbox(TestActor));
        var sender = new SipSender(() => endpoint, _ => { });
        return Sys.ActorOf(
            Props.Create(() =>
                new RegistrarActor(_options, _registrations, store, new RegistrarMetrics(_registrations), sender, _time)
            )
        );
    }

    private void Register(IActorRef registrar, string remote)
    {
        var request = Registers.Request(
            "browser",
            ++_cseq,
            $"Contact: <sip:x{_cseq}@a.invalid;transport=ws>;+sip.instance=\"<urn:uuid:1>\";reg-id=1",
            "Supported: outbound"
        );
        var transport = new WebSocketStandIn();
        var flow = new SipFlow(transport, transport.LocalEndPoint, new SipDestination("WS", IPEndPoint.Parse(remote)));
        var transaction = new SipTransactionId($"t{_cseq}");
        registrar.Tell(
            new AdmittedRequest(
                new SipServerRequest(request, transaction, flow),
                transaction,
                new RequestIdentity("alice", RequestIdentity.Users)
            )
        );
    }

    /// <summary>A connection-oriented transport that nothing is sent over.</summary>
    private sealed class WebSocketStandIn : ISipTransport
    {
        public string Name => "WS";

        public bool IsReliable => true;

        public IPEndPoint LocalEndPoint { get; } = new(IPAddress.Loopback, 80);

        public SipTransportCounters Counters { get; } = new();

        public ISipTransportReceiver? Receiver { get; private set; }

        public void Start(ISipTransportReceiver receiver) => Receiver = receiver;

        public IPEndPoint AdvertisedFor(SipDestination destination) => LocalEndPoint;

        public bool TrySend(ReadOnlySpan<byte> message, SipDestination destination) => true;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
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

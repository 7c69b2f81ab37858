using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Contracts.Sip;
using OCPlatform.Gateways.Chat;
using OCPlatform.Gateways.Sip;
using OCPlatform.Gateways.Sip.Messaging;
using OCPlatform.Gateways.Sip.Registrar;
using OCPlatform.Gateways.Sip.Subscriptions;

namespace OCPlatform.Gateways.Tests.Sip;

/// <summary>
/// A whole gateway over real UDP on loopback with users alice and bob; probes stand for the regions of calls and
/// conversations.
/// </summary>
public abstract class SipNode : TestKit
{
    private readonly List<ScriptedPhone> _phones = [];

    protected SipNode()
        : base("akka.loglevel = WARNING")
    {
        Calls = CreateTestProbe("calls");
        Conversations = CreateTestProbe("conversations");
        foreach (var user in new[] { "alice", "bob" })
        {
            Options.Users.Add(new SipUserOptions { Name = user, Password = $"{user}-secret" });
        }
        Options.Subscriptions.NotifyIntervalMs = 100;
        Registrations = new Registrations(Options.Registrar, TimeProvider.System);
    }

    protected SipGatewayOptions Options { get; } = new() { BindAddress = "127.0.0.1", Port = 0 };

    protected SipGatewayStatus Status { get; private set; } = new();

    protected Registrations Registrations { get; private set; }

    protected BindingStore? Store { get; set; }

    protected TestProbe Calls { get; }

    protected TestProbe Conversations { get; }

    protected IActorRef Gateway { get; private set; } = ActorRefs.Nobody;

    protected void Start()
    {
        var registry = ActorRegistry.For(Sys);
        registry.TryRegister<CallRegion>(Calls);
        registry.TryRegister<ConversationRegion>(Conversations);
        var (status, options) = (Status, Options);
        var outbound = OutboundServices.Default() with { Registrations = Registrations };
        var services = new SipServices(
            options,
            new ChatOptions { Agent = "frontdesk" },
            Registrations,
            Store,
            new RegistrarMetrics(Registrations),
            new MessagingMetrics(),
            new SubscriptionMetrics(),
            new RequiredActor<ConversationRegion>(registry),
            TimeProvider.System
        );
        Gateway = Sys.ActorOf(
            Props.Create(() =>
                new SipGateway(
                    options,
                    status,
                    TimeProvider.System,
                    new RequiredActor<CallRegion>(registry),
                    IdleNode.Instance,
                    services,
                    outbound
                )
            )
        );
        AwaitCondition(() => status.IsBound);
    }

    /// <summary>Another process of the same node: nothing but the database is left.</summary>
    protected void Restart()
    {
        Watch(Gateway);
        Sys.Stop(Gateway);
        ExpectTerminated(Gateway);
        Status = new SipGatewayStatus();
        Registrations = new Registrations(Options.Registrar, TimeProvider.System);
        Start();
    }

    protected void Drain() => Gateway.Tell(new SipGatewayCommands.Drain());

    /// <summary>A phone of this user.</summary>
    private protected ScriptedPhone Phone(string user)
    {
        var phone = new ScriptedPhone(user, () => Status.Local!);
        _phones.Add(phone);
        return phone;
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _phones.ForEach(phone => phone.Dispose());
    }
}

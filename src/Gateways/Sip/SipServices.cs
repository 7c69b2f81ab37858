using Akka.Actor;
using Akka.Hosting;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Gateways.Chat;
using OCPlatform.Gateways.Sip.Messaging;
using OCPlatform.Gateways.Sip.Registrar;
using OCPlatform.Gateways.Sip.Subscriptions;

namespace OCPlatform.Gateways.Sip;

/// <summary>What the actors below the gateway are made of: registrar, messages, subscriptions.</summary>
public sealed class SipServices(
    SipGatewayOptions options,
    ChatOptions chat,
    Registrations registrations,
    BindingStore? store,
    RegistrarMetrics registrarMetrics,
    MessagingMetrics messagingMetrics,
    SubscriptionMetrics subscriptionMetrics,
    IRequiredActor<ConversationRegion> conversations,
    TimeProvider time
)
{
    internal Props Registrar(SipSender sender) =>
        Props.Create(() => new RegistrarActor(options.Registrar, registrations, store, registrarMetrics, sender, time));

    internal Props Messages(SipSender sender)
    {
        var parts = new MessagingParts(
            options.Messaging,
            options.Messaging.Agent.Length > 0 ? options.Messaging.Agent : chat.Agent,
            conversations.ActorRef,
            registrations,
            sender,
            messagingMetrics,
            time,
            options.RetryAfterSeconds
        );
        return Props.Create(() => new MessageDoor(parts));
    }

    internal Props Subscriptions(SipSender sender, SubscriptionTags tags) =>
        Props.Create(() =>
            new SubscriptionsActor(
                options.Subscriptions,
                sender,
                tags,
                subscriptionMetrics,
                time,
                options.RetryAfterSeconds
            )
        );
}

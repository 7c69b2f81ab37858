using Akka.Actor;
using OCPlatform.Gateways.Sip.Registrar;

namespace OCPlatform.Gateways.Sip.Messaging;

/// <summary>What the actors of messaging share.</summary>
/// <param name="Agent">Who answers.</param>
/// <param name="Conversations">The region of the conversations.</param>
/// <param name="RetryAfterSeconds">What is told while the node is being stopped.</param>
internal sealed record MessagingParts(
    SipMessagingOptions Options,
    string Agent,
    IActorRef Conversations,
    IRegistrations Registrations,
    SipSender Sender,
    MessagingMetrics Metrics,
    TimeProvider Time,
    int RetryAfterSeconds
);

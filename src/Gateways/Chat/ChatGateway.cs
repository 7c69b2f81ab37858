using Akka.Actor;
using Akka.Hosting;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.Gateways.Chat;

/// <summary>A node's door for chats: parent of the sessions. Sees to it that a conversation has one connection here.</summary>
public sealed class ChatGateway : ReceiveActor
{
    private readonly Dictionary<ConversationId, IActorRef> _holders = [];
    private readonly Dictionary<IActorRef, ConversationId> _held = [];

    public ChatGateway(
        ChatOptions options,
        ChatTokens tokens,
        TimeProvider time,
        IRequiredActor<ConversationRegion> conversations
    )
    {
        var region = conversations.ActorRef;
        Receive<Join>(join =>
        {
            var session = Context.ActorOf(
                Props.Create(() => new ChatSessionActor(join.Client, region, options, tokens, time))
            );
            Context.Watch(session);
            Sender.Tell(session);
        });
        Receive<ChatSessionActor.Claim>(OnClaim);
        Receive<Terminated>(terminated => Forget(terminated.ActorRef));
    }

    /// <summary>A new connection; answered by its session's IActorRef.</summary>
    internal sealed record Join(IChatClient Client) : INoSerializationVerificationNeeded;

    // A session that fails is not restarted: it would have lost what its client has seen. The client connects again.
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    private void OnClaim(ChatSessionActor.Claim claim)
    {
        if (_holders.TryGetValue(claim.ConversationId, out var earlier))
        {
            _held.Remove(earlier);
            earlier.Tell(ChatSessionActor.Superseded.Instance);
        }
        _holders[claim.ConversationId] = Sender;
        _held[Sender] = claim.ConversationId;
    }

    private void Forget(IActorRef session)
    {
        if (_held.Remove(session, out var conversation))
        {
            _holders.Remove(conversation);
        }
    }
}

/// <summary>Key of this node's chat gateway in the actor registry.</summary>
public sealed class ChatGatewayKey;

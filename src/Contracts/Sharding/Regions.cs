namespace OCPlatform.Contracts.Sharding;

/// <summary>Key of the calls' shard region in the actor registry.</summary>
public sealed class CallRegion;

/// <summary>Key of the conversations' shard region in the actor registry.</summary>
public sealed class ConversationRegion;

/// <summary>Key of this node's SIP gateway in the actor registry.</summary>
public sealed class SipGatewayKey;

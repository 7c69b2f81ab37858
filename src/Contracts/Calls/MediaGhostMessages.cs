using OCPlatform.Contracts.Serialization;

namespace OCPlatform.Contracts.Calls;

/// <summary>What is said to the keeper of a node's left-over media; it is reached by its path, on the node that a call has left.</summary>
public static class MediaGhostMessages
{
    /// <summary>Name of the keeper's actor, below <c>/user</c>.</summary>
    public const string ActorName = "media-ghosts";

    /// <summary>The call's new owner sends its own audio: the former stream stops.</summary>
    [WireName("media/release-ghost/1")]
    public sealed record Release(CallId CallId) : IWireMessage;
}

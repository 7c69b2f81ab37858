using Akka.Actor;
using OCPlatform.Contracts.Serialization;

namespace OCPlatform.Contracts.Sharding;

/// <summary>
/// Wakes a shard and nothing in it. Sent through a region that may have the shard, it gives it a home there if it has none;
/// the answer, <see cref="Here"/>, comes from wherever its home is.
/// </summary>
/// <param name="Shard">The shard's name.</param>
[WireName("shard/touch/1")]
public sealed record ShardTouch(string Shard) : IWireMessage
{
    // No call's or conversation's id begins with it.
    private const char Prefix = 's';

    /// <summary>The answer; its sender is at the shard's home.</summary>
    [WireName("shard/here/1")]
    public sealed record Here(string Shard) : IWireMessage;

    /// <summary>What stands in the shard for the moment of a touch; null when the message names no shard.</summary>
    internal string? EntityId => ShardedId.NumberOf(Shard) >= 0 ? Prefix + Shard : null;

    /// <summary>The props of what a shard is to start: the given ones, but for a touch.</summary>
    public static Func<string, Props> Beside(Func<string, Props> entities) =>
        id => id.Length == 3 && id[0] == Prefix ? TouchedProps : entities(id);

    private static readonly Props TouchedProps = Props.Create(() => new Touched());

    private sealed class Touched : ReceiveActor
    {
        public Touched()
        {
            Receive<ShardTouch>(touch =>
            {
                Sender.Tell(new Here(touch.Shard));
                Context.Stop(Self);
            });
            // The shard leaves just now.
            ReceiveAny(_ => Context.Stop(Self));
        }
    }
}

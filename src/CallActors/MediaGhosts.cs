using System.Collections.Concurrent;
using Akka.Actor;
using OCPlatform.Contracts.Calls;
using OCPlatform.Media.Engine;

namespace OCPlatform.CallActors;

/// <summary>
/// The media of calls that have left this node: each goes on sending what lies in its playout, then silence, until the new
/// owner's stream runs, so that nobody hears a gap: the new owner says when. Thread-safe.
/// </summary>
public sealed class MediaGhosts(TimeProvider time)
{
    /// <summary>Last resort: a new owner that has not spoken by then will not, and two streams would only confuse the peer.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<CallId, Ghost> _ghosts = new();

    private sealed record Ghost(MediaSession Session, ITimer Timer);

    /// <summary>Streams that are still being sent; a node that stops waits for them.</summary>
    public int Count => _ghosts.Count;

    public void Keep(CallId call, MediaSession session)
    {
        Release(call);
        var timer = time.CreateTimer(_ => Release(call), null, Longest, Timeout.InfiniteTimeSpan);
        if (!_ghosts.TryAdd(call, new Ghost(session, timer)))
        {
            timer.Dispose();
            session.Abandon();
        }
    }

    public void Release(CallId call)
    {
        if (_ghosts.TryRemove(call, out var ghost))
        {
            ghost.Timer.Dispose();
            ghost.Session.Abandon();
        }
    }

    public void ReleaseAll()
    {
        foreach (var call in _ghosts.Keys)
        {
            Release(call);
        }
    }
}

/// <summary>The door to a node's <see cref="MediaGhosts"/> for other nodes: <c>/user/media-ghosts</c>.</summary>
public sealed class MediaGhostKeeper : ReceiveActor
{
    private readonly MediaGhosts _ghosts;

    public MediaGhostKeeper(MediaGhosts ghosts)
    {
        _ghosts = ghosts;
        Receive<MediaGhostMessages.Release>(release => ghosts.Release(release.CallId));
    }

    protected override void PostStop() => _ghosts.ReleaseAll();
}

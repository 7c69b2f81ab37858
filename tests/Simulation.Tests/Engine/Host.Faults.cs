using System.Net;

namespace OCPlatform.Simulation.Tests.Engine;

/// <summary>What may befall a host.</summary>
internal sealed partial class Host
{
    private readonly List<Action<Core>> _held = [];
    private int _upcallsToCrash = -1;
    private bool _keepsWhileDown;

    /// <summary>The core lives; the layer below always does.</summary>
    public bool IsUp { get; private set; } = true;

    public bool HasCrashed => _incarnation > 0;

    /// <summary>Gone for good, without a word.</summary>
    public bool IsUnplugged { get; private set; }

    /// <summary>Nothing comes from it and nothing reaches it any more.</summary>
    public void Unplug()
    {
        IsUnplugged = true;
        IsUp = false;
        _incarnation++;
        World.Ladder.Fault($"{Name} is unplugged");
        World.Checkers.Unplugged(this);
    }

    /// <summary>The NAT maps us to another port; the old one leads nowhere. We find out after a while.</summary>
    public void Rebind()
    {
        World.Network.Attach(PublicEndPoint, null);
        PublicEndPoint = new IPEndPoint(PublicEndPoint.Address, PublicEndPoint.Port + 1);
        World.Network.Attach(PublicEndPoint, this);
        World.Network.BreakAllOf(this);
        World.Ladder.Fault($"{Name} is now {PublicEndPoint}");
        var found = PublicEndPoint;
        World.After(
            World.Dice.Ms(10_000),
            () =>
            {
                if (found.Equals(PublicEndPoint))
                {
                    KnownAs = found;
                    Tell("rebound", core => core.OnRebound());
                }
            }
        );
    }

    /// <summary>Right after that many events, so that every boundary between two events gets its turn.</summary>
    public void CrashAfter(int upcalls) => _upcallsToCrash = upcalls;

    public void Crash()
    {
        if (!IsUp)
        {
            return;
        }
        IsUp = false;
        _incarnation++;
        // Messages to a dead actor are kept for it by its shard, or lost with its node.
        _keepsWhileDown = World.Dice.Chance(0.5);
        World.Ladder.Fault($"{Name} crashes; events are {(_keepsWhileDown ? "kept" : "lost")}");
        World.After(World.Dice.Ms(4_000), Recover);
    }

    private void Recover()
    {
        if (IsUnplugged)
        {
            return;
        }
        World.Ladder.Fault($"{Name} is back");
        var restored = Core.Restore();
        restored.Host = this;
        Core = restored;
        IsUp = true;
        World.Checkers.Restored(this);
        Guard(restored.OnStarted);
        var held = _held.ToArray();
        _held.Clear();
        foreach (var upcall in held)
        {
            Tell("late", upcall);
        }
    }
}

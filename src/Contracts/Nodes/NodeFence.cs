namespace OCPlatform.Contracts.Nodes;

/// <summary>
/// Falls once, when this node is no longer a member of its cluster without having left it: others hold its calls now, or
/// will in a moment. Whatever the node says from then on is a second voice, so those who say something register here what
/// makes them fall silent. The process ends soon after. Thread-safe.
/// </summary>
public sealed class NodeFence
{
    private readonly Lock _gate = new();
    private readonly List<Action> _silencers = [];
    private volatile string? _cause;

    /// <summary>Whether it has fallen: say, write and decide nothing more.</summary>
    public bool HasFallen => _cause is not null;

    /// <summary>Why it fell; null while it stands.</summary>
    public string? Cause => _cause;

    /// <summary>
    /// Has the action run when the fence falls, on the thread that brings it down and before any orderly shutdown; at once
    /// when it has fallen already. The action closes what speaks, and waits for nothing.
    /// </summary>
    public void OnFall(Action silence)
    {
        lock (_gate)
        {
            if (!HasFallen)
            {
                _silencers.Add(silence);
                return;
            }
        }
        silence();
    }

    /// <summary>Brings the fence down. The first cause counts; further calls do nothing.</summary>
    /// <returns>What went wrong in silencing; empty when all is silent.</returns>
    public IReadOnlyList<Exception> Fall(string cause)
    {
        Action[] silencers;
        lock (_gate)
        {
            if (HasFallen)
            {
                return [];
            }
            _cause = cause;
            silencers = [.. _silencers];
        }
        var faults = new List<Exception>();
        foreach (var silence in silencers)
        {
            try
            {
                silence();
            }
            catch (Exception fault)
            {
                // One that cannot fall silent must not keep the others talking.
                faults.Add(fault);
            }
        }
        return faults;
    }
}

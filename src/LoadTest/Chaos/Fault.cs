namespace OCPlatform.LoadTest.Chaos;

/// <summary>What the runner does to the cluster.</summary>
public enum FaultKind
{
    /// <summary>SIGKILL of one node, and its start again.</summary>
    Kill,

    /// <summary>SIGTERM of every node in turn, each started again before the next one.</summary>
    Rolling,

    /// <summary>One node cut off from the others, while callers still reach it; then healed.</summary>
    Partition,
}

/// <summary>One fault that was done.</summary>
/// <param name="At">On the callers' clock.</param>
/// <param name="Victims">Calls whose media was on the node at that moment.</param>
/// <param name="Until">When the node's process was gone, or the network was healed.</param>
/// <param name="ReadyAgain">When the node took calls again; null: it did not.</param>
public sealed record Fault(
    FaultKind Kind,
    string Node,
    TimeSpan At,
    IReadOnlyList<int> Victims,
    TimeSpan Until,
    TimeSpan? ReadyAgain
)
{
    /// <summary>Of the process that ended; null: it did not end.</summary>
    public int? ExitCode { get; init; }
}

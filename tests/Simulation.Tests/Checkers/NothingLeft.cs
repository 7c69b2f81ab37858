namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>At rest no host has a transaction, and so no timer.</summary>
internal sealed class NothingLeft : Checker
{
    public override void AtRest()
    {
        foreach (var host in World.Hosts)
        {
            Require(host.Layer.Count == 0, $"{host.Name} has {host.Layer.Count} transactions left");
            Require(host.NextDeadline == TimeSpan.MaxValue, $"{host.Name} has a timer left");
            Require(host.IsUp || host.IsUnplugged, $"{host.Name} is still down");
        }
    }
}

namespace OCPlatform.Simulation.Tests.Engine;

/// <summary>Who is there and what they are up to; the world adds the trouble.</summary>
internal abstract class Scenario
{
    public abstract string Name { get; }

    /// <summary>Adds hosts and checkers; everything random comes from the world's dice.</summary>
    public abstract void Build(World world);
}

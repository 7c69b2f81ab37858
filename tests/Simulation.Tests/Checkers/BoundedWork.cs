using OCPlatform.Simulation.Tests.Engine;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>
/// No livelock: a bounded number of steps in each virtual second (a deadline that stays in the past, or two sides that make each other send, would
/// not be), and the run comes to rest at all.
/// </summary>
internal sealed class BoundedWork : Checker
{
    // The busiest second of a healthy run has some 100.
    private const int MaxStepsPerSecond = 2_000;

    private long _second;
    private int _steps;

    public override void Stepped()
    {
        var second = World.Now.Ticks / TimeSpan.TicksPerSecond;
        if (second != _second)
        {
            _second = second;
            _steps = 0;
        }
        Require(++_steps <= MaxStepsPerSecond, $"more than {MaxStepsPerSecond} steps within one virtual second");
        Require(World.Now <= World.Limit, "the run does not come to rest");
    }
}

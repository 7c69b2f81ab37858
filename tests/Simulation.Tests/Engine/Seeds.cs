using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace OCPlatform.Simulation.Tests.Engine;

/// <summary>
/// Runs a scenario over many seeds. Without further ado: a fixed set, the same every time, and fresh ones for a few seconds. Otherwise by
/// environment: <c>OCP_SIM_SEEDS=100000</c> runs that many (from <c>OCP_SIM_BASE</c>, or 0) on all cores, <c>OCP_SIM_SEED=4711</c> replays one
/// and prints what happened.
/// </summary>
internal static class Seeds
{
    private const int FixedSeeds = 300;
    private const int LadderLines = 400;
    private static readonly TimeSpan FreshBudget = TimeSpan.FromSeconds(4);

    /// <summary>Runs one seed; two runs of it are the same in everything.</summary>
    public static World Run(Scenario scenario, long seed, bool recording = false)
    {
        var world = new World(seed, recording);
        scenario.Build(world);
        world.Run();
        return world;
    }

    /// <summary>Runs many seeds and gives the sum of what the worlds have counted.</summary>
    /// <exception cref="SimulationFailedException">A checker or the code under test has thrown; the message tells all.</exception>
    public static IReadOnlyDictionary<string, int> Check(Scenario scenario, ITestOutputHelper output)
    {
        if (Variable("OCP_SIM_SEED") is { } seed)
        {
            output.WriteLine(Replay(scenario, seed, out var failure));
            return failure is null ? new Dictionary<string, int>() : throw Failed(scenario, seed);
        }
        var clock = Stopwatch.StartNew();
        var tally = new ConcurrentDictionary<string, int>();
        long runs;
        if (Variable("OCP_SIM_SEEDS") is { } count)
        {
            var first = Variable("OCP_SIM_BASE") ?? 0;
            RunAll(scenario, first, count, tally);
            runs = count;
            output.WriteLine($"{scenario.Name}: {count} seeds from {first}");
        }
        else
        {
            var fresh = Random.Shared.NextInt64(1_000_000, 1_000_000_000);
            output.WriteLine($"{scenario.Name}: seeds 0 to {FixedSeeds - 1}, then from {fresh}");
            for (runs = 0; runs < FixedSeeds; runs++)
            {
                RunOne(scenario, runs, tally);
            }
            for (var budget = Stopwatch.StartNew(); budget.Elapsed < FreshBudget; runs++)
            {
                RunOne(scenario, fresh++, tally);
            }
        }
        output.WriteLine(
            $"{runs} runs in {clock.Elapsed.TotalSeconds:0.0} s, {runs / clock.Elapsed.TotalSeconds:0} a second"
        );
        foreach (var (what, times) in tally.OrderBy(t => t.Key))
        {
            output.WriteLine($"  {what}: {times}");
        }
        return tally;
    }

    /// <summary>The whole story of a seed, and what broke, if anything did.</summary>
    public static string Replay(Scenario scenario, long seed, out Exception? failure)
    {
        var world = new World(seed, recording: true);
        failure = null;
        try
        {
            scenario.Build(world);
            world.Run();
        }
        catch (Exception error)
        {
            failure = error;
        }
        return $"{scenario.Name}, seed {seed}: {world.Conditions}\n{world.Ladder}";
    }

    private static void RunAll(Scenario scenario, long first, long count, ConcurrentDictionary<string, int> tally)
    {
        SimulationFailedException? failure = null;
        Parallel.For(
            first,
            first + count,
            (seed, loop) =>
            {
                try
                {
                    RunOne(scenario, seed, tally);
                }
                catch (SimulationFailedException error)
                {
                    failure = error;
                    loop.Stop();
                }
            }
        );
        if (failure is not null)
        {
            throw failure;
        }
    }

    internal static void RunOne(Scenario scenario, long seed, ConcurrentDictionary<string, int> tally)
    {
        World world;
        try
        {
            world = Run(scenario, seed);
        }
        catch (Exception)
        {
            throw Failed(scenario, seed);
        }
        foreach (var (what, times) in world.Tally)
        {
            tally.AddOrUpdate(what, times, (_, sum) => sum + times);
        }
    }

    private static SimulationFailedException Failed(Scenario scenario, long seed)
    {
        var story = Replay(scenario, seed, out var failure);
        var lines = story.Split('\n');
        var end = string.Join('\n', lines.Length <= LadderLines ? lines : [lines[0], "…", .. lines[^LadderLines..]]);
        return new SimulationFailedException(
            $"""
            {scenario.Name}, seed {seed}: {failure?.Message
                ?? "it does not fail again, so something else than the seed decides"}
            Again, with all that happened: OCP_SIM_SEED={seed} dotnet test tests/Simulation.Tests
            {end}
            """,
            failure
        );
    }

    private static long? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text
            ? long.Parse(text, CultureInfo.InvariantCulture)
            : null;
}

internal sealed class SimulationFailedException(string story, Exception? cause) : Exception(story, cause);

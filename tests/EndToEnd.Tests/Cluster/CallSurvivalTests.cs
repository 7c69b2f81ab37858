using System.Collections.Concurrent;
using OCPlatform.LoadTest;
using OCPlatform.LoadTest.Chaos;

namespace OCPlatform.EndToEnd.Tests.Cluster;

/// <summary>A call outlives its node, and a deploy drops nothing: three real nodes, killed and restarted under calls.</summary>
public sealed class CallSurvivalTests(ClusterFixture fixture) : IClassFixture<ClusterFixture>
{
    private static readonly TimeSpan CallDeadline = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan DrainDeadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    // A busy build server takes longer than what the chaos runner measures; a line that is dead for longer is hung up.
    private static readonly TimeSpan GapAllowed = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan MoveGapAllowed = TimeSpan.FromSeconds(6);

    // The former node sends until it hears that the new one does.
    private static readonly TimeSpan OverlapAllowed = TimeSpan.FromMilliseconds(500);

    [Fact]
    public async Task After_a_kill_the_callers_talk_on_with_an_agent_that_remembers()
    {
        await fixture.WhenWholeAsync();
        using var deadline = new CancellationTokenSource(CallDeadline);
        var live = new ConcurrentDictionary<int, LiveCall>();
        var turns = new ConcurrentDictionary<int, int>();
        var running = fixture
            .Bookings.Select(
                (script, index) =>
                    fixture.Caller.CallAsync(
                        script,
                        fixture.RequestFor(index, "frontdesk") with
                        {
                            OnAnswered = call => live[call.Index] = call,
                            OnTurn = _ => turns.AddOrUpdate(index, 1, (_, n) => n + 1),
                        },
                        deadline.Token
                    )
            )
            .ToList();
        // Each has said for when, and was asked for the name: that must not be asked again.
        await WhenAsync(() => turns.Count == running.Count, "every caller's first turn", deadline.Token);

        var node = fixture.Cluster.Nodes.MaxBy(n => On(n, live.Values).Count)!;
        var victims = On(node, live.Values);
        victims.Should().NotBeEmpty();
        await node.KillAsync();
        node.Start();
        var results = (await Task.WhenAll(running)).Select(r => r.Measurement).ToList();

        results.Should().OnlyContain(c => c.Outcome == CallOutcome.AgentHungUp);
        foreach (var call in results)
        {
            call.Continuity.Moves.Should().HaveCount(victims.Contains(call.Index) ? 1 : 0, "call {0}", call.Index);
            call.Continuity.TwoAgents.Should().BeLessThan(RunFigures.TwoAgentsHeard);
        }
        results
            .SelectMany(c => c.Continuity.Moves)
            .Should()
            .OnlyContain(m => m.Gap < GapAllowed && m.To.Split(':')[0] != $"{node.Place.Address}");
        var booked = await new BookingLedger(fixture.Cluster.Postgres.Database).AllAsync();
        booked.Should().HaveCount(results.Count, "each books once");
        booked.Should().OnlyContain(b => b.Name.ToLowerInvariant().Contains(BookingScripts.Surname));
        fixture.Slots.Should().OnlyContain(slot => booked.Count(b => slot.Is(b.Day, b.Time)) == 1);
        var booking = booked.Select(b => $"call-c{b.Conversation[1..]}").ToHashSet();
        var owners = (await OwnerLedger.ReadAsync(fixture.Cluster.Postgres.Database))
            .Where(o => booking.Contains(o.CallId))
            .ToList();
        owners.Should().HaveCount(results.Count);
        owners.Count(o => o.TakeUps.Count == 1).Should().Be(victims.Count);
        owners.Should().OnlyContain(o => o.TakeUps.Count <= 1 && o.WritersThatCameBack == 0);
    }

    [Fact]
    public async Task A_rolling_restart_drops_no_call_and_refuses_none()
    {
        await fixture.WhenWholeAsync();
        using var end = new CancellationTokenSource();
        var live = new ConcurrentDictionary<int, LiveCall>();
        var silent = new CallerScript
        {
            Name = "silent",
            Greeting = false,
            Lines = [new CallerLine { Text = "", Silence = CallDeadline }],
        };
        var running = new List<Task<CallerResult>>();
        await CallAsync(6);

        foreach (var node in fixture.Cluster.Nodes)
        {
            var before = On(node, live.Values);
            await node.TerminateAsync(DrainDeadline);
            node.ExitCode.Should().Be(0);
            On(node, live.Values).Should().BeEmpty("{0} calls were moved", before.Count);
            // While it is away, calls are taken all the same.
            await CallAsync(1);
            node.Start();
            await fixture.WhenWholeAsync();
        }
        await end.CancelAsync();
        var results = (await Task.WhenAll(running)).Select(r => r.Measurement).ToList();

        results.Should().OnlyContain(c => c.Outcome == CallOutcome.Stopped, "nobody hung up but the callers");
        var moves = results.SelectMany(c => c.Continuity.Moves).ToList();
        moves.Should().HaveCountGreaterThanOrEqualTo(6, "every call of a node was moved as it left");
        moves.Should().OnlyContain(m => m.Gap < MoveGapAllowed);
        results.Should().OnlyContain(c => c.Continuity.TwoAgents < OverlapAllowed);

        async Task CallAsync(int calls)
        {
            using var deadline = new CancellationTokenSource(DrainDeadline);
            for (var n = 0; n < calls; n++)
            {
                running.Add(
                    fixture.Caller.CallAsync(
                        silent,
                        fixture.RequestFor(running.Count, ClusterSettings.PlayNumber) with
                        {
                            OnAnswered = call => live[call.Index] = call,
                        },
                        end.Token
                    )
                );
            }
            await WhenAsync(() => live.Count == running.Count, $"{running.Count} answered calls", deadline.Token);
        }
    }

    private static IReadOnlyList<int> On(ClusterNode node, IEnumerable<LiveCall> calls) =>
        [
            .. calls
                .Where(c => c.MediaAddress().StartsWith($"{node.Place.Address}:", StringComparison.Ordinal))
                .Select(c => c.Index),
        ];

    private static async Task WhenAsync(Func<bool> condition, string what, CancellationToken deadline)
    {
        while (!condition())
        {
            deadline.IsCancellationRequested.Should().BeFalse("{0} should have come", what);
            await Task.Delay(Step);
        }
    }
}

namespace OCPlatform.LoadTest.Tests;

public sealed class LoadRunTests
{
    [Fact]
    public void Calls_are_due_at_absolute_times()
    {
        var plan = Plan with { Calls = 3, Rate = 4 };

        Enumerable
            .Range(0, 4)
            .Select(plan.DueAt)
            .Should()
            .Equal(TimeSpan.Zero, TimeSpan.FromSeconds(0.25), TimeSpan.FromSeconds(0.5), null);
    }

    [Fact]
    public void A_duration_has_room_for_its_rate()
    {
        var plan = Plan with { Rate = 2, Duration = TimeSpan.FromMinutes(10) };

        plan.DueAt(1199).Should().Be(TimeSpan.FromSeconds(599.5));
        plan.DueAt(1200).Should().BeNull();
    }

    [Fact]
    public async Task Calls_beyond_the_limit_wait_and_a_stop_ends_all_with_BYE()
    {
        await using var agent = new ScriptedAgent(28_000) { Greeting = Signals.Voice(900) };
        await using var caller = new SyntheticCaller(new() { RtpPortStart = 28_400, RtpPortEnd = 28_599 });
        using var stop = new CancellationTokenSource();
        var run = new LoadRun(
            caller,
            Plan with
            {
                Targets = [new(agent.Address)],
                Calls = 5,
                Rate = 100,
                MaxConcurrent = 2,
            },
            TimeProvider.System
        );

        var running = run.RunAsync(stop.Token);
        var deadline = TimeProvider.System.GetTimestamp();
        while (run.Progress.Read() is not { HeldBack: 1, Answered: 2 })
        {
            TimeProvider.System.GetElapsedTime(deadline).Should().BeLessThan(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }
        await stop.CancelAsync();
        var result = await running.WaitAsync(TimeSpan.FromSeconds(10));

        result.Calls.Should().HaveCount(2).And.OnlyContain(c => c.Outcome == CallOutcome.Stopped);
        result.Final.Peak.Should().Be(2);
        result.Figures.Failed.Should().Be(0);
    }

    private static readonly LoadPlan Plan = new()
    {
        Targets = [new(Sip.SipUri.Parse("sip:agent@127.0.0.1"))],
        Scripts = [new CallerScript { Name = "listen", End = ScenarioEnd.WaitForAgent }],
    };
}

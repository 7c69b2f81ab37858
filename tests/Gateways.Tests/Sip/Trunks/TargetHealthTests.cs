using OCPlatform.Gateways.Sip;

namespace OCPlatform.Gateways.Tests.Sip.Outbound;

public sealed class TargetHealthTests
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TrunkHealthOptions _options = new() { DownAfter = 3, UpAfter = 2 };

    [Fact]
    public void It_goes_down_after_failures_in_a_row_and_up_after_successes_in_a_row()
    {
        var health = new TargetHealth(_options, Noon);
        health.OnFailure(At(1), "timeout").Should().BeFalse();
        health.OnFailure(At(2), "timeout").Should().BeFalse();
        health.StateAt(At(2)).Should().Be(TargetState.Up);
        health.OnFailure(At(3), "503").Should().BeTrue();
        health.StateAt(At(3)).Should().Be(TargetState.Down);
        (health.Since, health.LastCause).Should().Be((At(3), "503"));

        health.OnSuccess(At(4)).Should().BeFalse();
        health.OnFailure(At(5), "timeout").Should().BeFalse();
        health.OnSuccess(At(6)).Should().BeFalse();
        health.OnSuccess(At(7)).Should().BeTrue();
        health.StateAt(At(7)).Should().Be(TargetState.Up);
        health.Since.Should().Be(At(7));
    }

    [Fact]
    public void A_success_between_failures_begins_the_count_anew()
    {
        var health = new TargetHealth(_options, Noon);
        health.OnFailure(At(1), "");
        health.OnFailure(At(2), "");
        health.OnSuccess(At(3));
        health.OnFailure(At(4), "");
        health.OnFailure(At(5), "");

        health.StateAt(At(5)).Should().Be(TargetState.Up);
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(401, true)]
    [InlineData(404, true)]
    [InlineData(405, true)]
    [InlineData(500, true)]
    [InlineData(503, false)]
    [InlineData(408, false)]
    public void Whoever_answers_lives_but_for_503_and_408(int status, bool alive) =>
        TargetHealth.IsAlive(status).Should().Be(alive);

    [Fact]
    public void Retry_After_is_kept_but_not_for_more_than_five_minutes()
    {
        var health = new TargetHealth(_options, Noon);
        health.OnFailure(Noon, "503", TimeSpan.FromSeconds(20));
        health.StateAt(At(19)).Should().Be(TargetState.Down);
        health.StateAt(At(20)).Should().Be(TargetState.Up);

        health.OnFailure(Noon, "503", TimeSpan.FromDays(1));
        health.StateAt(At(299)).Should().Be(TargetState.Down);
        health.StateAt(At(300)).Should().Be(TargetState.Up);
    }

    [Fact]
    public void Without_OPTIONS_one_call_may_try_it_again_after_a_while()
    {
        _options.IntervalSeconds = 0;
        _options.DownAfter = 1;
        _options.DownIntervalSeconds = 10;
        var health = new TargetHealth(_options, Noon);
        health.OnFailure(Noon, "timeout");
        health.StateAt(At(9)).Should().Be(TargetState.Down);
        health.StateAt(At(10)).Should().Be(TargetState.OnTrial);

        health.OnFailure(At(10), "timeout");
        health.StateAt(At(19)).Should().Be(TargetState.Down);
        health.OnSuccess(At(20)).Should().BeTrue();
        health.StateAt(At(20)).Should().Be(TargetState.Up);
        health.NextProbe.Should().BeNull();
    }

    [Fact]
    public void What_is_down_is_asked_more_often()
    {
        _options.DownAfter = 1;
        var health = new TargetHealth(_options, Noon);
        health.NextProbe.Should().Be(TimeSpan.FromSeconds(30));
        health.OnFailure(Noon, "timeout");
        health.NextProbe.Should().Be(TimeSpan.FromSeconds(10));
    }

    private static DateTimeOffset At(int seconds) => Noon.AddSeconds(seconds);
}

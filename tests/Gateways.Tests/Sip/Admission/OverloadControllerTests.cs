using OCPlatform.Contracts.Nodes;
using OCPlatform.Gateways.Sip;

namespace OCPlatform.Gateways.Tests.Sip.Admission;

public sealed class OverloadControllerTests
{
    private static readonly NodeLoad Idle = new(1, 0.1, 100);
    private static readonly NodeLoad Late = new(25, 0.1, 100);
    private static readonly NodeLoad VeryLate = new(80, 0.1, 100);
    private static readonly NodeLoad BetweenMarks = new(15, 0.1, 100);
    private static readonly NodeLoad Hot = new(1, 0.97, 100);

    private readonly OverloadController _controller = new(new SipOverloadOptions());

    [Fact]
    public void Below_the_marks_every_call_is_taken()
    {
        Update(Idle, 100);
        Update(BetweenMarks, 100);
        _controller.Level.Should().Be(0);
        _controller.Cause.Should().BeNull();
    }

    [Fact]
    public void The_share_turned_away_grows_with_time_and_the_faster_the_worse_it_is()
    {
        Update(Late, 1);
        var after1 = _controller.Level;
        Update(Late, 1);
        _controller.Level.Should().BeGreaterThan(after1);

        var other = new OverloadController(new SipOverloadOptions());
        other.Update(VeryLate).Should().BeGreaterThan(3 * after1);
    }

    [Fact]
    public void The_share_never_exceeds_all()
    {
        Update(VeryLate, 60);
        _controller.Level.Should().Be(1);
    }

    [Fact]
    public void Between_the_marks_the_share_stays()
    {
        Update(Late, 3);
        var level = _controller.Level;
        Update(BetweenMarks, 50);
        _controller.Level.Should().Be(level);
    }

    [Fact]
    public void Below_the_lower_marks_it_falls_to_nothing_more_slowly_than_it_grew()
    {
        Update(VeryLate, 2);
        _controller.Level.Should().Be(1);
        Update(Idle, 10);
        _controller.Level.Should().BeInRange(0.4, 0.6);
        Update(Idle, 10);
        _controller.Level.Should().Be(0);
        _controller.Cause.Should().BeNull();
    }

    [Fact]
    public void The_cause_is_what_is_worst()
    {
        Update(Late, 1);
        _controller.Cause.Should().Be("the media clock is 25 ms late");
        Update(Hot, 1);
        _controller.Cause.Should().Be("97 % of the processors are in use");
    }

    [Fact]
    public void One_that_is_cool_is_not_enough_when_the_other_is_not()
    {
        Update(Hot, 3);
        var level = _controller.Level;
        Update(new NodeLoad(1, 0.8, 100), 10);
        _controller.Level.Should().Be(level);
    }

    private void Update(NodeLoad load, int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            _controller.Update(load);
        }
    }
}

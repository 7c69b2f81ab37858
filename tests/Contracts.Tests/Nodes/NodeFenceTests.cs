using OCPlatform.Contracts.Nodes;

namespace OCPlatform.Contracts.Tests.Nodes;

public sealed class NodeFenceTests
{
    private readonly NodeFence _fence = new();

    [Fact]
    public void All_fall_silent_once_and_the_first_cause_is_kept()
    {
        var silenced = 0;
        _fence.OnFall(() => silenced++);
        _fence.OnFall(() => silenced++);
        _fence.HasFallen.Should().BeFalse();

        _fence.Fall("downed");
        _fence.Fall("removed");

        silenced.Should().Be(2);
        _fence.HasFallen.Should().BeTrue();
        _fence.Cause.Should().Be("downed");
    }

    [Fact]
    public void Who_comes_late_is_silenced_at_once()
    {
        _fence.Fall("downed");
        var silenced = false;

        _fence.OnFall(() => silenced = true);

        silenced.Should().BeTrue();
    }

    [Fact]
    public void One_that_cannot_fall_silent_does_not_keep_the_others_talking()
    {
        var silenced = false;
        _fence.OnFall(() => throw new InvalidOperationException("stuck"));
        _fence.OnFall(() => silenced = true);

        var faults = _fence.Fall("downed");

        silenced.Should().BeTrue();
        faults.Should().ContainSingle().Which.Message.Should().Be("stuck");
    }

    [Fact]
    public void Whoever_looks_while_it_falls_sees_it_fallen()
    {
        var seen = false;
        _fence.OnFall(() => seen = _fence.HasFallen);

        _fence.Fall("downed");

        seen.Should().BeTrue("an actor that is asked in between must not say another word");
    }
}

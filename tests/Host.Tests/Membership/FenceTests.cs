using OCPlatform.Host.Membership;

namespace OCPlatform.Host.Tests.Membership;

/// <summary>Which nodes fall silent, and when.</summary>
public sealed class FenceTests : IAsyncLifetime
{
    private readonly TestMembers _members = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _members.DisposeAsync();

    [Fact]
    public async Task Who_is_downed_falls_silent_and_nobody_else()
    {
        var members = await _members.FormAsync(2);

        members[0].Cluster.Down(members[1].Address);

        await TestMembers.UntilAsync(() => members[1].Fence.HasFallen, "the downed one is fenced");
        members[0].Fence.HasFallen.Should().BeFalse();
    }

    [Fact]
    public async Task Who_leaves_by_itself_is_not_fenced()
    {
        var members = await _members.FormAsync(2);

        await members[1].Cluster.LeaveAsync();

        await TestMembers.UntilAsync(() => members[0].Cluster.State.Members.Count == 1, "it has left");
        members.Should().AllSatisfy(member => member.Fence.HasFallen.Should().BeFalse());
    }

    [Fact]
    public async Task The_cut_off_node_falls_silent_before_the_others_take_its_place()
    {
        var members = await _members.FormAsync(3);
        long? removedAt = null;
        var cutOff = members[2];

        await TestMember.SplitAsync(cutOff, members[0]);
        await TestMember.SplitAsync(cutOff, members[1]);
        await TestMembers.UntilAsync(
            () =>
            {
                if (removedAt is null && members[..2].Any(member => member.Cluster.State.Members.Count < 3))
                {
                    removedAt = TimeProvider.System.GetTimestamp();
                }
                return removedAt is not null;
            },
            "the majority goes on without it"
        );

        cutOff.FellAt.Should().NotBeNull().And.BeLessThan(removedAt!.Value);
        members[..2].Should().AllSatisfy(member => member.Fence.HasFallen.Should().BeFalse());
    }

    [Fact]
    public async Task Who_stood_still_for_longer_than_the_others_wait_falls_silent_when_it_wakes()
    {
        var members = await _members.FormAsync(2);
        var time = new LeapingTime();
        var fence = new Contracts.Nodes.NodeFence();
        var times = new FenceTimes(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3.5));
        members[1].Create(Akka.Actor.Props.Create(() => new FenceWatch(fence, times, time)));
        await TestMembers.UntilAsync(() => time.Asked > 4, "it looks at the clock");
        fence.HasFallen.Should().BeFalse();

        time.Leap(TimeSpan.FromSeconds(5));

        await TestMembers.UntilAsync(() => fence.HasFallen, "it falls");
        fence.Cause.Should().Contain("stood still");
    }

    [Fact]
    public async Task A_node_alone_may_stand_still_for_as_long_as_it_likes()
    {
        var members = await _members.FormAsync(1);
        var time = new LeapingTime();
        var fence = new Contracts.Nodes.NodeFence();
        var times = new FenceTimes(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3.5));
        members[0].Create(Akka.Actor.Props.Create(() => new FenceWatch(fence, times, time)));

        await TestMembers.UntilAsync(() => time.Asked > 4, "it looks at the clock");
        time.Leap(TimeSpan.FromHours(1));
        var asked = time.Asked;
        await TestMembers.UntilAsync(() => time.Asked > asked + 4, "it has looked at the clock since");

        fence.HasFallen.Should().BeFalse("nobody is there to replace it");
    }

    /// <summary>The real clock, with leaps.</summary>
    private sealed class LeapingTime : TimeProvider
    {
        private long _leapt;
        private int _asked;

        public int Asked => Volatile.Read(ref _asked);

        public void Leap(TimeSpan time) =>
            Interlocked.Add(ref _leapt, (long)(time.TotalSeconds * System.TimestampFrequency));

        public override long GetTimestamp()
        {
            Interlocked.Increment(ref _asked);
            return System.GetTimestamp() + Interlocked.Read(ref _leapt);
        }
    }
}

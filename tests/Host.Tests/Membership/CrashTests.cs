using Akka.Cluster;
using Akka.Remote;
using OCPlatform.Host.Membership;

namespace OCPlatform.Host.Tests.Membership;

/// <summary>Members whose process is gone, and such as only seem so.</summary>
public sealed class CrashTests : IAsyncLifetime
{
    private readonly TestMembers _members = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _members.DisposeAsync();

    [Fact]
    public async Task A_member_whose_port_refuses_is_removed_before_heartbeats_could_be_missed()
    {
        var members = await _members.FormAsync(3);
        var pause = members[0]
            .System.Settings.Config.GetTimeSpan("akka.cluster.failure-detector.acceptable-heartbeat-pause");

        await members[2].EndAsync();

        await TestMembers.UntilAsync(
            () => members[..2].All(member => member.Cluster.State.Members.Count == 2),
            "the dead one is removed",
            (int)pause.TotalMilliseconds
        );
        members[..2].Should().AllSatisfy(member => member.Fence.HasFallen.Should().BeFalse());
    }

    [Fact]
    public async Task The_oldest_and_leader_is_removed_as_fast_as_any_other()
    {
        var members = await _members.FormAsync(2);

        await members[0].EndAsync();

        await TestMembers.UntilAsync(
            () => members[1].Cluster.State.Members.Count == 1,
            "the dead one is removed",
            2_000
        );
        members[1].Fence.HasFallen.Should().BeFalse("half of the cluster is proven dead, not out of reach");
    }

    [Theory]
    [InlineData(PortAnswer.Open)]
    [InlineData(PortAnswer.Unknown)]
    public async Task A_lost_connection_without_a_refusal_proves_nothing(PortAnswer answer)
    {
        var members = await _members.FormAsync(2);
        members[0].PretendedAnswer = answer;

        members[0].Tell(new DisassociatedEvent(members[0].Address, members[1].Address, inbound: true));
        await TestMembers.UntilAsync(
            () => members[0].Probes >= (answer == PortAnswer.Open ? 1 : 3),
            "the port is tried"
        );

        members[0].Sees(members[1]).Should().BeTrue();
        CrashProofs.Of(members[0].System.EventStream).Has(members[1].Address.ToString()).Should().BeFalse();
    }

    [Fact]
    public async Task Who_is_killed_and_started_again_under_its_address_is_a_member_again_at_once()
    {
        var members = await _members.FormAsync(2);
        await members[1].EndAsync();

        var again = _members.Start(2, members[1].Address.Port!.Value);
        again.Cluster.JoinSeedNodes([members[0].Address]);

        await TestMembers.UntilAsync(
            () =>
                members[0]
                    .Cluster.State.Members.Any(member =>
                        member.UniqueAddress == again.Cluster.SelfUniqueAddress && member.Status == MemberStatus.Up
                    ),
            "the new incarnation is up",
            6_000
        );
        members[0].UpCount.Should().Be(2);
    }
}

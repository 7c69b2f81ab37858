namespace OCPlatform.Contracts.Tests.Nodes;

/// <summary>Nodes of this process that tell each other how they are.</summary>
public sealed class ClusterViewActorTests : IAsyncLifetime
{
    private readonly NodeCluster _cluster = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Nodes_know_of_each_other_whatever_their_roles_and_of_a_drain_at_once()
    {
        var a = await _cluster.StartAsync("call");
        var b = await _cluster.StartAsync("gateway");
        b.Calls = 7;

        await NodeCluster.EventuallyAsync(() => a.View.Nodes.Any(node => node.Address == b.Address && node.Calls == 7));
        await NodeCluster.EventuallyAsync(() => b.View.OthersTakeCalls);
        a.View.OthersTakeCalls.Should().BeFalse("the other has no role for calls");

        a.View.Drain();
        await NodeCluster.EventuallyAsync(() => !b.View.OthersTakeCalls);
    }

    [Fact]
    public async Task A_node_that_is_gone_is_forgotten()
    {
        var a = await _cluster.StartAsync("call");
        var b = await _cluster.StartAsync("call");
        await NodeCluster.EventuallyAsync(() => a.View.Nodes.Count == 2);

        await _cluster.KillAsync(b);

        await NodeCluster.EventuallyAsync(() => a.View.Nodes.Count == 1);
    }
}

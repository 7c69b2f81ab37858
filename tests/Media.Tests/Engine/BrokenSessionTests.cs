using OCPlatform.Media.Engine;

namespace OCPlatform.Media.Tests.Engine;

public class BrokenSessionTests
{
    [Fact]
    public async Task A_fault_in_a_tick_ends_its_session_and_no_other()
    {
        await using var pair = SessionPair.Started();
        await Eventually.Holds(() => pair.AgentSink.Frames.Length > 5, "the clock runs");

        pair.Agent.AudioTap = new FaultyTap();
        await pair.Agent.Closed.WaitAsync(TimeSpan.FromSeconds(10));

        pair.AgentSink.Events.Should().ContainSingle(e => e.StartsWith("broken")).Which.Should().Be("broken A fault.");
        pair.Engine.Stats.Sessions.Should().Be(1);
        pair.Engine.Stats.PortsInUse.Should().Be(1);
        var frames = pair.CallerSink.Frames.Length;
        await Eventually.Holds(() => pair.CallerSink.Frames.Length > frames + 20, "the other call goes on");
        pair.CallerSink.Events.Should().NotContain(e => e.StartsWith("broken"));

        // Its owner, who has heard of it, closes it as always.
        pair.Agent.Dispose();
        pair.Agent.SendDtmf('1').Should().BeFalse();
        pair.Engine.Stats.PortsInUse.Should().Be(1);
    }

    [Fact]
    public async Task A_fault_while_it_ends_does_not_keep_it_from_closing()
    {
        await using var pair = SessionPair.Started(change: o => o.RtcpIntervalSeconds = 5);
        await Eventually.Holds(() => pair.AgentSink.Frames.Length > 5, "the clock runs");
        var tap = new FaultyTap();
        pair.Agent.PacketTap = tap;

        pair.Agent.Dispose();
        await pair.Agent.Closed.WaitAsync(TimeSpan.FromSeconds(10));

        pair.Engine.Stats.PortsInUse.Should().Be(1);
    }

    private sealed class FaultyTap : IAudioTap, IPacketTap
    {
        public void OnFrames(ReadOnlySpan<short> received, ReadOnlySpan<short> sent, in MediaFrameInfo info) =>
            throw new InvalidOperationException("A fault.");

        public void OnPacket(in TappedPacket packet) => throw new InvalidOperationException("A fault.");
    }
}

using OCPlatform.Media.Engine;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Tests.Engine;

public class ToneListenerTests
{
    private static readonly MediaCapabilities WithoutEvents = MediaCapabilities.Default with { TelephoneEvent = false };

    [Theory]
    [InlineData(false, true, true)]
    [InlineData(true, true, false)]
    [InlineData(false, false, false)]
    public async Task A_key_in_the_audio_is_heard_where_there_is_no_telephone_event_and_somebody_listens(
        bool telephoneEvent,
        bool listens,
        bool heard
    )
    {
        await using var pair = new VirtualPair(telephoneEvent ? MediaCapabilities.Default : WithoutEvents);
        pair.AgentSink.ListensForTones = listens;

        Play(pair, Sum(Tone.Sine(770, 800, amplitude: 5000), Tone.Sine(1336, 800, amplitude: 5000)));

        Events(pair, "dtmf 5").Should().HaveCount(heard ? 1 : 0);
    }

    [Fact]
    public async Task A_fax_machine_that_calls_is_told_once()
    {
        await using var pair = new VirtualPair(capacityMs: 16_000);
        pair.AgentSink.ListensForTones = true;
        var cng = Tone.Sine(1100, 4000, amplitude: 6000);
        var pause = new short[24_000];

        Play(pair, [.. cng, .. pause, .. cng, .. pause]);

        Events(pair, "fax").Should().Equal("fax Cng");
    }

    [Fact]
    public void Listening_allocates_nothing_once_it_has_begun()
    {
        var listener = new ToneListener(8000);
        var sink = new SilentSink();
        var frame = Tone.Sine(440, 160);
        listener.OnFrame(frame, withKeys: true, sink);

        Allocations.ShouldBeNonePer("frame", 2000, () => listener.OnFrame(frame, withKeys: true, sink));
    }

    private static void Play(VirtualPair pair, short[] pcm)
    {
        pair.Run(20);
        pair.Caller.TryEnqueue(pcm).Should().Be(pcm.Length);
        pair.Run(pcm.Length / 160 + 50);
    }

    private static IEnumerable<string> Events(VirtualPair pair, string kind) =>
        pair.AgentSink.Events.Where(e => e.StartsWith(kind, StringComparison.Ordinal));

    private static short[] Sum(short[] one, short[] other) => [.. one.Zip(other, (a, b) => (short)(a + b))];

    private sealed class SilentSink : IMediaSink;
}

using System.Runtime.InteropServices;
using OCPlatform.AiAdapters.Tests.Support;
using OCPlatform.CallActors.Voice;

namespace OCPlatform.CallActors.Tests.Voice;

/// <summary>A call's voice at both rates of a session, with scripted speech services and a clock turned by hand.</summary>
public sealed class CallVoiceTests : IAsyncLifetime
{
    private ScriptedRiva _riva = null!;

    public async Task InitializeAsync() => _riva = await ScriptedRiva.StartAsync();

    public async Task DisposeAsync() => await _riva.DisposeAsync();

    [Theory]
    [InlineData(8000, 3000)]
    [InlineData(16000, 6000)]
    public async Task It_hears_at_the_sessions_rate(int rateHz, double hz)
    {
        ScriptedRiva.Stream? heard = null;
        _riva.Recognize = async stream =>
        {
            heard = stream;
            while (await stream.ReadAsync()) { }
            await stream.WriteAsync("I need an appointment", isFinal: true);
        };
        using var phone = new PhoneLine(_riva, rateHz);
        phone.Say(phone.Silence(400));
        // Detection sees 1 kHz; the other tone is the upper part of what the line carries.
        var words = phone.Tone(1000, 800);
        var upper = phone.Tone(hz, 800);
        for (var i = 0; i < words.Length; i++)
        {
            words[i] += upper[i];
        }
        phone.Say(words);
        phone.Say(phone.Silence(600));

        var said = await phone.NextAsync<VoiceEvent.UserSaid>();
        said.Text.Should().Be("I need an appointment");
        (said.EndedAt - said.StartedAt).TotalMilliseconds.Should().BeApproximately(800, 64);

        heard!.Config!.Config.SampleRateHertz.Should().Be(rateHz);
        var audio = MemoryMarshal.Cast<byte, short>(CollectionsMarshal.AsSpan(heard.Audio)).ToArray();
        // From before it was known that somebody speaks, to where the turn was over.
        (audio.Length * 1000.0 / rateHz)
            .Should()
            .BeInRange(1100, 1700);
        var speech = audio.AsSpan(audio.AsSpan().IndexOfAnyExcept((short)0), words.Length);
        PhoneLine.Amplitude(speech, 1000, rateHz).Should().BeApproximately(4000, 100);
        PhoneLine.Amplitude(speech, hz, rateHz).Should().BeApproximately(4000, 100);
        phone.SeenByDetector(1000).Should().BeApproximately(4000, 100);
        if (rateHz == 16000)
        {
            phone.SeenByDetector(2000).Should().BeLessThan(10, "6 kHz must not fold down");
        }
    }

    [Theory]
    [InlineData(8000, 3000)]
    [InlineData(16000, 6000)]
    public async Task It_speaks_at_the_sessions_rate(int rateHz, double hz)
    {
        using var phone = new PhoneLine(_riva, rateHz);
        var askedHz = new List<int>();
        _riva.Speak = (request, responses, _) =>
        {
            lock (askedHz)
            {
                askedHz.Add(request.SampleRateHz);
            }
            return responses.WriteAsync(ScriptedRiva.Samples(phone.Tone(hz, 400)));
        };
        phone.Say(phone.Silence(100));
        phone.Voice.BeginTurn(1);
        phone.Voice.AddText(1, "Hello.");
        phone.Voice.AddText(1, "How can I help?");
        phone.Voice.CompleteTurn(1);

        var delivered = await phone.NextAsync<VoiceEvent.AgentTurnDelivered>();
        delivered.HeardText.Should().Be("Hello.How can I help?");
        delivered.Interrupted.Should().BeFalse();
        askedHz.Should().Equal(rateHz, rateHz);

        var heard = phone.Heard;
        var first = heard.FindIndex(s => s != 0);
        var last = heard.FindLastIndex(s => s != 0);
        ((last - first) * 1000.0 / rateHz).Should().BeApproximately(400 + 260 + 400, 60, "with a breath between");
        var clause = CollectionsMarshal.AsSpan(heard).Slice(first + rateHz / 50, rateHz / 3);
        PhoneLine.Amplitude(clause, hz, rateHz).Should().BeApproximately(4000, 50);
    }

    [Theory]
    [InlineData(8000)]
    [InlineData(16000)]
    public async Task Interrupted_it_knows_what_was_heard(int rateHz)
    {
        using var phone = new PhoneLine(_riva, rateHz);
        // 4 s of speech in eight words of the same length.
        _riva.Speak = (_, responses, _) => responses.WriteAsync(ScriptedRiva.Samples(phone.Tone(500, 4000)));
        _riva.Recognize = async stream =>
        {
            while (await stream.ReadAsync()) { }
            await stream.WriteAsync("stop please", isFinal: true);
        };
        phone.Say(phone.Silence(100));
        phone.Voice.BeginTurn(1);
        phone.Voice.AddText(1, "aaa bbb ccc ddd eee fff ggg hhh");
        phone.Voice.CompleteTurn(1);
        await phone.UntilAsync(() => phone.Heard.Exists(s => s != 0));
        phone.Say(phone.Silence(2000));
        phone.Say(phone.Tone(1000, 600));
        phone.Say(phone.Silence(600));

        var delivered = await phone.NextAsync<VoiceEvent.AgentTurnDelivered>();
        delivered.Interrupted.Should().BeTrue();
        // The first 2 s, and what it takes to notice the caller.
        delivered.HeardText.Should().Be("aaa bbb ccc ddd");
        (await phone.NextAsync<VoiceEvent.UserSaid>()).Text.Should().Be("stop please");
        var heard = phone.Heard.FindLastIndex(s => s != 0) - phone.Heard.FindIndex(s => s != 0);
        (heard * 1000.0 / rateHz).Should().BeInRange(2000, 2400);
    }

    [Theory]
    [InlineData(8000, 15_000)]
    [InlineData(16000, 24_000)]
    public void While_nobody_speaks_it_is_small_and_takes_audio_without_allocating(int rateHz, int maxBytes)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var phone = new PhoneLine(_riva, rateHz);
        phone.Tick(phone.Silence(20));
        phone.Tick(phone.Silence(20));
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before - phone.BytesOfItsOwn;
        bytes.Should().BeLessThan(maxBytes);

        // Less than the time after which silence is told.
        var frame = phone.Silence(20);
        Allocations.ShouldBeNonePer("frame", 50, () => phone.Tick(frame));
    }
}

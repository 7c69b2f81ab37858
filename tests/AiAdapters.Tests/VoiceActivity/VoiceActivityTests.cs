using OCPlatform.AiAdapters.Tests.Support;
using OCPlatform.AiAdapters.VoiceActivity;

namespace OCPlatform.AiAdapters.Tests.VoiceActivity;

[Collection(SpeechCollection.Name)]
public sealed class VoiceActivityTests(SpeechFixture speech)
{
    [Fact]
    public void Speech_is_speech()
    {
        foreach (var clip in Corpus.Debian())
        {
            var frames = Probabilities(PhonePath.Send(clip.Samples, clip.SampleRateHz));
            var share = frames.Count(p => p > 0.5f) / (double)frames.Count;
            share.Should().BeGreaterThan(0.3, clip.Name);
        }
    }

    [Fact]
    public void Silence_noise_tones_and_dialled_digits_are_not()
    {
        var random = new Random(5);
        Quiet(i => 0);
        Quiet(i => random.Next(-1500, 1500));
        Quiet(i => 8000 * Math.Sin(2 * Math.PI * 440 * i / 8000));
        // "5" on a keypad: 770 and 1336 Hz, 100 ms on, 100 ms off.
        Quiet(i =>
            i / 800 % 2 == 0
                ? 5000 * (Math.Sin(2 * Math.PI * 770 * i / 8000) + Math.Sin(2 * Math.PI * 1336 * i / 8000))
                : 0
        );
    }

    [Fact]
    public void Detectors_share_the_model_and_nothing_else()
    {
        var samples = PhonePath.Send(Corpus.Debian()[0].Samples, 16_000);
        var alone = Probabilities(samples);
        using var one = speech.Server.VoiceActivity.Create();
        using var other = speech.Server.VoiceActivity.Create();
        var interleaved = new List<float>();
        foreach (var frame in Frames(samples))
        {
            interleaved.Add(one.Process(frame));
            other.Process(new short[VoiceActivityDetector.FrameSamples]);
        }

        interleaved.Should().Equal(alone);
        one.Reset();
        Frames(samples).Select(f => one.Process(f)).Should().Equal(alone);
    }

    [Fact]
    public void A_frame_allocates_nothing()
    {
        using var detector = speech.Server.VoiceActivity.Create();
        var frame = new short[VoiceActivityDetector.FrameSamples];

        Allocations.ShouldBeNonePer("frame", 50, () => detector.Process(frame));
    }

    private void Quiet(Func<int, double> wave)
    {
        var samples = Enumerable.Range(0, 24_000).Select(i => (short)wave(i)).ToArray();
        Probabilities(samples).Max().Should().BeLessThan(0.5f);
    }

    private List<float> Probabilities(short[] samples)
    {
        using var detector = speech.Server.VoiceActivity.Create();
        return [.. Frames(samples).Select(f => detector.Process(f))];
    }

    private static IEnumerable<short[]> Frames(short[] samples) =>
        samples
            .Chunk(VoiceActivityDetector.FrameSamples)
            .Where(frame => frame.Length == VoiceActivityDetector.FrameSamples);
}

using System.Runtime.InteropServices;
using Grpc.Core;
using Grpc.Net.Client;
using OCPlatform.AiAdapters.Riva;
using OCPlatform.AiAdapters.Riva.Tts;
using OCPlatform.AiAdapters.Tests.Support;
using OCPlatform.AiAdapters.TextToSpeech;
using OCPlatform.AiAdapters.TextToSpeech.Kokoro;
using Xunit.Abstractions;

namespace OCPlatform.AiAdapters.Tests.TextToSpeech;

[Collection(SpeechCollection.Name)]
public sealed class SynthesisTests(SpeechFixture speech, ITestOutputHelper output)
{
    private static readonly string[] Texts =
    [
        "Hello, this is Riverside Dental. How can I help you today?",
        "Your appointment is on Tuesday, December 1st at 3:00 PM. What name shall I put it under?",
        "We are open from nine in the morning until five in the afternoon.",
    ];

    [Theory]
    [InlineData("af_heart")]
    [InlineData("am_michael")]
    [InlineData("flite/rms")]
    [InlineData("flite/slt")]
    public async Task What_a_voice_says_is_understood_over_the_telephone(string voice)
    {
        var heard = new List<(string, string)>();
        foreach (var text in Texts)
        {
            var samples = await speech.SpeakAsync(text, voice, 8000);
            heard.Add((text, await speech.HearAsync(PhonePath.Send(samples, 8000))));
            output.WriteLine($"{text} | {heard[^1].Item2}");
        }

        WordErrors.Rate(heard).Should().BeLessThanOrEqualTo(0.10);
        speech.Server.Engines.KokoroUnavailable.Should().BeNull();
    }

    [Fact]
    public async Task Audio_starts_and_ends_without_dead_air()
    {
        foreach (var voice in new[] { "af_heart", "flite/slt" })
        {
            var samples = await speech.SpeakAsync("Good morning.", voice, 8000);
            Array.FindIndex(samples, s => Math.Abs((int)s) > 500).Should().BeLessThan(8 * 60);
            (samples.Length - Array.FindLastIndex(samples, s => Math.Abs((int)s) > 500)).Should().BeLessThan(8 * 250);
        }
    }

    [Theory]
    [InlineData(8000)]
    [InlineData(16_000)]
    [InlineData(24_000)]
    public async Task The_same_words_last_equally_long_at_every_rate(int sampleRateHz)
    {
        var reference = await speech.SpeakAsync("Good morning.", "flite/slt", 16_000);
        var samples = await speech.SpeakAsync("Good morning.", "flite/slt", sampleRateHz);
        ((double)samples.Length / sampleRateHz).Should().BeApproximately(reference.Length / 16_000.0, 0.03);
    }

    [Fact]
    public async Task Warmed_phrases_come_at_once_and_are_the_same_samples()
    {
        string[] phrases = ["Let me look that up for you."];
        var options = new TextToSpeechOptions();
        (await speech.Server.TextToSpeech.WarmAsync(phrases, options)).Should().Be(1);
        var first = await speech.SpeakAsync(phrases[0], null, 8000);
        var second = await speech.SpeakAsync(phrases[0], null, 8000);
        first.Should().Equal(second).And.HaveCountGreaterThan(8000);
        Directory
            .GetFiles(speech.Server.Options.Tts.CacheDirectory, "*.pcm", SearchOption.AllDirectories)
            .Should()
            .NotBeEmpty();
    }

    [Fact]
    public async Task A_plain_riva_client_gets_a_whole_utterance_in_its_encoding()
    {
        using var channel = GrpcChannel.ForAddress(speech.Server.Address);
        var client = new RivaSpeechSynthesis.RivaSpeechSynthesisClient(channel);
        var request = new SynthesizeSpeechRequest
        {
            Text = "Good morning.",
            LanguageCode = "en-US",
            VoiceName = "flite/slt",
            SampleRateHz = 8000,
            Encoding = AudioEncoding.LinearPcm,
            Id = new RequestId { Value = "7" },
        };
        var linear = await client.SynthesizeAsync(request);
        linear.Id.Value.Should().Be("7");
        request.Encoding = AudioEncoding.Mulaw;
        var mulaw = await client.SynthesizeAsync(request);
        mulaw.Audio.Length.Should().Be(linear.Audio.Length / 2);
        MemoryMarshal.Cast<byte, short>(linear.Audio.Span).ToArray().Should().Contain(s => Math.Abs((int)s) > 3000);
    }

    [Fact]
    public async Task The_first_message_of_a_stream_is_short()
    {
        using var channel = GrpcChannel.ForAddress(speech.Server.Address);
        var client = new RivaSpeechSynthesis.RivaSpeechSynthesisClient(channel);
        var request = new SynthesizeSpeechRequest
        {
            Text = Texts[2],
            VoiceName = "flite/slt",
            SampleRateHz = 8000,
        };
        using var call = client.SynthesizeOnline(request);
        var lengths = new List<int>();
        await foreach (var response in call.ResponseStream.ReadAllAsync())
            lengths.Add(response.Audio.Length);
        (lengths[0] / 16).Should().BeInRange(20, 100);
        lengths.Max().Should().BeGreaterThan(lengths[0] * 4);
    }

    [Theory]
    [InlineData("nobody", 8000, AudioEncoding.LinearPcm, "voice_name")]
    [InlineData("flite/slt", 44_100, AudioEncoding.LinearPcm, "sample_rate_hz")]
    [InlineData("flite/slt", 8000, AudioEncoding.Oggopus, "encoding")]
    public async Task What_cannot_be_spoken_is_rejected_by_name(
        string voice,
        int rateHz,
        AudioEncoding encoding,
        string field
    )
    {
        using var channel = GrpcChannel.ForAddress(speech.Server.Address);
        var client = new RivaSpeechSynthesis.RivaSpeechSynthesisClient(channel);
        var request = new SynthesizeSpeechRequest
        {
            Text = "Hello.",
            VoiceName = voice,
            SampleRateHz = rateHz,
            Encoding = encoding,
        };
        var synthesize = () => client.SynthesizeAsync(request).ResponseAsync;
        var status = (await synthesize.Should().ThrowAsync<RpcException>()).Which.Status;
        status.StatusCode.Should().Be(StatusCode.InvalidArgument);
        status.Detail.Should().Contain(field);
    }

    [Fact]
    public async Task The_voices_are_told()
    {
        using var channel = GrpcChannel.ForAddress(speech.Server.Address);
        var client = new RivaSpeechSynthesis.RivaSpeechSynthesisClient(channel);
        var config = await client.GetRivaSynthesisConfigAsync(new RivaSynthesisConfigRequest());
        config.ModelConfig.Select(m => m.ModelName).Should().Equal("kokoro", "flite");
        config.ModelConfig[0].Parameters["subvoices"].Should().Contain("af_heart");
    }

    [Fact]
    public void Both_phonemizers_write_in_the_alphabet_of_the_voice()
    {
        // Debian's pocketsphinx-en-us has the dictionary, libespeak-ng1 the library; either is enough to speak.
        var dictionary = DictionaryPhonemizer.TryCreate();
        dictionary!.Phonemes("hello").Should().Be("həlˈO");
        dictionary.Phonemes("the appointment").Should().Be("ðə əpˈYntmənt");
        dictionary.Phonemes("OCP").Should().Be("ˈO ˈsi ˈpi");
        dictionary.Phonemes("Wednesday's").Should().EndWith("z");
        var espeak = EspeakPhonemizer.TryCreate();
        espeak!.Phonemes("hello").Should().Be("həlˈO");
        espeak.Phonemes("choice").Should().Be("ʧˈYs");
        espeak.Phonemes("bird house").Should().Be("bˈɜɹd hˈWs");
    }
}

using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using OCPlatform.AiAdapters.Riva;
using OCPlatform.AiAdapters.Riva.Asr;
using OCPlatform.AiAdapters.SpeechToText;
using OCPlatform.AiAdapters.Tests.Support;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Sdp;
using Xunit.Abstractions;

namespace OCPlatform.AiAdapters.Tests.SpeechToText;

[Collection(SpeechCollection.Name)]
public sealed class RecognitionTests(SpeechFixture speech, ITestOutputHelper output)
{
    [Fact]
    public async Task People_are_understood_over_the_telephone()
    {
        var heard = await HearAllAsync([.. Corpus.Debian(), .. Corpus.SharedSentences()]);
        WordErrors.Rate(heard).Should().BeLessThan(0.12);
    }

    [Fact]
    public async Task Digits_are_understood_over_the_telephone()
    {
        // Human where the shared recordings are checked out; a synthetic caller's otherwise.
        var human = Corpus.DigitStrings(gapSamples: 2400);
        var clips = human.Count > 0 ? human : await SyntheticDigitsAsync();
        WordErrors.Rate(await HearAllAsync(clips)).Should().BeLessThan(0.20);
    }

    [Fact]
    public async Task A_booking_by_a_synthetic_caller_keeps_its_words()
    {
        var samples = await speech.SpeakAsync(
            "i would like to book an appointment for tuesday at three pm",
            "flite/rms",
            8000
        );
        var heard = WordErrors.Words(await speech.HearAsync(PhonePath.Send(samples, 8000)));
        heard.Should().Contain(["appointment", "tuesday", "three"]);
    }

    [Fact]
    public async Task Silence_and_noise_are_no_words()
    {
        (await speech.HearAsync(new short[16_000])).Should().BeEmpty();
        var noise = new short[24_000];
        var random = new Random(3);
        for (var i = 0; i < noise.Length; i++)
            noise[i] = (short)random.Next(-400, 400);
        (await speech.HearAsync(noise)).Should().BeEmpty();
    }

    [Fact]
    public async Task A_stream_that_stays_open_gets_a_final_result_for_each_utterance()
    {
        var finals = new List<string>();
        var second = new TaskCompletionSource();
        await using var stream = speech.Server.SpeechToText.Open(
            new SpeechToTextStreamOptions
            {
                OnFinal = result =>
                {
                    finals.Add(result.Text);
                    if (finals.Count == 2)
                        second.SetResult();
                },
            }
        );
        foreach (var clip in Corpus.Debian().Where(c => c.Name.EndsWith("0880") || c.Name.EndsWith("0930")))
        {
            foreach (var frame in PhonePath.Send(clip.Samples, clip.SampleRateHz).Concat(new short[9600]).Chunk(160))
                stream.TryWrite(frame);
        }

        await second.Task.WaitAsync(TimeSpan.FromSeconds(60));
        WordErrors.Words(finals[0]).Should().Contain(["ill", "disposed", "young", "man"]);
        WordErrors.Words(finals[1]).Should().Contain(["amiable", "himself"]);
        (await stream.CompleteAsync(TimeSpan.FromSeconds(60))).Text.Should().Be(string.Join(' ', finals));
    }

    [Fact]
    public async Task Interim_results_come_while_the_caller_speaks_and_settle_in_the_pause()
    {
        var clip = Corpus.Debian()[0];
        var interim = new List<SpeechToTextInterim>();
        var settled = new TaskCompletionSource();
        await using var stream = speech.Server.SpeechToText.Open(
            new SpeechToTextStreamOptions
            {
                OnInterim = i =>
                {
                    lock (interim)
                        interim.Add(i);
                    if (i.Stability == 1 && i.Text.Contains("do for them"))
                        settled.TrySetResult();
                },
            }
        );
        foreach (var frame in PhonePath.Send(clip.Samples, clip.SampleRateHz).Concat(new short[2400]).Chunk(160))
            stream.TryWrite(frame);
        // The stream is still open: this text came without waiting for its end.
        await settled.Task.WaitAsync(TimeSpan.FromSeconds(60));
        var result = await stream.CompleteAsync(TimeSpan.FromSeconds(60));
        lock (interim)
        {
            interim.Should().HaveCountGreaterThan(1);
            interim.Should().OnlyContain(i => i.Stability > 0 && i.Stability <= 1);
            interim[^1].Text.Should().Be(result.Text);
        }

        result.Confidence.Should().BeInRange(0.8f, 1);
    }

    [Theory]
    [InlineData(AudioEncoding.LinearPcm)]
    [InlineData(AudioEncoding.Mulaw)]
    [InlineData(AudioEncoding.Alaw)]
    public async Task A_plain_riva_client_sends_a_recording_in_any_telephone_encoding(AudioEncoding encoding)
    {
        var clip = Corpus.Debian().Single(c => c.Name.EndsWith("0880"));
        var samples = PhonePath.Send(clip.Samples, clip.SampleRateHz);
        var audio = MemoryMarshal.AsBytes(samples.AsSpan()).ToArray();
        if (encoding != AudioEncoding.LinearPcm)
        {
            audio = new byte[samples.Length];
            G711.Encode(encoding == AudioEncoding.Mulaw ? AudioCodec.Pcmu : AudioCodec.Pcma, samples, audio);
        }

        var request = new RecognizeRequest
        {
            Config = Config(encoding, 8000),
            Audio = ByteString.CopyFrom(audio),
            Id = new RequestId { Value = "42" },
        };
        using var channel = GrpcChannel.ForAddress(speech.Server.Address);
        var response = await new RivaSpeechRecognition.RivaSpeechRecognitionClient(channel).RecognizeAsync(request);
        response.Id.Value.Should().Be("42");
        // Without automatic punctuation: words in lower case only.
        var transcript = string.Join(' ', response.Results.Select(r => r.Alternatives[0].Transcript));
        transcript.Should().MatchRegex("^[a-z ]+$").And.Contain("young man");
        response.Results[0].Alternatives[0].Confidence.Should().BeGreaterThan(0.5f);
    }

    [Fact]
    public async Task Wideband_audio_in_messages_of_odd_lengths_is_understood_and_tells_its_voice_activity()
    {
        var clip = Corpus.Debian().Single(c => c.Name.EndsWith("0930"));
        using var channel = GrpcChannel.ForAddress(speech.Server.Address);
        var client = new RivaSpeechRecognition.RivaSpeechRecognitionClient(channel);
        using var call = client.StreamingRecognize();
        var config = Config(AudioEncoding.LinearPcm, 16_000);
        config.EnableAutomaticPunctuation = true;
        config.GetVadProbabilities = true;
        var streaming = new StreamingRecognitionConfig { Config = config };
        await call.RequestStream.WriteAsync(new StreamingRecognizeRequest { StreamingConfig = streaming });
        foreach (var piece in MemoryMarshal.AsBytes(clip.Samples.AsSpan()).ToArray().Chunk(1001))
        {
            var message = new StreamingRecognizeRequest { AudioContent = ByteString.CopyFrom(piece) };
            await call.RequestStream.WriteAsync(message);
        }

        await call.RequestStream.CompleteAsync();
        var results = new List<StreamingRecognitionResult>();
        await foreach (var response in call.ResponseStream.ReadAllAsync())
            results.AddRange(response.Results);
        results.Should().OnlyContain(r => r.IsFinal);
        string.Join(' ', results.Select(r => r.Alternatives[0].Transcript)).Should().EndWith("amiable himself.");
        results[^1].AudioProcessed.Should().BeApproximately((float)clip.Seconds, 0.05f);
        var activity = results.SelectMany(r => r.VadProbs).ToArray();
        activity.Length.Should().BeCloseTo((int)(clip.Seconds * 1000 / 32), 1);
        activity.Max().Should().BeGreaterThan(0.9f);
        activity.Min().Should().BeLessThan(0.2f);
    }

    [Theory]
    [InlineData(AudioEncoding.Flac, 8000, "en-US", 1, "encoding")]
    [InlineData(AudioEncoding.LinearPcm, 44_100, "en-US", 1, "sample_rate_hertz")]
    [InlineData(AudioEncoding.LinearPcm, 8000, "de-DE", 1, "language_code")]
    [InlineData(AudioEncoding.LinearPcm, 8000, "en-US", 2, "audio_channel_count")]
    public async Task What_cannot_be_heard_is_rejected_by_name(
        AudioEncoding encoding,
        int rateHz,
        string language,
        int channels,
        string field
    )
    {
        var config = Config(encoding, rateHz);
        config.LanguageCode = language;
        config.AudioChannelCount = channels;
        using var channel = GrpcChannel.ForAddress(speech.Server.Address);
        var client = new RivaSpeechRecognition.RivaSpeechRecognitionClient(channel);
        var recognize = () => client.RecognizeAsync(new RecognizeRequest { Config = config }).ResponseAsync;
        var status = (await recognize.Should().ThrowAsync<RpcException>()).Which.Status;
        status.StatusCode.Should().Be(StatusCode.InvalidArgument);
        status.Detail.Should().Contain(field);
    }

    [Fact]
    public async Task A_stream_that_starts_with_audio_is_rejected()
    {
        using var channel = GrpcChannel.ForAddress(speech.Server.Address);
        using var call = new RivaSpeechRecognition.RivaSpeechRecognitionClient(channel).StreamingRecognize();
        await call.RequestStream.WriteAsync(new StreamingRecognizeRequest { AudioContent = ByteString.CopyFrom(0, 0) });
        var read = () => call.ResponseStream.MoveNext(CancellationToken.None);
        (await read.Should().ThrowAsync<RpcException>()).Which.StatusCode.Should().Be(StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task The_served_model_tells_its_name()
    {
        using var channel = GrpcChannel.ForAddress(speech.Server.Address);
        var client = new RivaSpeechRecognition.RivaSpeechRecognitionClient(channel);
        var config = await client.GetRivaSpeechRecognitionConfigAsync(new RivaSpeechRecognitionConfigRequest());
        config.ModelConfig.Single().ModelName.Should().Be("moonshine-base");
    }

    private static RecognitionConfig Config(AudioEncoding encoding, int rateHz) =>
        new()
        {
            Encoding = encoding,
            SampleRateHertz = rateHz,
            LanguageCode = "en-US",
            AudioChannelCount = 1,
        };

    private async Task<List<(string, string)>> HearAllAsync(IReadOnlyList<Clip> clips)
    {
        var heard = new List<(string, string)>();
        foreach (var clip in clips)
        {
            var text = await speech.HearAsync(PhonePath.Send(clip.Samples, clip.SampleRateHz));
            output.WriteLine($"{clip.Transcript} | {text}");
            heard.Add((clip.Transcript, text));
        }

        output.WriteLine($"Word error rate {WordErrors.Rate(heard):P1}");
        return heard;
    }

    private async Task<List<Clip>> SyntheticDigitsAsync()
    {
        var clips = new List<Clip>();
        foreach (
            var digits in new[] { "three six seven nine seven", "eight four zero one five", "one four two five nine" }
        )
            clips.Add(new Clip(digits, digits, await speech.SpeakAsync(digits, "flite/rms", 8000), 8000));
        return clips;
    }
}

using Grpc.Core;
using OCPlatform.AiAdapters.Tests.Support;
using OCPlatform.AiAdapters.TextToSpeech;

namespace OCPlatform.AiAdapters.Tests.TextToSpeech;

public sealed class TextToSpeechClientTests : IAsyncLifetime
{
    private ScriptedRiva _preferred = null!;
    private ScriptedRiva _fallback = null!;
    private SpeechOptions _options = null!;

    public async Task InitializeAsync()
    {
        _preferred = await ScriptedRiva.StartAsync();
        _fallback = await ScriptedRiva.StartAsync();
        _preferred.Speak = (_, responses, _) => responses.WriteAsync(ScriptedRiva.Samples(1, 1, 1, 1));
        _fallback.Speak = (_, responses, _) => responses.WriteAsync(ScriptedRiva.Samples(2, 2, 2, 2));
        _options = new SpeechOptions();
        _options.Tts.Address = _preferred.Address;
        _options.Tts.FallbackAddresses = [_fallback.Address];
        _options.Tts.LocalFallback = false;
        _options.Breaker.FailuresToOpen = 2;
    }

    public async Task DisposeAsync()
    {
        await _preferred.DisposeAsync();
        await _fallback.DisposeAsync();
    }

    [Fact]
    public async Task The_request_carries_text_voice_and_rate()
    {
        string? asked = null;
        _preferred.Speak = (request, _, _) =>
        {
            asked =
                $"{request.Text}|{request.VoiceName}|{request.SampleRateHz}|{request.Encoding}|{request.LanguageCode}";
            return Task.CompletedTask;
        };
        await SpeakAsync(new TextToSpeechOptions { Voice = "af_heart", SampleRateHz = 16_000 });
        asked.Should().Be("Hello.|af_heart|16000|LinearPcm|en-US");
    }

    [Fact]
    public async Task When_an_endpoint_fails_the_next_one_speaks()
    {
        _preferred.Speak = (_, _, _) => throw new RpcException(new Status(StatusCode.Unavailable, "gone"));
        (await SpeakAsync()).Should().Equal(2, 2, 2, 2);
    }

    [Fact]
    public async Task When_an_endpoint_fails_in_the_middle_the_next_one_goes_on_from_there()
    {
        _preferred.Speak = async (_, responses, _) =>
        {
            await responses.WriteAsync(ScriptedRiva.Samples(1, 1, 1));
            throw new RpcException(new Status(StatusCode.Internal, "gone"));
        };
        (await SpeakAsync()).Should().Equal(1, 1, 1, 2);
    }

    [Fact]
    public async Task An_endpoint_without_first_audio_in_time_gives_way_to_the_next()
    {
        _options.Tts.ClientFirstAudioDeadlineMs = 100;
        _preferred.Speak = (_, _, context) => Task.Delay(Timeout.Infinite, context.CancellationToken);
        (await SpeakAsync()).Should().Equal(2, 2, 2, 2);
    }

    [Fact]
    public async Task A_broken_endpoint_is_left_alone_and_returned_to_when_it_has_healed()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var healthy = _preferred.Speak;
        _preferred.Speak = (_, _, _) => throw new RpcException(new Status(StatusCode.Unavailable, "gone"));
        using var client = new TextToSpeechClient(_options, time);
        for (var i = 0; i < 4; i++)
            (await SpeakAsync(client: client)).Should().Equal(2, 2, 2, 2);
        _preferred.SpeakCalls.Should().Be(2);
        _preferred.Speak = healthy;
        time.Advance(TimeSpan.FromMilliseconds(_options.Breaker.OpenMs));
        (await SpeakAsync(client: client)).Should().Equal(1, 1, 1, 1);
    }

    [Fact]
    public async Task When_nobody_answers_flite_speaks_in_this_process()
    {
        _options.Tts.Address = "http://127.0.0.1:1";
        _options.Tts.FallbackAddresses = [];
        _options.Tts.LocalFallback = true;
        var samples = await SpeakAsync();
        samples.Should().HaveCountGreaterThan(2000);
        samples.Max(s => Math.Abs((int)s)).Should().BeGreaterThan(3000);
    }

    [Fact]
    public async Task When_nobody_at_all_can_speak_the_failure_says_so()
    {
        _options.Tts.Address = "http://127.0.0.1:1";
        _options.Tts.FallbackAddresses = [];
        var speak = () => SpeakAsync();
        (await speak.Should().ThrowAsync<SpeechException>()).Which.Failure.Should().Be(SpeechFailure.Unavailable);
    }

    [Fact]
    public async Task A_rejected_request_fails_at_once()
    {
        _preferred.Speak = (_, _, _) => throw new RpcException(new Status(StatusCode.InvalidArgument, "no such voice"));
        var speak = () => SpeakAsync();
        (await speak.Should().ThrowAsync<SpeechException>()).Which.Failure.Should().Be(SpeechFailure.Rejected);
        _fallback.SpeakCalls.Should().Be(0);
    }

    [Fact]
    public async Task A_listener_who_leaves_cancels_the_request()
    {
        var cancelled = new TaskCompletionSource();
        _preferred.Speak = async (_, responses, context) =>
        {
            await responses.WriteAsync(ScriptedRiva.Samples(1));
            await UntilCancelledAsync(context.CancellationToken);
            cancelled.SetResult();
        };
        using var client = new TextToSpeechClient(_options, TimeProvider.System);
        await foreach (var _ in client.SynthesizeAsync("Hello.", new TextToSpeechOptions()))
            break;
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
        client.Endpoints[0].Broken.Should().BeFalse();
    }

    [Fact]
    public async Task Warm_up_says_that_it_is_one_and_counts_what_it_did()
    {
        var priorities = new List<string?>();
        _preferred.Speak = (request, _, context) =>
        {
            priorities.Add(context.RequestHeaders.GetValue(TextToSpeechClient.PriorityHeader));
            return request.Text == "Bad."
                ? throw new RpcException(new Status(StatusCode.InvalidArgument, "bad"))
                : Task.CompletedTask;
        };
        using var client = new TextToSpeechClient(_options, TimeProvider.System);
        (await client.WarmAsync(["One.", "Bad.", "Two."], new TextToSpeechOptions())).Should().Be(2);
        priorities.Should().Equal("warm-up", "warm-up", "warm-up");
    }

    private static Task UntilCancelledAsync(CancellationToken ct) =>
        Task.Delay(Timeout.Infinite, ct).ContinueWith(_ => { }, TaskScheduler.Default);

    private async Task<short[]> SpeakAsync(TextToSpeechOptions? options = null, TextToSpeechClient? client = null)
    {
        using var own = client is null ? new TextToSpeechClient(_options, TimeProvider.System) : null;
        var all = new List<short>();
        await foreach (var piece in (client ?? own!).SynthesizeAsync("Hello.", options ?? new TextToSpeechOptions()))
            all.AddRange(piece.Span);
        return [.. all];
    }
}

using System.Runtime.InteropServices;
using Grpc.Core;
using OCPlatform.AiAdapters.SpeechToText;
using OCPlatform.AiAdapters.Tests.Support;

namespace OCPlatform.AiAdapters.Tests.SpeechToText;

public sealed class SpeechToTextClientTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private ScriptedRiva _preferred = null!;
    private ScriptedRiva _fallback = null!;
    private SpeechOptions _options = null!;

    public async Task InitializeAsync()
    {
        _preferred = await ScriptedRiva.StartAsync();
        _fallback = await ScriptedRiva.StartAsync();
        _fallback.Recognize = s => s.EchoLengthAsync("fallback ");
        _options = new SpeechOptions();
        _options.Stt.Address = _preferred.Address;
        _options.Stt.FallbackAddresses = [_fallback.Address];
        _options.Breaker.FailuresToOpen = 2;
    }

    public async Task DisposeAsync()
    {
        await _preferred.DisposeAsync();
        await _fallback.DisposeAsync();
    }

    [Fact]
    public async Task Audio_arrives_whole_and_in_order_with_the_configuration_first()
    {
        ScriptedRiva.Stream? heard = null;
        _preferred.Recognize = s =>
        {
            heard = s;
            return s.EchoLengthAsync();
        };
        using var client = Client();
        await using var stream = client.Open(
            new SpeechToTextStreamOptions { SampleRateHz = 16_000, PhraseHints = ["tuesday"] }
        );
        for (short i = 0; i < 200; i++)
            stream.TryWrite([.. Enumerable.Repeat(i, 160)]).Should().BeTrue();
        var result = await stream.CompleteAsync(Soon);
        result.Text.Should().Be("64000 bytes");
        result.IsFinal.Should().BeTrue();
        result.Confidence.Should().Be(0.5f);
        result.Endpoint.Should().Be(new Uri(_preferred.Address));
        var samples = MemoryMarshal.Cast<byte, short>(heard!.Audio.ToArray()).ToArray();
        samples.Should().Equal(Enumerable.Range(0, 200).SelectMany(i => Enumerable.Repeat((short)i, 160)));
        heard.Config!.Config.SampleRateHertz.Should().Be(16_000);
        heard.Config.Config.SpeechContexts.Single().Phrases.Should().Equal("tuesday");
        heard.Config.InterimResults.Should().BeFalse();
    }

    [Fact]
    public async Task Interim_results_and_finals_of_a_stream_that_stays_open_are_told_as_they_come()
    {
        _preferred.Recognize = async s =>
        {
            await s.ReadAsync();
            await s.ReadAsync();
            await s.WriteAsync("one", isFinal: false);
            await s.WriteAsync("One.", isFinal: true, audioProcessed: 0.02f);
            while (await s.ReadAsync()) { }
            await s.WriteAsync("Two.", isFinal: true, audioProcessed: 0.04f);
        };
        var interim = new TaskCompletionSource<string>();
        var final = new TaskCompletionSource<string>();
        using var client = Client();
        await using var stream = client.Open(
            new SpeechToTextStreamOptions
            {
                OnInterim = i => interim.TrySetResult(i.Text),
                OnFinal = f => final.TrySetResult(f.Text),
            }
        );
        stream.TryWrite(new short[160]);
        (await interim.Task.WaitAsync(Soon)).Should().Be("one");
        (await final.Task.WaitAsync(Soon)).Should().Be("One.");
        stream.TryWrite(new short[160]);
        (await stream.CompleteAsync(Soon)).Text.Should().Be("One. Two.");
    }

    [Fact]
    public async Task When_an_endpoint_fails_in_the_middle_the_next_one_hears_everything_again()
    {
        _preferred.Recognize = async s =>
        {
            await s.ReadAsync();
            await s.ReadAsync();
            throw new RpcException(new Status(StatusCode.Unavailable, "gone"));
        };
        using var client = Client();
        await using var stream = client.Open(new SpeechToTextStreamOptions());
        for (var i = 0; i < 50; i++)
            stream.TryWrite(new short[160]);
        var result = await stream.CompleteAsync(Soon);
        result.Text.Should().Be("fallback 16000 bytes");
        result.Endpoint.Should().Be(new Uri(_fallback.Address));
    }

    [Fact]
    public async Task What_a_final_result_covers_is_not_played_again()
    {
        _preferred.Recognize = async s =>
        {
            while (s.Audio.Count < 16_000)
                await s.ReadAsync();
            await s.WriteAsync("Covered.", isFinal: true, audioProcessed: 0.5f);
            await s.ReadAsync();
            throw new RpcException(new Status(StatusCode.Internal, "gone"));
        };
        var final = new TaskCompletionSource();
        using var client = Client();
        await using var stream = client.Open(new SpeechToTextStreamOptions { OnFinal = _ => final.TrySetResult() });
        stream.TryWrite(new short[8000]);
        await final.Task.WaitAsync(Soon);
        stream.TryWrite(new short[800]);
        (await stream.CompleteAsync(Soon)).Text.Should().Be("Covered. fallback 9600 bytes");
    }

    [Fact]
    public async Task An_endpoint_that_does_not_answer_gives_way_to_the_next()
    {
        _options.Stt.ClientFinalDeadlineMs = 100;
        _preferred.Recognize = s => Task.Delay(Timeout.Infinite, s.Cancelled);
        using var client = Client();
        await using var stream = client.Open(new SpeechToTextStreamOptions());
        stream.TryWrite(new short[160]);
        (await stream.CompleteAsync(Soon)).Text.Should().Be("fallback 320 bytes");
    }

    [Fact]
    public async Task A_broken_endpoint_is_left_alone_and_returned_to_when_it_has_healed()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var healthy = _preferred.Recognize;
        _preferred.Recognize = _ => throw new RpcException(new Status(StatusCode.Unavailable, "gone"));
        using var client = new SpeechToTextClient(_options, time);
        for (var i = 0; i < 5; i++)
            (await AskAsync(client)).Should().StartWith("fallback");
        _preferred.RecognizeCalls.Should().Be(2);
        client.Endpoints[0].Broken.Should().BeTrue();

        _preferred.Recognize = healthy;
        (await AskAsync(client)).Should().StartWith("fallback");
        time.Advance(TimeSpan.FromMilliseconds(_options.Breaker.OpenMs));
        (await AskAsync(client)).Should().Be("320 bytes");
        client.Endpoints[0].Broken.Should().BeFalse();
    }

    [Fact]
    public async Task After_the_deadline_the_last_interim_text_counts()
    {
        _preferred.Recognize = async s =>
        {
            await s.ReadAsync();
            await s.WriteAsync("half a", isFinal: false);
            await Task.Delay(Timeout.Infinite, s.Cancelled);
        };
        _options.Stt.FallbackAddresses = [];
        var interim = new TaskCompletionSource();
        using var client = Client();
        await using var stream = client.Open(new SpeechToTextStreamOptions { OnInterim = _ => interim.TrySetResult() });
        await interim.Task.WaitAsync(Soon);
        var result = await stream.CompleteAsync(TimeSpan.FromMilliseconds(50));
        result.Text.Should().Be("half a");
        result.IsFinal.Should().BeFalse();
    }

    [Fact]
    public async Task After_the_deadline_with_nothing_known_the_failure_says_why()
    {
        _options.Stt.Address = "http://127.0.0.1:1";
        _options.Stt.FallbackAddresses = [];
        using var client = Client();
        await using var stream = client.Open(new SpeechToTextStreamOptions());
        stream.TryWrite(new short[160]);
        var complete = () => stream.CompleteAsync(TimeSpan.FromMilliseconds(500));
        (await complete.Should().ThrowAsync<SpeechException>()).Which.Failure.Should().Be(SpeechFailure.Unavailable);
    }

    [Fact]
    public async Task An_endpoint_that_comes_up_while_the_caller_speaks_still_hears_it_all()
    {
        var port = new Uri(_preferred.Address).Port;
        await _preferred.DisposeAsync();
        _options.Stt.FallbackAddresses = [];
        _options.Breaker.FailuresToOpen = 100;
        using var client = Client();
        await using var stream = client.Open(new SpeechToTextStreamOptions());
        stream.TryWrite(new short[800]);
        var complete = stream.CompleteAsync(Soon);
        _preferred = await ScriptedRiva.StartAsync(port);
        (await complete).Text.Should().Be("1600 bytes");
    }

    [Fact]
    public async Task A_rejected_request_fails_at_once_and_is_nobodys_fault()
    {
        _preferred.Recognize = _ => throw new RpcException(new Status(StatusCode.InvalidArgument, "no such language"));
        using var client = Client();
        await using var stream = client.Open(new SpeechToTextStreamOptions { Language = "xx" });
        var complete = () => stream.CompleteAsync(Soon);
        var failure = (await complete.Should().ThrowAsync<SpeechException>()).Which;
        failure.Failure.Should().Be(SpeechFailure.Rejected);
        failure.Message.Should().Be("no such language");
        _fallback.RecognizeCalls.Should().Be(0);
    }

    [Fact]
    public async Task Writing_never_waits_and_refuses_what_cannot_be_kept()
    {
        _preferred.Recognize = s => Task.Delay(Timeout.Infinite, s.Cancelled);
        using var client = Client();
        await using var stream = client.Open(new SpeechToTextStreamOptions { MaxPendingSeconds = 1 });
        stream.TryWrite(new short[8000]).Should().BeTrue();
        stream.TryWrite(new short[160]).Should().BeFalse();
        stream.RefusedSamples.Should().Be(160);
    }

    [Fact]
    public async Task A_stream_that_is_given_up_leaves_nothing_running_at_the_server()
    {
        var started = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        _preferred.Recognize = async s =>
        {
            await s.ReadAsync();
            started.SetResult();
            await Task.Delay(Timeout.Infinite, s.Cancelled).ContinueWith(_ => { }, TaskScheduler.Default);
            cancelled.SetResult();
        };
        using var client = Client();
        var stream = client.Open(new SpeechToTextStreamOptions());
        stream.TryWrite(new short[160]);
        await started.Task.WaitAsync(Soon);
        await stream.DisposeAsync();
        await cancelled.Task.WaitAsync(Soon);
        stream.TryWrite(new short[160]).Should().BeFalse();
    }

    private SpeechToTextClient Client() => new(_options, TimeProvider.System);

    private static async Task<string> AskAsync(SpeechToTextClient client)
    {
        await using var stream = client.Open(new SpeechToTextStreamOptions());
        stream.TryWrite(new short[160]);
        return (await stream.CompleteAsync(Soon)).Text;
    }
}

using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OCPlatform.AiAdapters.Dialogue;
using OCPlatform.AiAdapters.Dialogue.V1;
using Xunit.Abstractions;

namespace OCPlatform.Dialog.Tests;

/// <summary>The contract over a real HTTP/2 connection on loopback.</summary>
public sealed class DialogModelGrpcTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly ScriptedModel _scripted = new();
    private WebApplication? _app;

    public Task InitializeAsync() => Task.CompletedTask;

    [Fact]
    public async Task The_embedded_model_answers_over_grpc()
    {
        var model = new EmbeddedDialogModel(TestAgent.Catalogue, TestAgent.Embedder, TimeProvider.System);
        await model.WarmUpAsync(default);
        using var client = await ServeAsync(model);
        string[] said =
        [
            "i would like to book an appointment for tuesday at three pm",
            "what are your opening hours",
            "my name is john smith",
            "could you take a message for the doctor please",
            "the quick brown fox jumps over the lazy dog",
        ];
        var latencies = new List<double>();
        var cpu = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < 60; i++)
        {
            var request = Request(said[i % said.Length]);
            var start = Stopwatch.GetTimestamp();
            var responses = await Collect(client, request, default);
            latencies.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            responses[^1].Usage.Model.Should().Be("embedded");
            responses.Should().Contain(r => r.KindCase == RespondResponse.KindOneofCase.StateChange || r.HasTextDelta);
        }
        cpu = Environment.CpuUsage.TotalTime - cpu;
        latencies.Sort();
        output.WriteLine($"Respond: p50 {latencies[30]:F1} ms, p95 {latencies[57]:F1} ms, max {latencies[^1]:F1} ms");
        output.WriteLine(
            $"CPU, both ends of the wire and whatever else this process tests: {cpu.TotalMilliseconds / 60:F1} ms each"
        );
    }

    [Fact]
    public async Task Deltas_arrive_while_the_model_still_speaks()
    {
        using var client = await ServeAsync(_scripted);
        await using var responses = client.RespondAsync(Request("hi"), default).GetAsyncEnumerator();
        var first = responses.MoveNextAsync();
        var call = await Task.Run(_scripted.Next);
        call.Text("Sure.");

        (await first).Should().BeTrue();
        responses.Current.TextDelta.Should().Be("Sure.");
        call.Tool("x", """{"a":1}""").Done();
        (await responses.MoveNextAsync()).Should().BeTrue();
        responses.Current.ToolCall.ArgumentsJson.Should().Be("""{"a":1}""");
        (await responses.MoveNextAsync()).Should().BeFalse();
    }

    [Fact]
    public async Task A_silent_model_is_given_up_at_the_deadline()
    {
        using var client = await ServeAsync(_scripted, firstResponseMs: 150);
        var ask = async () => await Collect(client, Request("hi"), default);
        (await ask.Should().ThrowAsync<DialogModelException>()).WithMessage("*too long*");
        var call = _scripted.Next();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var cancelled = new TaskCompletionSource();
        await using var registration = call.Cancellation.Register(cancelled.SetResult);
        await cancelled.Task.WaitAsync(patience.Token);
    }

    [Fact]
    public async Task Giving_up_a_request_cancels_the_model()
    {
        using var client = await ServeAsync(_scripted);
        using var cancel = new CancellationTokenSource();
        var ask = Task.Run(async () => await Collect(client, Request("hi"), cancel.Token));
        var call = await Task.Run(_scripted.Next);
        await cancel.CancelAsync();

        await ask.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();
        var cancelled = new TaskCompletionSource();
        await using var registration = call.Cancellation.Register(cancelled.SetResult);
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_model_that_is_not_there_is_one_clear_exception()
    {
        using var client = new DialogModelClient(
            new DialogModelClientOptions { Address = "http://127.0.0.1:1" },
            TimeProvider.System
        );
        var ask = async () => await Collect(client, Request("hi"), default);
        await ask.Should().ThrowAsync<DialogModelException>();
    }

    [Fact]
    public async Task An_unknown_agent_is_named()
    {
        var model = new EmbeddedDialogModel(TestAgent.Catalogue, TestAgent.Embedder, TimeProvider.System);
        using var client = await ServeAsync(model);
        var request = Request("hi");
        request.Agent = "nobody";
        var ask = async () => await Collect(client, request, default);
        (await ask.Should().ThrowAsync<DialogModelException>()).WithMessage("*nobody*");
    }

    private static async Task<List<RespondResponse>> Collect(
        IDialogModel model,
        RespondRequest request,
        CancellationToken cancellation
    )
    {
        var responses = new List<RespondResponse>();
        await foreach (var response in model.RespondAsync(request, cancellation))
        {
            responses.Add(response);
        }
        return responses;
    }

    private static RespondRequest Request(string text) =>
        new()
        {
            Agent = "frontdesk",
            ConversationId = "test",
            Channel = Channel.Voice,
            State = new DialogState(),
            Input = new Input { UserText = text },
            Now = Timestamp.FromDateTimeOffset(Talk.Now),
            TimeZone = "America/New_York",
        };

    private async Task<DialogModelClient> ServeAsync(IDialogModel model, int firstResponseMs = 5000)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2)
        );
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(new DialogModelService(model));
        _app = builder.Build();
        _app.MapGrpcService<DialogModelService>();
        await _app.StartAsync();
        var address = _app
            .Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!
            .Addresses.First();
        var options = new DialogModelClientOptions { Address = address, FirstResponseDeadlineMs = firstResponseMs };
        return new DialogModelClient(options, TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
    }
}

using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using OCPlatform.AiAdapters;
using OCPlatform.AiAdapters.Riva.Asr;
using OCPlatform.AiAdapters.SpeechToText;

namespace OCPlatform.LoadTest.Tests;

public sealed class ReplyTranscriberTests
{
    [Fact]
    public async Task All_that_was_heard_reaches_the_recogniser_and_its_text_comes_back()
    {
        await using var service = await StartAsync();
        var address = service
            .Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!
            .Addresses.Single();
        using var client = new SpeechToTextClient(
            new SpeechOptions { Stt = new() { Address = address } },
            TimeProvider.System
        );

        // Longer than the client's usual minute.
        var text = await new ReplyTranscriber(client).TranscribeAsync(Signals.Voice(70_000));

        text.Should().Be($"{71 * 8000} samples at 8000");
    }

    private static async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2)
        );
        builder.Services.AddGrpc();
        var service = builder.Build();
        service.MapGrpcService<CountingRecogniser>();
        await service.StartAsync();
        return service;
    }

    /// <summary>Recognises how much it was sent.</summary>
    private sealed class CountingRecogniser : RivaSpeechRecognition.RivaSpeechRecognitionBase
    {
        public override async Task StreamingRecognize(
            IAsyncStreamReader<StreamingRecognizeRequest> requests,
            IServerStreamWriter<StreamingRecognizeResponse> responses,
            ServerCallContext context
        )
        {
            var rate = 0;
            var samples = 0;
            await foreach (var request in requests.ReadAllAsync())
            {
                rate = request.StreamingConfig?.Config.SampleRateHertz ?? rate;
                samples += request.AudioContent.Length / 2;
            }
            var result = new StreamingRecognitionResult { IsFinal = true };
            result.Alternatives.Add(new SpeechRecognitionAlternative { Transcript = $"{samples} samples at {rate}" });
            await responses.WriteAsync(new StreamingRecognizeResponse { Results = { result } });
        }
    }
}

using System.Buffers.Binary;
using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OCPlatform.AiAdapters.Riva.Asr;

namespace OCPlatform.LoadTest.Chaos;

/// <summary>nvidia.riva.asr.RivaSpeechRecognition over a <see cref="LineRecognizer"/>: one final result as the stream ends.</summary>
public sealed class RecognitionServer : IAsyncDisposable
{
    private readonly WebApplication _server;

    private RecognitionServer(WebApplication server, IPEndPoint address)
    {
        _server = server;
        Address = new Uri($"http://{address}");
    }

    /// <summary>For <c>speech.stt.address</c>.</summary>
    public Uri Address { get; }

    /// <param name="bind">Port 0 takes a free one.</param>
    public static async Task<RecognitionServer> StartAsync(IPEndPoint bind, LineRecognizer recognizer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(bind, listen => listen.Protocols = HttpProtocols.Http2)
        );
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(recognizer);
        var server = builder.Build();
        server.MapGrpcService<Service>();
        await server.StartAsync();
        var url = new Uri(server.Urls.First());
        return new RecognitionServer(server, new IPEndPoint(bind.Address, url.Port));
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync();
        await _server.DisposeAsync();
    }

    private sealed class Service(LineRecognizer recognizer) : RivaSpeechRecognition.RivaSpeechRecognitionBase
    {
        // An utterance is cut by the platform long before.
        private const int MostSamples = 8000 * 60;

        public override async Task StreamingRecognize(
            IAsyncStreamReader<StreamingRecognizeRequest> requestStream,
            IServerStreamWriter<StreamingRecognizeResponse> responseStream,
            ServerCallContext context
        )
        {
            var pcm = new List<short>();
            var rateHz = 16_000;
            var id = new OCPlatform.AiAdapters.Riva.RequestId();
            while (await requestStream.MoveNext(context.CancellationToken))
            {
                var request = requestStream.Current;
                if (request.StreamingConfig is { } config)
                {
                    rateHz = config.Config.SampleRateHertz;
                    id = request.Id;
                }
                else if (pcm.Count < MostSamples)
                {
                    Append(pcm, request.AudioContent.Span, rateHz);
                }
            }
            var result = new StreamingRecognitionResult { IsFinal = true, AudioProcessed = pcm.Count / 8000f };
            result.Alternatives.Add(
                new SpeechRecognitionAlternative
                {
                    Transcript = recognizer.Recognize(pcm.ToArray()),
                    Confidence = 0.95f,
                }
            );
            var response = new StreamingRecognizeResponse { Id = id };
            response.Results.Add(result);
            await responseStream.WriteAsync(response, context.CancellationToken);
        }

        private static void Append(List<short> pcm, ReadOnlySpan<byte> bytes, int rateHz)
        {
            var step = rateHz / SpeechDetector.SampleRateHz;
            for (var at = 0; at + 2 * step <= bytes.Length; at += 2 * step)
            {
                var sum = 0;
                for (var n = 0; n < step; n++)
                {
                    sum += BinaryPrimitives.ReadInt16LittleEndian(bytes[(at + 2 * n)..]);
                }
                pcm.Add((short)(sum / step));
            }
        }
    }
}

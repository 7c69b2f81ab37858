using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OCPlatform.AiAdapters.Riva.Asr;
using OCPlatform.AiAdapters.Riva.Tts;

namespace OCPlatform.AiAdapters.Tests.Support;

/// <summary>A Riva server that does what a test tells it, on a real loopback socket.</summary>
public sealed class ScriptedRiva : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ScriptedRiva(WebApplication app) => _app = app;

    public string Address { get; private set; } = "";

    /// <summary>What recognition does with a stream; gets the stream's audio bytes so far with each message.</summary>
    public Func<Stream, Task> Recognize { get; set; } = s => s.EchoLengthAsync();

    /// <summary>What synthesis does.</summary>
    public Func<
        SynthesizeSpeechRequest,
        IServerStreamWriter<SynthesizeSpeechResponse>,
        ServerCallContext,
        Task
    > Speak { get; set; } = (_, _, _) => Task.CompletedTask;

    public int RecognizeCalls;
    public int SpeakCalls;

    public static async Task<ScriptedRiva> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k =>
            k.Listen(System.Net.IPAddress.Loopback, port, l => l.Protocols = HttpProtocols.Http2)
        );
        builder.Services.AddGrpc();
        ScriptedRiva? self = null;
        builder.Services.AddSingleton(_ => self!);
        var app = builder.Build();
        self = new ScriptedRiva(app);
        app.MapGrpcService<Recognition>();
        app.MapGrpcService<Synthesis>();
        await app.StartAsync();
        self.Address = app.Urls.Single();
        return self;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    /// <summary>One recognition stream, from the server's side.</summary>
    public sealed class Stream(
        IAsyncStreamReader<StreamingRecognizeRequest> requests,
        IServerStreamWriter<StreamingRecognizeResponse> responses,
        CancellationToken ct
    )
    {
        public StreamingRecognitionConfig? Config { get; private set; }
        public List<byte> Audio { get; } = [];
        public CancellationToken Cancelled => ct;

        /// <summary>Reads the next message.</summary>
        /// <returns>false once the client has half-closed.</returns>
        public async Task<bool> ReadAsync()
        {
            if (!await requests.MoveNext(ct))
                return false;
            if (requests.Current.StreamingConfig is { } config)
                Config = config;
            else
                Audio.AddRange(requests.Current.AudioContent.Span);
            return true;
        }

        public Task WriteAsync(string text, bool isFinal, float audioProcessed = 0)
        {
            var result = new StreamingRecognitionResult { IsFinal = isFinal, AudioProcessed = audioProcessed };
            result.Alternatives.Add(new SpeechRecognitionAlternative { Transcript = text, Confidence = 0.5f });
            var response = new StreamingRecognizeResponse();
            response.Results.Add(result);
            return responses.WriteAsync(response);
        }

        /// <summary>Reads to the end and answers with the number of bytes.</summary>
        public async Task EchoLengthAsync(string prefix = "")
        {
            while (await ReadAsync()) { }
            await WriteAsync($"{prefix}{Audio.Count} bytes", isFinal: true);
        }
    }

    public static SynthesizeSpeechResponse Samples(params short[] samples) =>
        new() { Audio = ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes(samples.AsSpan())) };

    private sealed class Recognition(ScriptedRiva owner) : RivaSpeechRecognition.RivaSpeechRecognitionBase
    {
        public override Task StreamingRecognize(
            IAsyncStreamReader<StreamingRecognizeRequest> requestStream,
            IServerStreamWriter<StreamingRecognizeResponse> responseStream,
            ServerCallContext context
        )
        {
            Interlocked.Increment(ref owner.RecognizeCalls);
            return owner.Recognize(new Stream(requestStream, responseStream, context.CancellationToken));
        }
    }

    private sealed class Synthesis(ScriptedRiva owner) : RivaSpeechSynthesis.RivaSpeechSynthesisBase
    {
        public override Task SynthesizeOnline(
            SynthesizeSpeechRequest request,
            IServerStreamWriter<SynthesizeSpeechResponse> responseStream,
            ServerCallContext context
        )
        {
            Interlocked.Increment(ref owner.SpeakCalls);
            return owner.Speak(request, responseStream, context);
        }
    }
}

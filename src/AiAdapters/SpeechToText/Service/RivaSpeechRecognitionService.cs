using Grpc.Core;
using OCPlatform.AiAdapters.Engines;
using OCPlatform.AiAdapters.Riva.Asr;
using OCPlatform.AiAdapters.VoiceActivity;

namespace OCPlatform.AiAdapters.SpeechToText.Service;

/// <summary>nvidia.riva.asr.RivaSpeechRecognition over the embedded recogniser.</summary>
public sealed class RivaSpeechRecognitionService(SpeechEngines engines, SpeechOptions options, TimeProvider time)
    : RivaSpeechRecognition.RivaSpeechRecognitionBase
{
    public override async Task StreamingRecognize(
        IAsyncStreamReader<StreamingRecognizeRequest> requestStream,
        IServerStreamWriter<StreamingRecognizeResponse> responseStream,
        ServerCallContext context
    )
    {
        var ct = context.CancellationToken;
        if (!await requestStream.MoveNext(ct).ConfigureAwait(false))
            return;
        var first = requestStream.Current;
        if (first.StreamingConfig is not { } config)
            throw Invalid("The first message of a stream must carry streaming_config.");

        using var writer = new ResultWriter(responseStream, first.Id, config.Config);
        using var session = Open(config, writer, ct);
        while (await requestStream.MoveNext(ct).ConfigureAwait(false))
        {
            if (requestStream.Current.StreamingRequestCase != Audio)
                throw Invalid("Every message of a stream but the first must carry audio_content.");
            await session.AcceptAsync(requestStream.Current.AudioContent.Memory).ConfigureAwait(false);
        }

        await session.CompleteAsync().ConfigureAwait(false);
    }

    public override async Task<RecognizeResponse> Recognize(RecognizeRequest request, ServerCallContext context)
    {
        var collected = new Collector();
        using var writer = new ResultWriter(collected, request.Id, request.Config);
        var config = new StreamingRecognitionConfig { Config = request.Config };
        using var session = Open(config, writer, context.CancellationToken);
        await session.AcceptAsync(request.Audio.Memory).ConfigureAwait(false);
        await session.CompleteAsync().ConfigureAwait(false);
        collected.Response.Id = request.Id;
        return collected.Response;
    }

    public override Task<RivaSpeechRecognitionConfigResponse> GetRivaSpeechRecognitionConfig(
        RivaSpeechRecognitionConfigRequest request,
        ServerCallContext context
    )
    {
        var name = engines.Recognizer.Name;
        if (request.ModelName.Length > 0 && request.ModelName != name)
            throw Invalid($"model '{request.ModelName}' is not served; '{name}' is.");
        var config = new RivaSpeechRecognitionConfigResponse.Types.Config { ModelName = name };
        config.Parameters.Add("language_code", "en-US");
        config.Parameters.Add("sample_rate", "8000,16000");
        config.Parameters.Add("streaming", "True");
        config.Parameters.Add("type", "online");
        var response = new RivaSpeechRecognitionConfigResponse();
        response.ModelConfig.Add(config);
        return Task.FromResult(response);
    }

    private const StreamingRecognizeRequest.StreamingRequestOneofCase Audio = StreamingRecognizeRequest
        .StreamingRequestOneofCase
        .AudioContent;

    private RecognitionSession Open(StreamingRecognitionConfig config, ResultWriter writer, CancellationToken ct) =>
        new(engines.Recognizer, engines.VoiceActivity, config, options.Stt, writer, time, ct);

    private static RpcException Invalid(string detail) => new(new Status(StatusCode.InvalidArgument, detail));

    /// <summary>Turns the stream's final results into those of one recording.</summary>
    private sealed class Collector : IServerStreamWriter<StreamingRecognizeResponse>
    {
        public RecognizeResponse Response { get; } = new();
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(StreamingRecognizeResponse message)
        {
            foreach (var result in message.Results)
            {
                var whole = new SpeechRecognitionResult
                {
                    ChannelTag = result.ChannelTag,
                    AudioProcessed = result.AudioProcessed,
                };
                whole.Alternatives.AddRange(result.Alternatives);
                Response.Results.Add(whole);
            }

            return Task.CompletedTask;
        }
    }
}

using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;
using OCPlatform.AiAdapters.Engines;
using OCPlatform.AiAdapters.Riva;
using OCPlatform.AiAdapters.Riva.Tts;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Sdp;

namespace OCPlatform.AiAdapters.TextToSpeech.Service;

/// <summary>nvidia.riva.tts.RivaSpeechSynthesis over the embedded voices.</summary>
public sealed class RivaSpeechSynthesisService(SpeechEngines engines, SpeechOptions options)
    : RivaSpeechSynthesis.RivaSpeechSynthesisBase
{
    private const int DefaultRateHz = 24_000;

    // The first message is short, so that playing can begin; the later ones are long, because each costs.
    private const int FirstChunkMs = 60;
    private const int LaterChunkMs = 500;

    public override async Task SynthesizeOnline(
        SynthesizeSpeechRequest request,
        IServerStreamWriter<SynthesizeSpeechResponse> responseStream,
        ServerCallContext context
    )
    {
        var chunkMs = FirstChunkMs;
        await foreach (var piece in Speak(request, context).ConfigureAwait(false))
        {
            for (var start = 0; start < piece.Length; )
            {
                var count = Math.Min(piece.Length - start, chunkMs * RateHz(request) / 1000);
                chunkMs = LaterChunkMs;
                await responseStream.WriteAsync(Response(request, piece.AsMemory(start, count))).ConfigureAwait(false);
                start += count;
            }
        }
    }

    public override async Task<SynthesizeSpeechResponse> Synthesize(
        SynthesizeSpeechRequest request,
        ServerCallContext context
    )
    {
        var all = new List<short>();
        await foreach (var piece in Speak(request, context).ConfigureAwait(false))
            all.AddRange(piece);
        return Response(request, all.ToArray());
    }

    public override Task<RivaSynthesisConfigResponse> GetRivaSynthesisConfig(
        RivaSynthesisConfigRequest request,
        ServerCallContext context
    )
    {
        var response = new RivaSynthesisConfigResponse();
        foreach (var (engine, voices) in engines.Voices)
        {
            if (request.ModelName.Length > 0 && request.ModelName != engine)
                continue;
            var config = new RivaSynthesisConfigResponse.Types.Config { ModelName = engine };
            config.Parameters.Add("language_code", "en-US");
            config.Parameters.Add("sample_rate", "8000,16000,24000");
            config.Parameters.Add("voice_name", voices[0]);
            config.Parameters.Add("subvoices", string.Join(',', voices));
            response.ModelConfig.Add(config);
        }

        return Task.FromResult(response);
    }

    private IAsyncEnumerable<short[]> Speak(SynthesizeSpeechRequest request, ServerCallContext context)
    {
        Check(request);
        var voice = VoiceName.Parse(request.VoiceName.Length > 0 ? request.VoiceName : options.Tts.Voice);
        if (!engines.HasVoice(voice))
        {
            var known = string.Join(", ", engines.Voices.SelectMany(v => v.Voices.Select(n => $"{v.Engine}/{n}")));
            throw Invalid($"voice_name '{request.VoiceName}' is not served; these are: {known}.");
        }

        var priority = context.RequestHeaders.GetValue(TextToSpeechClient.PriorityHeader);
        var warmUp = priority == TextToSpeechClient.WarmUpPriority;
        return Mapped(
            engines.Synthesizer.SpeakAsync(request.Text, voice, RateHz(request), warmUp, context.CancellationToken)
        );
    }

    /// <summary>Engine failures as the statuses that clients know what to do about.</summary>
    private static async IAsyncEnumerable<short[]> Mapped(IAsyncEnumerable<short[]> pieces)
    {
        await using var enumerator = pieces.GetAsyncEnumerator();
        while (true)
        {
            try
            {
                if (!await enumerator.MoveNextAsync().ConfigureAwait(false))
                    yield break;
            }
            catch (EngineBusyException e)
            {
                throw new RpcException(new Status(StatusCode.ResourceExhausted, e.Message));
            }
            catch (SpeechException e)
            {
                var code = e.Failure == SpeechFailure.Rejected ? StatusCode.InvalidArgument : StatusCode.Unavailable;
                throw new RpcException(new Status(code, e.Message));
            }

            yield return enumerator.Current;
        }
    }

    private static void Check(SynthesizeSpeechRequest request)
    {
        if (request.Encoding is not (AudioEncoding.EncodingUnspecified or AudioEncoding.LinearPcm or Mulaw or Alaw))
            throw Invalid($"encoding {request.Encoding} is not supported; LINEAR_PCM, MULAW and ALAW are.");
        if (request.SampleRateHz is not (0 or 8000 or 16_000 or 24_000))
            throw Invalid($"sample_rate_hz {request.SampleRateHz} is not supported; 8000, 16000 and 24000 are.");
        if (request.ZeroShotData is not null)
            throw Invalid("zero_shot_data is not supported.");
        if (
            request.LanguageCode.Length > 0
            && !request.LanguageCode.StartsWith("en", StringComparison.OrdinalIgnoreCase)
        )
            throw Invalid($"language_code '{request.LanguageCode}' is not supported; English (en-US) is.");
    }

    private const AudioEncoding Mulaw = AudioEncoding.Mulaw;
    private const AudioEncoding Alaw = AudioEncoding.Alaw;

    private static int RateHz(SynthesizeSpeechRequest request) =>
        request.SampleRateHz == 0 ? DefaultRateHz : request.SampleRateHz;

    private static SynthesizeSpeechResponse Response(SynthesizeSpeechRequest request, ReadOnlyMemory<short> samples) =>
        new() { Audio = Encode(request.Encoding, samples.Span), Id = request.Id };

    private static ByteString Encode(AudioEncoding encoding, ReadOnlySpan<short> samples)
    {
        if (encoding is not (Mulaw or Alaw))
            return ByteString.CopyFrom(MemoryMarshal.AsBytes(samples));
        var codes = new byte[samples.Length];
        G711.Encode(encoding == Mulaw ? AudioCodec.Pcmu : AudioCodec.Pcma, samples, codes);
        return UnsafeByteOperations.UnsafeWrap(codes);
    }

    private static RpcException Invalid(string detail) => new(new Status(StatusCode.InvalidArgument, detail));
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OCPlatform.AiAdapters.Engines;
using OCPlatform.AiAdapters.Models;
using OCPlatform.AiAdapters.SpeechToText;
using OCPlatform.AiAdapters.SpeechToText.Service;
using OCPlatform.AiAdapters.TextToSpeech;
using OCPlatform.AiAdapters.TextToSpeech.Service;
using OCPlatform.AiAdapters.VoiceActivity;

namespace OCPlatform.AiAdapters;

/// <summary>Registration of everything that hears and speaks.</summary>
public static class SpeechServices
{
    /// <summary>
    /// What a node with calls needs: <see cref="SpeechToTextClient"/>, <see cref="TextToSpeechClient"/>,
    /// <see cref="VoiceActivityModel"/>, <see cref="ModelStore"/>.
    /// </summary>
    public static IServiceCollection AddSpeechClients(this IServiceCollection services, SpeechOptions options)
    {
        SpeechOptionsValidator.ThrowIfInvalid(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(options);
        services.TryAddSingleton(new ModelStore(options.ModelsDirectory));
        services.TryAddSingleton(s => new SpeechToTextClient(options, s.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(s => new TextToSpeechClient(options, s.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(s => new VoiceActivityModel(
            s.GetRequiredService<ModelStore>().PathOf("silero/silero_vad_v6.onnx")
        ));
        return services;
    }

    /// <summary>
    /// What a node that serves speech needs besides: the embedded engines and gRPC. Map them with
    /// <see cref="MapSpeechServices"/> on an HTTP/2 endpoint.
    /// </summary>
    public static IServiceCollection AddSpeechEngines(this IServiceCollection services, SpeechOptions options)
    {
        services.AddSpeechClients(options);
        services.TryAddSingleton<SpeechEngines>();
        services.AddHostedService<SpeechEnginesStarter>();
        services.AddGrpc();
        return services;
    }

    /// <summary>Serves nvidia.riva.asr.RivaSpeechRecognition and nvidia.riva.tts.RivaSpeechSynthesis.</summary>
    public static IEndpointRouteBuilder MapSpeechServices(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcService<RivaSpeechRecognitionService>();
        endpoints.MapGrpcService<RivaSpeechSynthesisService>();
        return endpoints;
    }
}

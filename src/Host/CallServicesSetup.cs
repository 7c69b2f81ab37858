using OCPlatform.AiAdapters.SpeechToText;
using OCPlatform.AiAdapters.TextToSpeech;
using OCPlatform.AiAdapters.VoiceActivity;
using OCPlatform.CallActors;
using OCPlatform.CallActors.Voice;
using OCPlatform.Host.Configuration;
using OCPlatform.Media.Engine;
using SpeechServices = OCPlatform.CallActors.Voice.SpeechServices;

namespace OCPlatform.Host;

/// <summary>What the calls of a node share: one media engine, one set of speech clients, one pump.</summary>
public static class CallServicesSetup
{
    public static IServiceCollection AddCallServices(this IServiceCollection services, PlatformOptions options)
    {
        services.AddSingleton(_ => new MediaEngine(options.Media));
        services.AddSingleton(_ => new SpeechPump(options.Calls.SpeechPumpThreads));
        services.AddSingleton(provider => new SpeechServices(
            provider.GetRequiredService<SpeechToTextClient>(),
            provider.GetRequiredService<TextToSpeechClient>(),
            provider.GetRequiredService<VoiceActivityModel>().Create
        ));
        services.AddSingleton(provider => new CallServices(
            options.Node.EffectiveName,
            options.Calls,
            provider.GetRequiredService<MediaEngine>(),
            provider.GetRequiredService<SpeechServices>(),
            provider.GetRequiredService<SpeechPump>(),
            provider.GetRequiredService<LiveCalls>(),
            provider.GetRequiredService<CallMetrics>(),
            provider.GetRequiredService<TimeProvider>()
        ));
        return services;
    }
}

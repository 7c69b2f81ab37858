using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OCPlatform.AiAdapters.Engines;
using OCPlatform.AiAdapters.SpeechToText;
using OCPlatform.AiAdapters.TextToSpeech;
using OCPlatform.AiAdapters.VoiceActivity;

namespace OCPlatform.AiAdapters.Tests.Support;

/// <summary>The real services on Kestrel, HTTP/2 cleartext, a loopback port that the system picks.</summary>
public sealed class SpeechServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _cache;

    private SpeechServer(WebApplication app, SpeechOptions options, string cache)
    {
        _app = app;
        _cache = cache;
        Options = options;
    }

    /// <summary>The options, with the addresses set to this server.</summary>
    public SpeechOptions Options { get; }

    public string Address => Options.Stt.Address;
    public SpeechToTextClient SpeechToText => _app.Services.GetRequiredService<SpeechToTextClient>();
    public TextToSpeechClient TextToSpeech => _app.Services.GetRequiredService<TextToSpeechClient>();
    public VoiceActivityModel VoiceActivity => _app.Services.GetRequiredService<VoiceActivityModel>();
    public SpeechEngines Engines => _app.Services.GetRequiredService<SpeechEngines>();

    public static async Task<SpeechServer> StartAsync(string modelsDirectory, Action<SpeechOptions>? configure = null)
    {
        var cache = Path.Combine(Path.GetTempPath(), $"ocp-tts-{Guid.NewGuid():N}");
        var options = new SpeechOptions { ModelsDirectory = modelsDirectory };
        options.Tts.CacheDirectory = cache;
        configure?.Invoke(options);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k =>
            k.Listen(System.Net.IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2)
        );
        builder.Services.AddSpeechEngines(options);
        var app = builder.Build();
        app.MapSpeechServices();
        await app.StartAsync();
        options.Stt.Address = options.Tts.Address = app.Urls.Single();
        _ = app.Services.GetRequiredService<SpeechEngines>();
        return new SpeechServer(app, options, cache);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (Directory.Exists(_cache))
            Directory.Delete(_cache, recursive: true);
    }
}

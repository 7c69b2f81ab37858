using Microsoft.Extensions.Hosting;

namespace OCPlatform.AiAdapters.Engines;

/// <summary>
/// Has the engines loaded and run once before the first call comes: the first inference of a session costs several times
/// the later ones.
/// </summary>
internal sealed class SpeechEnginesStarter(SpeechEngines engines) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // In the background: the node is ready to take calls without it.
        _ = engines.PrimeAsync(CancellationToken.None);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

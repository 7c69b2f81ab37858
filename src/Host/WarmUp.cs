using OCPlatform.AiAdapters.Engines;
using OCPlatform.AiAdapters.TextToSpeech;
using OCPlatform.CallActors;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Dialog.Agents;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;

namespace OCPlatform.Host;

/// <summary>
/// Loads the speech engines before the node is ready (asking for them does), so that no caller waits for a model, then
/// has what the agents are going to say anyway spoken into the phrase cache, whenever the engines have nothing better to do.
/// </summary>
public sealed class WarmUp(
    TextToSpeechClient speech,
    AgentCatalogue agents,
    ICallRecords records,
    CallOptions calls,
    MediaEngine media,
    ICallPlacement placement,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILogger<WarmUp> log,
    SpeechEngines? engines = null
) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (engines?.KokoroUnavailable is { } reason)
        {
            log.LogWarning("flite speaks, because the better voice cannot: {Reason}", reason);
        }
        // From the signal on, not from this service's turn: Kestrel is stopped before it, and would wait for the synthesis.
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(
            stoppingToken,
            lifetime.ApplicationStopping
        );
        // The engines are reached over the node's own gRPC door, which opens last.
        await Task.Run(() => lifetime.ApplicationStarted.WaitHandle.WaitOne(), stopping.Token);
        await WalkTheWayOfACallAsync(stopping.Token);
        await media.WarmUpAsync();
        foreach (var agent in agents.All)
        {
            var local = TimeZoneInfo.ConvertTime(time.GetUtcNow(), agent.TimeZone);
            var phrases = FixedPhrases.Of(agent, DateOnly.FromDateTime(local.DateTime));
            // Narrowband calls are served from the same phrases.
            var rateHz = calls.Codecs.Max(codec => codec.SampleRateHz());
            var options = new TextToSpeechOptions { Voice = agent.Voice, SampleRateHz = rateHz };
            var warmed = await speech.WarmAsync(phrases, options, stopping.Token);
            log.LogInformation(
                "Agent {Agent}: {Warmed} of {Phrases} fixed phrases lie in the cache",
                agent.Name,
                warmed,
                phrases.Count
            );
        }
    }

    /// <summary>
    /// Asks for a call that never was: the question goes through shard, actor and journal as a first INVITE does, so that
    /// the first caller does not wait for all of that to be compiled.
    /// </summary>
    private async Task WalkTheWayOfACallAsync(CancellationToken cancellation)
    {
        try
        {
            await records.GetAsync(placement.NewCall(), cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            log.LogWarning("The way of a first call could not be walked: {Cause}", e.Message);
        }
    }
}

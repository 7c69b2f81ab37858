using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Google.Protobuf.WellKnownTypes;
using OCPlatform.AiAdapters.Dialogue;
using OCPlatform.AiAdapters.Dialogue.V1;
using OCPlatform.AiAdapters.Embedding;
using OCPlatform.Dialog.Agents;
using OCPlatform.Dialog.Flows;
using OCPlatform.Dialog.Understanding;

namespace OCPlatform.Dialog;

/// <summary>
/// The dialogue model that needs no network: intents by sentence embedding, days and times by recognisers, and the flows
/// of the agent's YAML. Keeps nothing between calls; one instance serves all conversations.
/// </summary>
public sealed class EmbeddedDialogModel(AgentCatalogue agents, ISentenceEmbedder embedder, TimeProvider time)
    : IDialogModel
{
    public const string ModelName = "embedded";

    private readonly ConcurrentDictionary<string, Lazy<IntentClassifier>> _classifiers = new();

    // One of each kind of turn: greeting, intent with day and time, plain answer, foreign words.
    private static readonly string[] WarmUps =
    [
        "hello",
        "i would like to book an appointment for tuesday at three pm my name is john smith",
        "the quick brown fox",
    ];

    /// <summary>Embeds every agent's examples and runs through the code once, so that no caller waits for it.</summary>
    public async Task WarmUpAsync(CancellationToken cancellation)
    {
        await Task.Run(() => WhenReader.WarmUp(time.GetUtcNow().DateTime), cancellation);
        foreach (var agent in agents.All)
        {
            foreach (var text in WarmUps)
            {
                var request = new RespondRequest
                {
                    Agent = agent.Name,
                    Channel = Channel.Voice,
                    State = new DialogState(),
                    Input = new Input { UserText = text },
                    Now = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
                };
                await foreach (var _ in RespondAsync(request, cancellation)) { }
            }
        }
    }

    public async IAsyncEnumerable<RespondResponse> RespondAsync(
        RespondRequest request,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var started = time.GetTimestamp();
        var agent =
            agents.Find(request.Agent)
            ?? throw new DialogModelException($"There is no agent '{request.Agent}' here; agents/*.yaml define them.");
        var zone =
            request.TimeZone.Length > 0 && TimeZoneInfo.TryFindSystemTimeZoneById(request.TimeZone, out var named)
                ? named
                : agent.TimeZone;
        var now = TimeZoneInfo.ConvertTime(request.Now.ToDateTimeOffset(), zone).DateTime;
        // Off the caller's thread: a first use may have to embed all examples.
        var reply = await Task.Run(() => FlowTurn.Respond(agent, Classifier(agent), request, now), cancellation);
        if (reply.Text.Length > 0)
        {
            yield return new RespondResponse { TextDelta = reply.Text };
        }
        foreach (var change in reply.Changes)
        {
            yield return new RespondResponse { StateChange = change };
        }
        if (reply.Tool is { } tool)
        {
            yield return new RespondResponse { ToolCall = tool };
        }
        if (reply.End is { } reason)
        {
            yield return new RespondResponse { End = new End { Reason = reason } };
        }
        var latency = time.GetElapsedTime(started);
        yield return new RespondResponse
        {
            Usage = new Usage { Model = ModelName, LatencyUs = (long)latency.TotalMicroseconds },
        };
    }

    private IntentClassifier Classifier(AgentDefinition agent) =>
        _classifiers
            .GetOrAdd(agent.Name, _ => new Lazy<IntentClassifier>(() => new IntentClassifier(agent, embedder)))
            .Value;
}

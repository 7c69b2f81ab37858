using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using OCPlatform.AiAdapters.Dialogue.V1;

namespace OCPlatform.Dialog.Tools;

/// <summary>Outcome of a tool call. Failed: Json is {"error": "…"}.</summary>
public sealed record ToolOutcome(string Json, bool Failed);

/// <summary>The tools that agents may use.</summary>
public sealed class ToolBox(IEnumerable<ITool> tools, DialogOptions options, TimeProvider time)
{
    private readonly FrozenDictionary<string, ITool> _tools = tools.ToFrozenDictionary(tool => tool.Name);

    /// <summary>Names of the tools that an agent's YAML may name.</summary>
    public static readonly IReadOnlyCollection<string> BuiltIn =
    [
        CheckAppointment.ToolName,
        BookAppointment.ToolName,
        TakeMessage.ToolName,
    ];

    /// <summary>As a model is told of them.</summary>
    public IEnumerable<Tool> Offered =>
        _tools.Values.Select(tool => new Tool
        {
            Name = tool.Name,
            Description = tool.Description,
            ParametersJson = tool.ParametersJson,
        });

    /// <summary>Runs a tool within its deadline; never throws but for the caller's own cancellation.</summary>
    public async Task<ToolOutcome> RunAsync(
        string tool,
        string argumentsJson,
        Func<JsonElement, ToolInvocation> invocation,
        CancellationToken cancellation
    )
    {
        if (!_tools.TryGetValue(tool, out var found))
        {
            return Failure($"there is no tool '{tool}'");
        }
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(options.ToolDeadlineMs), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        try
        {
            using var arguments = JsonDocument.Parse(argumentsJson);
            var json = await found.RunAsync(invocation(arguments.RootElement), either.Token).WaitAsync(either.Token);
            return new ToolOutcome(json, false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException)
        {
            return Failure($"no answer within {options.ToolDeadlineMs} ms");
        }
        catch (Exception e)
        {
            return Failure(e.Message);
        }
    }

    private static ToolOutcome Failure(string why) => new(new JsonObject { ["error"] = why }.ToJsonString(), true);
}

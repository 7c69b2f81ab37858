using System.Globalization;
using System.Text.Json.Nodes;
using OCPlatform.AiAdapters.Dialogue.V1;
using OCPlatform.Dialog.Agents;
using OCPlatform.Dialog.Flows;
using OCPlatform.Dialog.Tools;

namespace OCPlatform.Dialog.Conversations;

/// <summary>
/// What a conversation does when its model fails, so that there is no dead air: it greets all the same; then says sorry;
/// then asks for a message; takes whatever is said as that message, and says goodbye. Needs no model.
/// </summary>
internal static class DialogFallback
{
    /// <summary>In the notes' memory: how often in a row the model failed. Taken out when it answers.</summary>
    public const string Failures = "modelFailures";

    public static IEnumerable<RespondResponse> Respond(AgentDefinition agent, RespondRequest request)
    {
        var turn = request.History.Count(item => item.Role == Role.Agent);
        var say = new Phrasing(agent, request.Channel, request.ConversationId, turn);
        if (request.Input.KindCase == Input.KindOneofCase.Opening)
        {
            return [Text(say.Say(PromptName.Greeting))];
        }
        request.State.Memory.TryGetValue(Failures, out var text);
        _ = int.TryParse(text, CultureInfo.InvariantCulture, out var failures);
        switch (failures)
        {
            case 0:
                return [Text(say.Say(PromptName.Sorry)), Count(1)];
            case 1:
                return [Text(say.Say(PromptName.SorryMessage)), Count(2)];
            default:
                if (request.Input.KindCase == Input.KindOneofCase.UserText)
                {
                    var arguments = new JsonObject { [ToolArguments.Text] = request.Input.UserText };
                    var call = new ToolCall { Name = TakeMessage.ToolName, ArgumentsJson = arguments.ToJsonString() };
                    return [new RespondResponse { ToolCall = call }];
                }
                return
                [
                    Text(say.Say(PromptName.SorryGoodbye)),
                    new RespondResponse { End = new End { Reason = "model failure" } },
                ];
        }
    }

    private static RespondResponse Text(string text) => new() { TextDelta = text };

    private static RespondResponse Count(int failures) =>
        new()
        {
            StateChange = new StateChange
            {
                Memory = new Entry { Name = Failures, Value = failures.ToString(CultureInfo.InvariantCulture) },
            },
        };
}

using System.Text.Json;

namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>What the platform tells of its calls, found by the user part of To.</summary>
internal static class CallRecords
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    /// <summary>The records of calls to a user, once so many of them have ended.</summary>
    public static async Task<IReadOnlyList<JsonElement>> EndedCallsToAsync(
        this PlatformProcess platform,
        string user,
        int count = 1
    )
    {
        var answer = await platform.WaitForJsonAsync(
            "/api/calls?limit=200",
            json => CallsTo(json).Count(call => call.Text("state") == "ended") == count,
            Deadline,
            $"{count} ended calls to {user}"
        );
        return [.. CallsTo(answer)];

        IEnumerable<JsonElement> CallsTo(JsonElement json) =>
            json.GetProperty("calls").EnumerateArray().Where(call => call.Text("to").Contains($"sip:{user}@"));
    }

    /// <summary>The record of the one call to a user, once it has ended.</summary>
    public static async Task<JsonElement> EndedCallToAsync(this PlatformProcess platform, string user)
    {
        var id = (await platform.EndedCallsToAsync(user)).Single().Text("id");
        return await platform.GetJsonAsync($"/api/calls/{id}");
    }

    /// <summary>Waits until the agent of the live call to a user has said something to its end.</summary>
    public static Task AgentSpokeAsync(this PlatformProcess platform, string user) =>
        platform.LiveCallAsync(
            user,
            call => call.GetProperty("turns").EnumerateArray().Any(turn => turn.Text("endedAt").Length > 0),
            "the greeting to be over"
        );

    /// <summary>Waits until the live call to a user is told as held, or as not.</summary>
    public static Task OnHoldAsync(this PlatformProcess platform, string user, bool held) =>
        platform.LiveCallAsync(user, call => call.GetProperty("onHold").GetBoolean() == held, $"onHold to be {held}");

    /// <summary>Waits until the live call to a user satisfies the condition.</summary>
    public static Task LiveCallAsync(
        this PlatformProcess platform,
        string user,
        Func<JsonElement, bool> condition,
        string what
    ) =>
        platform.WaitForJsonAsync(
            "/api/calls?live=true",
            json =>
                json.GetProperty("calls")
                    .EnumerateArray()
                    .Any(call => call.Text("to").Contains($"sip:{user}@") && condition(call)),
            Deadline,
            what
        );

    /// <summary>The text at a path; empty when there is none.</summary>
    public static string Text(this JsonElement json, params string[] path)
    {
        foreach (var name in path)
        {
            if (!json.TryGetProperty(name, out json))
            {
                return "";
            }
        }
        return json.ValueKind == JsonValueKind.String ? json.GetString()! : json.GetRawText();
    }
}

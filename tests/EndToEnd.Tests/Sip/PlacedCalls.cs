using System.Net.Http.Json;
using System.Text.Json;

namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>Calls that the platform places, and what it is told to do with a call, over its API.</summary>
internal static class PlacedCalls
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    /// <summary>Lets the platform call somebody.</summary>
    /// <returns>The call's id.</returns>
    public static async Task<string> PlaceAsync(
        this PlatformProcess platform,
        string to,
        string? trunk = null,
        string? replaces = null
    )
    {
        using var response = await platform.Http.PostAsJsonAsync(
            "/api/calls",
            new
            {
                to,
                trunk,
                replaces,
            }
        );
        var answer = await response.Content.ReadAsStringAsync();
        ((int)response.StatusCode).Should().Be(202, answer);
        return JsonDocument.Parse(answer).RootElement.Text("id");
    }

    /// <summary>Asks something of a call; answered when it is done.</summary>
    /// <returns>The HTTP status and the answer.</returns>
    public static async Task<(int Status, JsonElement Answer)> AskAsync(
        this PlatformProcess platform,
        string id,
        string verb,
        object? body = null
    )
    {
        using var response = body is null
            ? await platform.Http.PostAsync($"/api/calls/{id}/{verb}", null)
            : await platform.Http.PostAsJsonAsync($"/api/calls/{id}/{verb}", body);
        var answer = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, JsonDocument.Parse(answer).RootElement.Clone());
    }

    /// <summary>Asks something of a call that must be done.</summary>
    public static async Task DoAsync(this PlatformProcess platform, string id, string verb, object? body = null)
    {
        var (status, answer) = await platform.AskAsync(id, verb, body);
        status.Should().Be(200, "{0}: {1}", verb, answer);
    }

    /// <summary>The record of a call, once it satisfies the condition.</summary>
    public static Task<JsonElement> CallAsync(
        this PlatformProcess platform,
        string id,
        Func<JsonElement, bool> condition,
        string what
    ) => platform.WaitForJsonAsync($"/api/calls/{id}", condition, Deadline, what);

    /// <summary>Waits until a call is answered.</summary>
    public static Task ConnectedAsync(this PlatformProcess platform, string id) =>
        platform.CallAsync(id, call => call.Text("state") is "answered" or "inConversation", "the call to be answered");

    /// <summary>The record of a call, once it has ended.</summary>
    public static Task<JsonElement> EndedCallAsync(this PlatformProcess platform, string id) =>
        platform.CallAsync(id, call => call.Text("state") == "ended", "the call to end");

    /// <summary>The id of the live call to a user.</summary>
    public static async Task<string> LiveCallIdAsync(this PlatformProcess platform, string user)
    {
        var calls = await platform.WaitForJsonAsync(
            "/api/calls?live=true",
            json => json.GetProperty("calls").EnumerateArray().Any(IsToUser),
            Deadline,
            $"a live call to {user}"
        );
        return calls.GetProperty("calls").EnumerateArray().Single(IsToUser).Text("id");

        bool IsToUser(JsonElement call) => call.Text("to").Contains($"sip:{user}@");
    }
}
